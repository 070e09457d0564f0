/** Brings one draft and the server together: opens it, sends what waits, fetches what was missed. One request at a time. */

import { AuthRequiredError, ClosedError, isRetomaError, NetworkError, RejectedError, type RetomaError, unexpected } from "./errors.js";
import type { Duty, Exchange, Speaker } from "./exchange.js";
import { Keeping } from "./keeping/keeping.js";
import type { Shelf } from "./keeping/shelf.js";
import { type Line, online, type Trouble } from "./line.js";
import { Pace } from "./pacing.js";
import { emptyState, entered, hasAside, isUnsent, orphaned, refuseAll, type State } from "./rebasing.js";
import { Listeners } from "./status.js";
import { freshId } from "./storage.js";
import { isOver, knownAt } from "./stored.js";
import { Waiting } from "./waiting.js";
import type { DraftEvent } from "./wire.js";

/** Which draft of the customer: one for each process and key. */
export interface Target {
  readonly process: string;
  readonly key: string;
  /** Given for carts, each of which is followed by the next. */
  readonly kind?: "cart";
}

/** The other tabs of this browser, as a draft knows them. */
export interface Tabs {
  /** Whether this tab sends for all. */
  readonly leads: boolean;
  /** Edits were kept here; an urgent one is to be sent at once. */
  kept(draft: string, isUrgent: boolean): void;
  /** What is kept has changed by an exchange with the server, or the exchange itself goes differently. */
  exchanged(draft: string, trouble: Trouble): void;
}

/** What a draft is synchronised with. */
export interface SyncingParts {
  readonly transport: Line;
  readonly shelf: Shelf;
  readonly installation: string;
  readonly target: Target;
  /** The draft's id, where it is known. */
  readonly id?: string;
  /** Names the draft among those of its owner on this device. */
  readonly name: string;
  readonly tabs: () => Tabs;
  /** Hears whose draft the server says it is. */
  readonly identified: (customer: string) => void;
}

export class Syncing implements Speaker {
  readonly #parts: SyncingParts;
  readonly #keeping: Keeping;
  readonly #pace = new Pace(() => void this.#keep(false), () => this.hurry());
  /** Hears of every change of what a person could see. */
  readonly onChange = new Listeners<void>();
  /** Hears of everything that happens to the draft. */
  readonly onEvent = new Listeners<DraftEvent>();
  readonly #waiting = new Waiting();
  /** Resolves once what this device has kept is shown. */
  readonly ready: Promise<void>;
  readonly duty: Duty = { wanted: false, mayCreate: false, confirmed: false, due: false, missed: 0, madeGood: 0 };
  #exchange: Exchange | null = null;
  #flushing = 0;
  #failures = 0;
  #running = false;
  #trouble: Trouble = null;
  #ended: RetomaError | null = null;
  #nap = new AbortController();
  /** Where what was entered here goes on in another draft: once that is saved. */
  declare heir?: Promise<void>;

  constructor(parts: SyncingParts) {
    this.#parts = parts;
    this.#keeping = new Keeping(parts.shelf, parts.name, { ...emptyState(freshId("w_")), id: parts.id ?? null });
    this.#keeping.onChange.add(() => this.#changed());
    parts.shelf.onMove.add(() => {
      if (this.#ended === null && this.state.stored.status === "open") void this.#keeping.apply().then(() => this.#resume());
    });
    this.ready = this.#load();
  }

  get state(): State {
    return this.#keeping.state;
  }

  get id(): string | null {
    return this.state.id;
  }

  /** Its name among the drafts of its owner on this device. */
  get name(): string {
    return this.#parts.name;
  }

  get trouble(): Trouble {
    return this.#trouble;
  }

  get persistence(): "durable" | "memory" {
    return this.#parts.shelf.persistence;
  }

  /** Whether anything is here that the server does not have. */
  get isUnsent(): boolean {
    return isUnsent(this.state);
  }

  /** Whether the server has yet to hear or to tell something. */
  get isWaiting(): boolean {
    return isUnsent(this.state) || (this.duty.wanted && !this.duty.confirmed);
  }

  /** Why nothing can be saved any more, if so. */
  get ended(): RetomaError | null {
    return this.#ended;
  }

  /** Whether nothing will change any more; a cart is followed by the next. */
  get isOver(): boolean {
    return isOver(this.state.stored) && !this.#parts.target.kind;
  }

  /** Shows an edit, which is kept and sent in good time. */
  update(change: (state: State) => State): void {
    const { buffer } = this.state;
    this.#keeping.show(change);
    if (buffer === this.state.buffer) return;
    this.duty.mayCreate = true;
    this.#pace.edited();
  }

  /** Changes what is kept, for all tabs. */
  async apply(change: (state: State) => State): Promise<State> {
    const state = await this.#keeping.apply(change);
    this.#tell();
    return state;
  }

  /** The same, shown before it is kept. */
  async applyNow(change: (state: State) => State): Promise<void> {
    await this.#keeping.applyNow(change);
    this.#tell();
  }

  /** Keeps and sends what waits without waiting any longer for the person to pause. */
  hurry(): void {
    this.#pace.stop();
    if (!isUnsent(this.state) || this.#ended !== null) return;
    this.duty.due = true;
    const isNext = this.sendsHere && this.duty.confirmed && !this.#running;
    if (isNext) this.#start();
    else void this.#keep(true);
  }

  /** Acts once the draft is open. */
  onOpen(act: () => void): void {
    this.#waiting.until(() => this.id !== null, true).then(act, () => undefined);
  }

  /** Resolves once the draft is open; rejects if the server cannot be reached, and goes on trying. */
  open(): Promise<void> {
    this.duty.mayCreate = true;
    return this.#awaiting(() => this.duty.confirmed);
  }

  /** Resolves once the server has told of the draft that this device knows, or that there is none any more. */
  confirm(): Promise<void> {
    return this.#awaiting(() => this.duty.confirmed || this.id === null);
  }

  /** Tries now to send all that waits; rejects with the reason if that fails. */
  async flush(): Promise<void> {
    this.duty.mayCreate = true;
    this.#flushing += 1;
    this.duty.due = true;
    await this.#awaiting(() => !isUnsent(this.state) && this.duty.confirmed).finally(() => (this.#flushing -= 1));
  }

  /** Fetches what is new. */
  refresh(): Promise<void> {
    this.duty.missed += 1;
    return this.#awaiting(() => !this.isBehind && this.duty.confirmed);
  }

  /** Resolves once everything so far is on the server, however long that takes. */
  async saved(): Promise<void> {
    if (this.#ended) throw this.#ended;
    const before = this.state.rejected.length;
    this.hurry();
    await this.#waiting.until(() => !isUnsent(this.state) && !this.heir, true).catch((error: unknown) => this.heir ?? Promise.reject(error));
    const refused = this.state.rejected[before];
    if (refused) throw new RejectedError({ code: refused.code, message: "Refused.", status: 422 });
  }

  /** Goes on without waiting any longer: the network or the sign-in may be back. */
  wake(): void {
    this.#nap.abort();
    if (this.#trouble === "needs-auth") this.#trouble = null;
    this.#start();
  }

  /** The page may go away: all that waits is kept, and leaves at once in a request that outlives it; repetitions do no harm. */
  leave(): void {
    this.#pace.stop();
    if (!isUnsent(this.state) || this.#ended !== null) return;
    const keep = (act?: (state: State) => State): void => {
      this.#keeping.leave(act);
      this.#tell();
    };
    if (this.#exchange !== null) return this.#exchange.leave(keep);
    keep();
    this.duty.due = true;
    this.#start();
  }

  /** News may have been missed. */
  catchUp(): void {
    this.duty.missed += 1;
    this.#start();
  }

  /** Another tab has changed what is kept. */
  async look(): Promise<void> {
    if (this.#ended || this.isOver) return;
    const { stored } = await this.#keeping.reload();
    // The other tab has secrets that only the server can tell.
    if (this.duty.confirmed || this.id === null || knownAt(stored) === stored.revision) return;
    this.duty.wanted = true;
    this.#start();
  }

  /** Another tab has kept edits, which this one is to send. */
  async serve(isUrgent: boolean): Promise<void> {
    await this.look();
    if (isUrgent) this.hurry();
    else this.#pace.wait();
  }

  /** How the tab that exchanges with the server fares. */
  note(trouble: Trouble): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#changed();
  }

  /** Whose draft it is, by the word of the server. */
  identified(customer: string): void {
    this.#parts.identified(customer);
  }

  /** This page has nothing more to do with the draft; what is kept of it stays for the next. */
  async close(error: RetomaError, isKept: boolean): Promise<void> {
    if (isKept && entered(this.state).length > 0) void this.#keeping.apply();
    const ended = this.#keeping.end();
    this.#finish(error);
    await ended;
  }

  #finish(error: RetomaError): void {
    this.#ended ??= error;
    this.#pace.stop();
    this.#nap.abort();
    this.#changed();
    this.#waiting.fail(error, "everyone");
  }

  /** Nothing will be saved any more; what waits goes to the rejected. */
  async #end(error: RetomaError): Promise<void> {
    this.#ended = error;
    await this.apply((state) => refuseAll(state, error.code));
    this.#finish(error);
  }

  get isBehind(): boolean {
    return this.id !== null && this.duty.missed > this.duty.madeGood;
  }

  get sendsHere(): boolean {
    return this.#parts.tabs().leads || this.#flushing > 0 || hasAside(this.state);
  }

  async #load(): Promise<void> {
    await this.#keeping.apply((state) => {
      // What waits beside a cart that is over was taken by it, or is the next one's: the exchange finds out.
      if (!isOver(state.stored) || isBelated(state) || (this.#parts.target.kind && isUnsent(state))) return state;
      return orphaned(state, "draft-closed", state.outbox.writer);
    });
    this.#resume();
  }

  /** Sends what an earlier page has left. */
  #resume(): void {
    this.duty.mayCreate ||= this.id === null && isUnsent(this.state);
    this.hurry();
  }

  async #keep(isUrgent: boolean): Promise<void> {
    await this.#keeping.apply();
    this.#parts.tabs().kept(this.#parts.name, isUrgent);
    this.#start();
  }

  async #awaiting(isDone: () => boolean): Promise<void> {
    await this.ready;
    if (this.#ended) throw this.#ended;
    this.duty.wanted = true;
    const done = this.#waiting.until(isDone, false);
    // It may fail before it is awaited below.
    done.catch(() => undefined);
    this.#pace.stop();
    if (entered(this.state).length > 0) await this.#keeping.apply();
    this.wake();
    await done;
  }

  #changed(): void {
    this.onChange.tell();
    if (this.#ended === null) this.#waiting.check();
  }

  #tell(): void {
    this.#parts.tabs().exchanged(this.#parts.name, this.#trouble);
  }

  #start(): void {
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      await this.ready;
      while (this.#hasWork()) await this.#attempt();
    } finally {
      this.#running = false;
    }
    this.#waiting.check();
  }

  #hasWork(): boolean {
    if (this.#ended !== null || this.#trouble === "needs-auth") return false;
    const { changes } = this.state.outbox;
    const isDue = this.duty.due ? isUnsent(this.state) : changes.some((change) => change.sent);
    const mustSend = isDue && this.sendsHere;
    return mustSend || (this.duty.confirmed ? this.isBehind : this.duty.wanted);
  }

  /** Loaded only now: a page on which nobody enters anything never needs it. */
  async #talk(): Promise<Exchange> {
    if (this.#exchange === null) {
      const { Exchange } = await online();
      this.#exchange = new Exchange(this.#parts, this);
    }
    return this.#exchange;
  }

  async #attempt(): Promise<void> {
    this.#waiting.begin();
    try {
      await (await this.#talk()).step();
      this.#failures = 0;
      this.note(null);
      this.#tell();
      this.#waiting.check();
    } catch (error) {
      await this.#recover(isRetomaError(error) ? error : unexpected(error));
    }
  }

  async #orphan(code: string): Promise<void> {
    await this.apply((state) => orphaned(state, code));
    this.duty.wanted &&= this.duty.mayCreate;
  }

  async #recover(error: RetomaError): Promise<void> {
    if (this.#ended !== null) return;
    if (error instanceof ClosedError && !this.duty.confirmed && this.id !== null) return this.#orphan(error.code);
    const isAuth = error instanceof AuthRequiredError || error.status === 403;
    if (!isAuth && !error.retryable) return this.#end(error);
    this.#waiting.fail(error, isAuth ? "impatient" : "tried");
    this.note(troubleIn(error, isAuth));
    this.#tell();
    // Those who came during the attempt have theirs before them.
    if (isAuth || this.#waiting.isPressing) return;
    this.#failures += 1;
    this.#nap = new AbortController();
    await this.#parts.transport.pause(this.#failures, error, this.#nap.signal);
  }
}

/** What waits for a draft that its customer has claimed is sorted by the server's answer. */
const isBelated = (state: State): boolean => state.stored.status === "merged" && isUnsent(state);

function troubleIn(error: RetomaError, isAuth: boolean): Trouble {
  if (isAuth) return "needs-auth";
  return error instanceof NetworkError ? "offline" : "failing";
}
