/** Keeps drafts in React Native's AsyncStorage. */

import { StorageError } from "../errors.js";
import { type DraftStorage, isMeant, type Kept, type KeptSnapshot, NOTHING_KEPT, type Place, type Row } from "../keeping/adapter.js";
import type { RetomaStorage } from "../storage.js";

/**
 * What is used of `@react-native-async-storage/async-storage`; any store of strings with these four will do.
 *
 * @example
 * import AsyncStorage from "@react-native-async-storage/async-storage";
 * const strings: AsyncStrings = AsyncStorage;
 */
export interface AsyncStrings {
  getItem(key: string): Promise<string | null>;
  setItem(key: string, value: string): Promise<unknown>;
  removeItem(key: string): Promise<unknown>;
  getAllKeys(): Promise<readonly string[]>;
}

/** `[owner, draft]` of a snapshot, `[owner, draft, writer, seq]` of a row. */
type Key = readonly [owner: string, draft: string, writer?: string, seq?: number];

/**
 * Keeps drafts in AsyncStorage, a row a change.
 *
 * An app has one running instance, so one update at a time is enough to keep them apart. Rows are written before the
 * snapshot and taken away after it: whatever a crash leaves behind is sent again and known to the server.
 *
 * @param name - Tells the drafts of one client from those of another in the same app.
 * @example
 * createRetoma({ url, publishableKey, draftStorage: asyncStorage(AsyncStorage) });
 */
export function asyncStorage(strings: AsyncStrings, name = "retoma.drafts"): DraftStorage {
  const records = new Records(strings, `${name}:`);
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const done = last.then(act, act);
    last = done.catch(() => undefined);
    return done;
  };
  return {
    persistence: "durable",
    update: (place, act) => inTurn(() => update(records, place, act)),
    add: async (place, rows) => void (await Promise.all(rows.map((row) => records.put(keyOf(place, row), row)))),
    read: (place) => inTurn(() => read(records, place)),
    places: (owner) => inTurn(async () => [...new Set((await records.keys(owner)).filter(isRow).map(([, draft]) => draft))]),
    forget: (owner) => inTurn(async () => void (await Promise.all((await records.keys(owner)).map((key) => records.drop(key))))),
  };
}

/**
 * The visitor's token and the like, read into memory so that they can be had at once, and written through.
 *
 * @example
 * createRetoma({ url, publishableKey, storage: await loadStorage(AsyncStorage) });
 */
export async function loadStorage(strings: AsyncStrings): Promise<RetomaStorage> {
  const keys = (await strings.getAllKeys()).filter((key) => key.startsWith("retoma.") && !key.includes(":"));
  const known = new Map(await Promise.all(keys.map(async (key) => [key, await strings.getItem(key)] as const)));
  return {
    get: (key) => known.get(key) ?? null,
    set: (key, value) => {
      known.set(key, value);
      // A device that refuses to write knows the value until the app ends.
      strings.setItem(key, value).catch(() => undefined);
    },
  };
}

async function update(records: Records, place: Place, act: (kept: Kept) => Kept): Promise<Kept> {
  const before = await read(records, place);
  const after = act(before);
  await Promise.all(after.rows.filter((row) => !before.rows.includes(row)).map((row) => records.put(keyOf(place, row), row)));
  if (after.snapshot !== before.snapshot) await records.put(keyOf(place), after.snapshot);
  const left = new Set(after.rows.map(nameOf));
  await Promise.all(before.rows.filter((row) => !left.has(nameOf(row))).map((row) => records.drop(keyOf(place, row))));
  return after;
}

async function read(records: Records, { owner, draft }: Place): Promise<Kept> {
  const keys = (await records.keys(owner)).filter((key) => key[1] === draft);
  const rows = await Promise.all(keys.filter(isRow).map((key) => records.get<Row>(key)));
  const snapshot = await records.get<KeptSnapshot>([owner, draft]);
  return { ...NOTHING_KEPT, rows: rows.filter((row) => row !== null), snapshot };
}

const keyOf = ({ owner, draft }: Place, row?: Row): Key => (row === undefined ? [owner, draft] : [owner, draft, row.writer, row.seq]);

const nameOf = (row: Row): string => `${row.writer} ${row.seq}`;

const isRow = (key: Key): boolean => key.length === 4;

/** JSON under keys that are lists, in a store of strings. */
class Records {
  readonly #strings: AsyncStrings;
  readonly #prefix: string;

  constructor(strings: AsyncStrings, prefix: string) {
    this.#strings = strings;
    this.#prefix = prefix;
  }

  keys(owner: string): Promise<readonly Key[]> {
    return this.#asking(async () => {
      const ours = (await this.#strings.getAllKeys()).filter((name) => name.startsWith(this.#prefix));
      return ours.map((name) => JSON.parse(name.slice(this.#prefix.length)) as Key).filter((key) => isMeant(key[0], owner));
    });
  }

  get<T>(key: Key): Promise<T | null> {
    return this.#asking(async () => JSON.parse((await this.#strings.getItem(this.#name(key))) ?? "null") as T | null);
  }

  put(key: Key, value: unknown): Promise<unknown> {
    return this.#asking(() => this.#strings.setItem(this.#name(key), JSON.stringify(value)));
  }

  drop(key: Key): Promise<unknown> {
    return this.#asking(() => this.#strings.removeItem(this.#name(key)));
  }

  #name(key: Key): string {
    return this.#prefix + JSON.stringify(key);
  }

  async #asking<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (cause) {
      throw new StorageError({ code: "storage-lost", message: "This device cannot keep drafts.", cause }, "lost");
    }
  }
}
