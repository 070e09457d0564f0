/** One draft's state in this page, and what the device keeps of it: every change of it is one step for all tabs. */

import { type Change, keepApart, keepEntry } from "../outbox.js";
import { emptyState, entered, keep, parted, refuseAll, type State } from "../rebasing.js";
import { Listeners } from "../status.js";
import type { Kept, Place, Row } from "./adapter.js";
import { pack, rowOf, unpack } from "./records.js";
import type { Home, Shelf } from "./shelf.js";

type Act = (state: State) => State;

export class Keeping {
  readonly #shelf: Shelf;
  readonly #draft: string;
  readonly onChange = new Listeners<void>();
  #state: State;
  #home: Home;
  #chain: Promise<unknown> = Promise.resolve();
  /** What is shown already and will be kept. */
  #ahead: readonly Act[] = [];
  #ended = false;
  #ending: Promise<unknown> | null = null;

  constructor(shelf: Shelf, draft: string, state: State) {
    this.#shelf = shelf;
    this.#draft = draft;
    this.#state = state;
    this.#home = shelf.home;
  }

  get state(): State {
    return this.#state;
  }

  /** Keeps nothing any more, beyond what is under way; what comes later waits for ever, and nobody waits for that. */
  end(): Promise<unknown> {
    return (this.#ending ??= this.#chain.finally(() => (this.#ended = true)));
  }

  /** Shows an edit at once; it is kept with the next {@link Keeping.apply}. */
  show(act: Act): void {
    this.#put(act(this.#state));
  }

  /**
   * Keeps all edits made so far and makes of that what `act` does, durably and for all tabs.
   *
   * @param act - Pure: it may be called more than once.
   */
  apply(act: Act = (state) => state): Promise<State> {
    return this.#next(async () => {
      const moving = entered(this.#state);
      this.#state = { ...this.#state, moving, buffer: [] };
      const after = await this.#write((state) => act(keep(state, moving)));
      this.#ahead = this.#ahead.filter((other) => other !== act);
      this.#take(after);
      return this.#state;
    });
  }

  /** The same, shown before it is kept. */
  applyNow(act: Act): Promise<State> {
    this.#ahead = [...this.#ahead, act];
    this.#put(act(this.#state));
    return this.apply(act);
  }

  /** Looks at what another tab has kept. */
  reload(): Promise<State> {
    if (this.#home !== this.#shelf.home) return this.apply();
    return this.#next(async () => {
      const home = this.#home;
      try {
        const kept = await home.storage.read(this.#placeIn(home));
        if (!this.#isWiped(kept)) this.#take(unpack(kept, this.#state).state);
      } catch (error) {
        this.#shelf.fail(home, error);
      }
      return this.#state;
    });
  }

  /**
   * Keeps all edits at once, without looking first: the page may be gone a moment later.
   *
   * What another tab may have done meanwhile cannot be known, so nothing is merged into what is kept. Edits that are
   * being kept at this moment are kept again, since that may be cut short: under the same number with the same content,
   * or under the next one, where they change nothing.
   *
   * @param act - Pure; what it changes of this page's own changes is kept too.
   */
  leave(act: Act = (state) => state): void {
    const before = this.#state;
    const [first, ...others] = parted(before.stored, entered(before));
    const outbox = first === undefined ? before.outbox : others.reduce(keepEntry, keepApart(before.outbox, first));
    const isOwn = ({ writer }: Change): boolean => writer === outbox.writer || writer === outbox.aside;
    // What is being kept may be merged there into one that was not sent, which then may not be sent as it is here.
    const isUnsure = before.moving.length > 0 && before.outbox.changes.some((change) => isOwn(change) && !change.sent);
    const apart = { ...before, outbox, moving: [], buffer: [] };
    this.#put(isUnsure ? apart : act(apart));
    const rows = this.#state.outbox.changes.filter((change) => isOwn(change) && !before.outbox.changes.includes(change)).map(rowOf);
    if (rows.length > 0) this.#add(rows);
  }

  #add(rows: readonly Row[]): void {
    const home = this.#home;
    const added = home.storage.add(this.#placeIn(home), rows).catch((error: unknown) => this.#shelf.fail(home, error));
    this.#chain = Promise.all([this.#chain, added]);
    void this.reload();
  }

  #next<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#chain.then(() => (this.#ended ? new Promise<T>(() => undefined) : act()));
    this.#chain = done.catch(() => undefined);
    return done;
  }

  async #write(act: Act): Promise<State> {
    const { home } = this.#shelf;
    try {
      return await this.#writeIn(home, act);
    } catch (error) {
      this.#shelf.fail(home, error);
      return this.#writeIn(this.#shelf.home, act);
    }
  }

  async #writeIn(home: Home, act: Act): Promise<State> {
    const isMoving = home !== this.#home;
    const mine = isMoving ? departing(this.#state, this.#home) : this.#state;
    let after = this.#state;
    await home.storage.update(this.#placeIn(home), (kept) => {
      const origin = unpack(kept, isMoving ? emptyState(mine.outbox.writer) : mine);
      after = act(isMoving || this.#isWiped(kept) ? joined(origin.state, mine) : origin.state);
      return pack(after, origin);
    });
    this.#home = home;
    return after;
  }

  /** Shows what is kept, under what is not kept yet; who wrote what is known to this page only. */
  #take(kept: State): void {
    const { id, stored, buffer, outbox } = this.#state;
    const authors = id === kept.id ? new Map([...stored.authors, ...kept.stored.authors]) : kept.stored.authors;
    const isSame = kept.outbox.writer === outbox.writer;
    const next = isSame ? Math.max(kept.outbox.next, outbox.next) : kept.outbox.next;
    const nextAside = isSame ? Math.max(kept.outbox.nextAside, outbox.nextAside) : kept.outbox.nextAside;
    const shown = { ...kept, outbox: { ...kept.outbox, next, nextAside }, stored: { ...kept.stored, authors }, moving: [], buffer };
    this.#put(this.#ahead.reduce<State>((state, act) => act(state), shown));
  }

  /** Whether the person, or the browser, has deleted what was kept: a server's answer would have left a snapshot. */
  #isWiped({ rows, snapshot }: Kept): boolean {
    return snapshot === null && rows.length === 0 && this.#state.outbox.changes.length > 0;
  }

  #placeIn({ owner }: Home): Place {
    return { owner, draft: this.#draft };
  }

  #put(state: State): void {
    this.#state = state;
    this.onChange.tell();
  }
}

/** What leaves a storage that has failed was perhaps sent from there by another tab, so it may not change any more. */
function departing(state: State, { storage }: Home): State {
  if (storage.persistence === "memory") return state;
  return { ...state, outbox: { ...state.outbox, changes: state.outbox.changes.map((change) => ({ ...change, sent: true })) } };
}

/** What is kept in a new place once a page's own state has moved there. Waiting changes of a draft that is no more go to the person. */
export function joined(kept: State, mine: State): State {
  const isOther = kept.id !== null && mine.id !== null && kept.id !== mine.id;
  const { outbox, rejected } = isOther ? refuseAll(kept, "draft-closed") : kept;
  const isMineNewer = mine.id !== null && (isOther || kept.id === null || mine.stored.revision >= kept.stored.revision);
  const { id, stored } = isMineNewer ? mine : kept;
  const news = mine.outbox.changes.filter((change) => !outbox.changes.some(({ writer, seq }) => writer === change.writer && seq === change.seq));
  const moved = news.map((change, index) => ({ ...change, order: outbox.order + index + 1 }));
  const joint = { ...outbox, next: mine.outbox.next, aside: mine.outbox.aside, nextAside: mine.outbox.nextAside, order: outbox.order + moved.length, changes: [...outbox.changes, ...moved] };
  return { ...kept, id, stored, outbox: joint, rejected: [...rejected, ...mine.rejected] };
}
