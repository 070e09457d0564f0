/** What a device must offer to keep drafts: the one interface behind IndexedDB, memory and AsyncStorage. */

import type { Json } from "../wire.js";

/**
 * Where something is kept: under whom, and for which draft.
 *
 * @example
 * const place: Place = { owner: "customer:u-17", draft: "[\"mortgage-application\",\"default\"]" };
 */
export interface Place {
  /**
   * `visitor:…`, `customer:…` or `grant:…`. Nothing kept under one owner is shown or sent for another, except a guest's late
   * adds for the customer who has claimed their cart, by the word of the server.
   */
  readonly owner: string;
  /** Names one draft of the owner; opaque to the adapter. */
  readonly draft: string;
}

/**
 * One change that the server has not acknowledged; JSON throughout. Its key is the place with `writer` and `seq`.
 *
 * An adapter reads nothing but the key: rows with an unknown `version` are handed over and written back like any other.
 *
 * @example
 * const keyOf = ({ owner, draft }: Place, { writer, seq }: Row) => [owner, draft, writer, seq];
 */
export interface Row {
  /** The version of this shape: 1. */
  readonly version: number;
  readonly writer: string;
  readonly seq: number;
  /** Grows with every row that is kept for a draft, or kept anew. */
  readonly order: number;
  readonly sent: boolean;
  readonly whole: boolean;
  /** The change's steps; a string where they are encrypted. */
  readonly content: Json;
}

/**
 * What is known of a draft on the server, and what the server refused; JSON throughout. One for each place.
 *
 * @example
 * const { snapshot } = await storage.read(place);
 * const isOurs = (snapshot: KeptSnapshot): boolean => snapshot.version === 1;
 */
export interface KeptSnapshot {
  /** The version of this shape: 1. */
  readonly version: number;
  /** The highest `order` that a row of the draft ever had. */
  readonly order: number;
  /** A string where it is encrypted. */
  readonly content: Json;
}

/**
 * All that is kept for one draft.
 *
 * @example
 * const { rows, snapshot }: Kept = await storage.read(place);
 */
export interface Kept {
  /** In no particular order. */
  readonly rows: readonly Row[];
  readonly snapshot: KeptSnapshot | null;
}

/** What a place holds before anything was kept there. */
export const NOTHING_KEPT: Kept = { rows: [], snapshot: null };

/**
 * Keeps drafts on a device. Every method rejects with a StorageError when the device fails; it is then not used again.
 *
 * @example
 * const storage: DraftStorage = indexedDbStorage("retoma:pk_…");
 * createRetoma({ url, publishableKey, draftStorage: storage });
 */
export interface DraftStorage {
  /** `durable`: outlives the page. `memory`: does not, and the person is told. */
  readonly persistence: "durable" | "memory";
  /**
   * Replaces what is kept at a place by what `act` makes of it, as one step that no other tab can come between.
   *
   * Only what differs is written: rows are compared by identity, so an untouched one costs nothing.
   *
   * @param act - Pure and synchronous; may be called more than once.
   * @returns what is kept then, once it is durable.
   */
  update(place: Place, act: (kept: Kept) => Kept): Promise<Kept>;
  /**
   * Keeps rows without reading first, for a page that may be gone a moment later.
   *
   * All that it takes is asked of the device before this returns; a row of the same key is replaced.
   */
  add(place: Place, rows: readonly Row[]): Promise<void>;
  /** What is kept at a place. */
  read(place: Place): Promise<Kept>;
  /** The drafts for which an owner, or with `customer:` any customer, has rows. */
  places(owner: string): Promise<readonly string[]>;
  /** Forgets all that is kept under an owner, or with `customer:` under any customer. */
  forget(owner: string): Promise<void>;
}

/** Stands for every customer, where a page was never told which one it has. */
export const EVERY_CUSTOMER = "customer:";

/** Whether an owner is the one that is meant. */
export const isMeant = (owner: string, meant: string): boolean => (meant === EVERY_CUSTOMER ? owner.startsWith(meant) : owner === meant);
