/** Where the drafts of one owner are kept at the moment: durably, or in memory where that is impossible. */

import { StorageError } from "../errors.js";
import { Listeners } from "../status.js";
import { type DraftStorage, EVERY_CUSTOMER } from "./adapter.js";
import { memoryStorage } from "./memory.js";

/** A storage and whose part of it; a new object each time that they change. */
export interface Home {
  readonly storage: DraftStorage;
  readonly owner: string;
}

export class Shelf {
  readonly durable: DraftStorage | null;
  #home: Home = { storage: memoryStorage(), owner: "" };
  /** Hears when drafts are to move. */
  readonly onMove = new Listeners<Home>();
  /** Hears of a device that fails. */
  readonly onError = new Listeners<StorageError>();

  /** @param durable - Null for what may never be stored. */
  constructor(durable: DraftStorage | null) {
    this.durable = durable;
  }

  get home(): Home {
    return this.#home;
  }

  get persistence(): DraftStorage["persistence"] {
    return this.#home.storage.persistence;
  }

  /** Whose drafts these are; null until that is known, and meanwhile nothing is stored. */
  get owner(): string | null {
    return this.#home.owner === "" ? null : this.#home.owner;
  }

  /** Says whose drafts these are. */
  belongTo(owner: string): void {
    if (this.owner === null) this.#move({ storage: this.durable ?? this.#home.storage, owner });
  }

  /**
   * Forgets the owner on the device, also where it has failed; what is in memory goes with the page's drafts.
   *
   * Who signs out unnamed may be any customer of this device. One that refuses to forget is told of, and hinders no sign-out.
   */
  async forget(): Promise<void> {
    await this.durable?.forget(this.owner ?? EVERY_CUSTOMER).catch((cause: unknown) => this.onError.tell(failed(cause)));
  }

  /**
   * The storage of a home has failed: from now on everything stays in memory, for as long as the page lives.
   *
   * @throws what it failed with, where there is nothing to fall back upon.
   */
  fail(home: Home, cause: unknown): void {
    // Another draft may have found out first.
    if (home !== this.#home) return;
    if (this.persistence === "memory") throw cause;
    this.#move({ storage: memoryStorage(), owner: this.#home.owner });
    this.onError.tell(failed(cause));
  }

  #move(home: Home): void {
    this.#home = home;
    this.onMove.tell(home);
  }
}

/** The error of a storage that is gone, or could not even be loaded. */
const failed = (cause: unknown): StorageError =>
  cause instanceof StorageError ? cause : new StorageError({ code: "storage-lost", message: "Nothing is kept.", cause }, "lost");
