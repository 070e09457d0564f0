/** All drafts of one owner in this page, and what they share: a place where they are kept, a stream, the other tabs. */

import { Draft } from "./draft.js";
import type { RetomaError } from "./errors.js";
import type { Shelf } from "./keeping/shelf.js";
import { type LaterLine, load, type Trouble } from "./line.js";
import type { Live } from "./live/index.js";
import { Listeners } from "./status.js";
import { Syncing, type Tabs, type Target } from "./syncing.js";
import type { Transport } from "./transport.js";
import type { WireEvent } from "./wire.js";

/** A draft, and what brings it to the server. */
export interface Held {
  readonly draft: Draft;
  readonly syncing: Syncing;
}

/** What the drafts of one owner share. */
export interface OwnedParts {
  readonly transport: LaterLine<Transport>;
  readonly shelf: Shelf;
  readonly installation: string;
  /** Names the owner among all in this browser, to the other tabs; null for one that no other tab has. */
  readonly company: () => string | null;
  /** The one draft that the credential may read; without it all of the owner. */
  readonly only?: string;
  /** Hears whose draft the server says it is. */
  readonly identified: (customer: string) => void;
  /** Hears how the tab that exchanges with the server fares. */
  readonly heard: (trouble: Trouble) => void;
}

/** Without other tabs this one does everything itself. */
const ALONE: Tabs = { leads: true, kept: () => undefined, exchanged: () => undefined };

export class Owned {
  readonly #parts: OwnedParts;
  readonly #held = new Map<string, Held>();
  /** Hears of everything that happens to any draft of the owner. */
  readonly onEvent = new Listeners<WireEvent | null>();
  #live: Live | null = null;
  #isLoading = false;
  #isLiveWanted = false;
  #isClosed = false;

  constructor(parts: OwnedParts) {
    this.#parts = parts;
  }

  get shelf(): Shelf {
    return this.#parts.shelf;
  }

  get transport(): OwnedParts["transport"] {
    return this.#parts.transport;
  }

  get leads(): boolean {
    return this.#tabs.leads;
  }

  get all(): readonly Held[] {
    return [...this.#held.values()];
  }

  /**
   * The draft of a target; the same each time while it can be changed.
   *
   * @param handle - Is to be it from now on, once it has turned.
   */
  hold(target: Target, id?: string, handle?: Draft): Held {
    const name = id ?? JSON.stringify(Object.values(target));
    const known = this.#held.get(name);
    if (!handle && known !== undefined && known.draft.state !== "closed") return known;
    const { transport, shelf, installation, identified } = this.#parts;
    const syncing = new Syncing({ transport, shelf, installation, target, name, identified, tabs: () => this.#tabs, ...(id === undefined ? {} : { id }) });
    const held = { syncing, draft: handle ?? new Draft(target, syncing, transport) };
    this.#held.set(name, held);
    syncing.onOpen(() => this.begin());
    return held;
  }

  /** Follows what happens elsewhere, from now on. */
  begin(): void {
    this.#isLiveWanted = true;
    void this.#load();
  }

  wake(): void {
    if (this.#isLiveWanted) void this.#load();
    this.#live?.wake();
    this.#each((syncing) => {
      void syncing.look();
      syncing.wake();
    });
  }

  hurry(): void {
    this.#each((syncing) => syncing.hurry());
  }

  /** The page may go away. */
  leave(): void {
    this.#each((syncing) => syncing.leave());
    this.#live?.hide();
  }

  /** Hears no news, or hears them again. */
  pause(isPaused: boolean): void {
    this.#live?.pause(isPaused);
  }

  /** @param isKept - What waits stays for the next page. */
  async close(error: RetomaError, isKept = true): Promise<void> {
    this.#isClosed = true;
    this.#live?.stop();
    this.#live = null;
    await Promise.all(this.all.map(({ syncing }) => syncing.close(error, isKept)));
  }

  get #tabs(): Tabs {
    return this.#live?.tabs ?? ALONE;
  }

  #each(act: (syncing: Syncing) => void): void {
    this.all.forEach(({ syncing }) => act(syncing));
  }

  /** Loaded only now: a page whose visitor enters nothing never needs it. Without it every tab sends for itself. */
  async #load(): Promise<void> {
    if (this.#isLoading || this.#live !== null) return;
    this.#isLoading = true;
    try {
      const [{ goLive }, transport] = await Promise.all([load(() => import("./live/index.js")), this.transport.lay()]);
      if (!this.#isClosed) this.#live = goLive(this, transport, this.#parts);
    } catch {
      // The network is gone; the next time that the page wakes is early enough.
    } finally {
      this.#isLoading = false;
    }
  }
}
