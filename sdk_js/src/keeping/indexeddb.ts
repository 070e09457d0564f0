/** Keeps drafts in IndexedDB: strictly durable, shared by all tabs, with a handle that is opened again when it dies. */

import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from "idb";
import { StorageError } from "../errors.js";
import { type DraftStorage, EVERY_CUSTOMER, type Kept, type KeptSnapshot, NOTHING_KEPT, type Place, type Row } from "./adapter.js";

interface Schema extends DBSchema {
  rows: { key: [owner: string, draft: string, writer: string, seq: number]; value: Row };
  snapshots: { key: [owner: string, draft: string]; value: KeptSnapshot };
  keys: { key: string; value: CryptoKey };
}

type Database = IDBPDatabase<Schema>;
type Writing = IDBPTransaction<Schema, ["rows", "snapshots"], "readwrite">;

const STORES = ["rows", "snapshots"] as const;
/** An array sorts after every string and number, so that this ends a range over all longer keys. */
const END: IDBValidKey = [];

/** IndexedDB as a place for drafts; opened at first use. */
export class IndexedDbStorage implements DraftStorage {
  readonly persistence = "durable";
  readonly #name: string;
  #database: Promise<Database> | null = null;
  /** Set while the database is open, so that a page that is leaving need not wait a turn. */
  #open: Database | null = null;

  /** @param name - Of the database. */
  constructor(name: string) {
    this.#name = name;
  }

  update(place: Place, act: (kept: Kept) => Kept): Promise<Kept> {
    return this.#write("strict", async (writing) => {
      const before = await readIn(writing, place);
      const after = act(before);
      await committed(writing, difference(writing, place, before, after));
      return after;
    });
  }

  add({ owner, draft }: Place, rows: readonly Row[]): Promise<void> {
    return this.#write("strict", (writing) =>
      committed(writing, rows.map((row) => writing.objectStore("rows").put(row, [owner, draft, row.writer, row.seq]))),
    );
  }

  read(place: Place): Promise<Kept> {
    return this.#use(async (database) => readIn(database.transaction(STORES), place));
  }

  places(owner: string): Promise<readonly string[]> {
    return this.#use(async (database) => [...new Set((await database.getAllKeys("rows", under(owner))).map(([, draft]) => draft))]);
  }

  forget(owner: string): Promise<void> {
    return this.#write("strict", (writing) => committed(writing, STORES.map((store) => writing.objectStore(store).delete(under(owner)))));
  }

  /** The key that encrypts what is kept, made by `make` on first use; it cannot leave this browser. */
  key(make: () => Promise<CryptoKey>): Promise<CryptoKey> {
    return this.#use(async (database) => {
      const known = await database.get("keys", "content");
      if (known !== undefined) return known;
      const made = await make();
      // Another tab may have been faster: the one that is there first is everybody's.
      const writing = database.transaction("keys", "readwrite");
      const first = await writing.store.get("content");
      if (first === undefined) await writing.store.put(made, "content");
      await writing.done;
      return first ?? made;
    });
  }

  /** A full device gives up what can be had again from the server before it gives up an edit. */
  async #write<T>(durability: IDBTransactionDurability, act: (writing: Writing) => Promise<T>): Promise<T> {
    const once = (): Promise<T> => this.#use((database) => written(database, durability, act));
    try {
      return await once();
    } catch (error) {
      if (!(error instanceof StorageError) || error.kind !== "quota") throw error;
      await this.#use(prune);
      return once();
    }
  }

  /** Tries once more with a fresh handle: browsers close one that has been idle or in the background. */
  async #use<T>(act: (database: Database) => Promise<T>): Promise<T> {
    try {
      return await act(this.#open ?? (await this.#opened()));
    } catch (cause) {
      if (!isDead(cause)) throw failed(cause);
      this.#forgetHandle();
    }
    try {
      return await act(await this.#opened());
    } catch (cause) {
      throw failed(cause);
    }
  }

  #opened(): Promise<Database> {
    this.#database ??= openDB<Schema>(this.#name, 1, {
      upgrade: (database) => {
        for (const store of [...STORES, "keys"] as const) database.createObjectStore(store);
      },
      // Somebody deletes the database or brings a newer version: never stand in their way.
      blocking: () => this.#forgetHandle(),
      terminated: () => this.#forgetHandle(),
    }).then((database) => (this.#open = database));
    return this.#database;
  }

  #forgetHandle(): void {
    this.#open?.close();
    this.#open = null;
    this.#database = null;
  }
}

async function written<T>(database: Database, durability: IDBTransactionDurability, act: (writing: Writing) => Promise<T>): Promise<T> {
  const writing = database.transaction(STORES, "readwrite", { durability });
  // It is told by the requests as well, except where only the end fails.
  writing.done.catch(() => undefined);
  try {
    const result = await act(writing);
    await writing.done;
    return result;
  } catch (error) {
    abort(writing);
    throw writing.error ?? error;
  }
}

/** Commits as soon as everything is asked for: a page that goes, or is frozen, in the next moment has kept it, and holds up no other tab. */
async function committed(writing: Writing, requests: readonly Promise<unknown>[]): Promise<void> {
  writing.commit();
  await Promise.all(requests);
}

function abort(writing: Writing): void {
  try {
    writing.abort();
  } catch {
    // It has ended by itself.
  }
}

async function readIn(reading: Pick<IDBPTransaction<Schema, ["rows", "snapshots"], IDBTransactionMode>, "objectStore">, { owner, draft }: Place): Promise<Kept> {
  const [rows, snapshot] = await Promise.all([
    reading.objectStore("rows").getAll(below(owner, draft)),
    reading.objectStore("snapshots").get([owner, draft]),
  ]);
  return rows.length === 0 && snapshot === undefined ? NOTHING_KEPT : { rows, snapshot: snapshot ?? null };
}

function difference(writing: Writing, { owner, draft }: Place, before: Kept, after: Kept): Promise<unknown>[] {
  const rows = writing.objectStore("rows");
  const keyOf = ({ writer, seq }: Row): [string, string, string, number] => [owner, draft, writer, seq];
  const stays = new Set(after.rows.map((row) => `${row.writer} ${row.seq}`));
  const isSameSnapshot = before.snapshot === after.snapshot || after.snapshot === null;
  return [
    ...before.rows.filter((row) => !stays.has(`${row.writer} ${row.seq}`)).map((row) => rows.delete(keyOf(row))),
    ...after.rows.filter((row) => !before.rows.includes(row)).map((row) => rows.put(row, keyOf(row))),
    ...(isSameSnapshot ? [] : [writing.objectStore("snapshots").put(after.snapshot, [owner, draft])]),
  ];
}

/** Drafts with nothing waiting can be read from the server again. */
async function prune(database: Database): Promise<void> {
  const writing = database.transaction(STORES, "readwrite");
  const [rows, snapshots] = await Promise.all([writing.objectStore("rows").getAllKeys(), writing.objectStore("snapshots").getAllKeys()]);
  const used = new Set(rows.map(([owner, draft]) => JSON.stringify([owner, draft])));
  await Promise.all(snapshots.filter((key) => !used.has(JSON.stringify(key))).map((key) => writing.objectStore("snapshots").delete(key)));
  await writing.done;
}

/** All of one owner, or of every customer: a colon is followed by a semicolon. */
const under = (owner: string): IDBKeyRange => (owner === EVERY_CUSTOMER ? IDBKeyRange.bound([owner], ["customer;"]) : below(owner));

const below = (...start: string[]): IDBKeyRange => IDBKeyRange.bound(start, [...start, END]);

const isDead = (cause: unknown): boolean => cause instanceof DOMException && ["InvalidStateError", "AbortError", "UnknownError"].includes(cause.name) && !isQuota(cause);

/** Browsers tell of a full device by the error of a request, or only when the transaction is to be committed. */
const isQuota = (cause: unknown): boolean => (cause as Error | null)?.name === "QuotaExceededError";

function failed(cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  const kind = isQuota(cause) ? "quota" : (cause as Error | null)?.name === "VersionError" ? "blocked" : "lost";
  return new StorageError({ code: `storage-${kind}`, message: "This device cannot keep drafts.", cause }, kind);
}
