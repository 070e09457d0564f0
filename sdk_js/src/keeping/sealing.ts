/** Encrypts what is kept: AES-256-GCM (NIST SP 800-38D) by a key of this browser that no script can read out. */

import { StorageError } from "../errors.js";
import type { Json } from "../wire.js";
import type { DraftStorage, Kept, Place, Row } from "./adapter.js";
import type { IndexedDbStorage } from "./indexeddb.js";

const NONCE_BYTES = 12;
/** Tabs that come between reading and writing; each has written something, so that it is a person's typing. */
const ATTEMPTS = 20;

/** Another storage whose contents are encrypted; numbers and names that tell rows apart are not. */
export class SealedStorage implements DraftStorage {
  readonly #storage: IndexedDbStorage;
  #key: Promise<CryptoKey> | null = null;

  constructor(storage: IndexedDbStorage) {
    this.#storage = storage;
  }

  get persistence(): DraftStorage["persistence"] {
    return this.#storage.persistence;
  }

  /** Encrypting takes turns, which a transaction does not wait for: it is prepared before, and repeated if others were faster. */
  async update(place: Place, act: (kept: Kept) => Kept): Promise<Kept> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const sealed = await this.#storage.read(place);
      const before = await this.#openAll(place, sealed);
      const after = act(before);
      if (await this.#replace(place, sealed, await this.#sealAgain(place, sealed, before, after))) return after;
    }
    throw new StorageError({ code: "storage-blocked", message: "Other tabs write without a pause." }, "blocked");
  }

  async add(place: Place, rows: readonly Row[]): Promise<void> {
    await this.#storage.add(place, await Promise.all(rows.map((row) => this.#seal(place, row))));
  }

  async read(place: Place): Promise<Kept> {
    return this.#openAll(place, await this.#storage.read(place));
  }

  places(owner: string): Promise<readonly string[]> {
    return this.#storage.places(owner);
  }

  forget(owner: string): Promise<void> {
    return this.#storage.forget(owner);
  }

  async #openAll(place: Place, { rows, snapshot }: Kept): Promise<Kept> {
    return { rows: await Promise.all(rows.map((row) => this.#open(place, row))), snapshot: snapshot === null ? null : await this.#open(place, snapshot) };
  }

  /** Seals what is new, and leaves alone what was sealed before. */
  async #sealAgain(place: Place, sealed: Kept, before: Kept, after: Kept): Promise<Kept> {
    const same = new Map(before.rows.map((row, index) => [row, sealed.rows[index]]));
    const rows = await Promise.all(after.rows.map((row) => same.get(row) ?? this.#seal(place, row)));
    const isSame = after.snapshot === before.snapshot || after.snapshot === null;
    return { rows, snapshot: isSame ? sealed.snapshot : await this.#seal(place, after.snapshot) };
  }

  /** Writes, if nobody has written since: every seal has a nonce of its own, so that what was written anew is never equal. */
  async #replace(place: Place, before: Kept, after: Kept): Promise<boolean> {
    let isDone = false;
    await this.#storage.update(place, (now) => {
      isDone = isEqual(now, before);
      if (!isDone) return now;
      const rows = after.rows.map((row) => now.rows[before.rows.indexOf(row)] ?? row);
      return { rows, snapshot: after.snapshot === before.snapshot ? now.snapshot : after.snapshot };
    });
    return isDone;
  }

  /** The place is sealed in: what was kept for one draft opens for no other. */
  async #seal<T extends { readonly content: Json }>(place: Place, plain: T): Promise<T> {
    const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const text = new TextEncoder().encode(JSON.stringify(plain.content));
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: boundTo(place) }, await this.#ownKey(), text));
    return { ...plain, content: toBase64(new Uint8Array([...iv, ...sealed])) };
  }

  async #open<T extends { readonly content: Json }>(place: Place, sealed: T): Promise<T> {
    if (typeof sealed.content !== "string") return sealed;
    const bytes = fromBase64(sealed.content);
    const iv = bytes.slice(0, NONCE_BYTES);
    try {
      const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: boundTo(place) }, await this.#ownKey(), bytes.slice(NONCE_BYTES));
      return { ...sealed, content: JSON.parse(new TextDecoder().decode(text)) as Json };
    } catch (cause) {
      throw new StorageError({ code: "storage-lost", message: "What is kept cannot be decrypted.", cause }, "lost");
    }
  }

  #ownKey(): Promise<CryptoKey> {
    this.#key ??= this.#storage.key(() => crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]));
    return this.#key;
  }
}

const boundTo = ({ owner, draft }: Place): Uint8Array<ArrayBuffer> => new TextEncoder().encode(JSON.stringify([owner, draft]));

const isEqual = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
