/** Brings one draft and the server together: opens it, sends what waits, fetches what was missed. One request at a time. */

import { AuthRequiredError, isRetomaError, NetworkError, RejectedError, RetomaError } from "./errors.js";
import { emptyOutbox, onWire, rewrite } from "./outbox.js";
import { refuse, refuseAll, send, settle, type State, take } from "./rebasing.js";
import { Listeners } from "./status.js";
import { freshId } from "./storage.js";
import { fromDraft, NOTHING } from "./stored.js";
import type { Answer, Transport } from "./transport.js";
import { Waiting } from "./waiting.js";
import type { ChangesReply, Delta, DraftEvent, WireDraft } from "./wire.js";

/** Which draft of the customer: one for each process and key. */
export interface Target {
  readonly process: string;
  readonly key: string;
}

/** What hinders the exchange at the moment. */
export type Trouble = "offline" | "failing" | "needs-auth" | null;

/** Repairs in a row without one success between. */
const REPAIRS = 3;
const BATCH = { changes: 100, bytes: 60_000 };

export class Syncing {
  readonly #transport: Transport;
  readonly #installation: string;
  readonly #target: Target;
  /** Hears of every change of what a person could see. */
  readonly onChange = new Listeners<void>();
  /** Hears of everything that happens to the draft. */
  readonly onEvent = new Listeners<DraftEvent>();
  readonly #waiting = new Waiting();
  #state: State = { stored: NOTHING, outbox: emptyOutbox(freshId("w_")), rejected: [] };
  #id: string | null = null;
  #wanted = false;
  #behind = false;
  #singles = 0;
  #repairs = 0;
  #failures = 0;
  #running = false;
  #trouble: Trouble = null;
  #ended: RetomaError | null = null;
  #nap = new AbortController();

  constructor(transport: Transport, installation: string, target: Target) {
    this.#transport = transport;
    this.#installation = installation;
    this.#target = target;
  }

  get state(): State {
    return this.#state;
  }

  get id(): string | null {
    return this.#id;
  }

  get trouble(): Trouble {
    return this.#trouble;
  }

  /** Whether the server has yet to hear or to tell something. */
  get isWaiting(): boolean {
    return this.#state.outbox.changes.length > 0 || (this.#wanted && this.#id === null);
  }

  /** Why nothing can be saved any more, if so. */
  get ended(): RetomaError | null {
    return this.#ended;
  }

  /** Changes the state and sends what that left waiting. */
  update(change: (state: State) => State): void {
    const before = this.#state;
    this.#put(change(before));
    if (before.outbox !== this.#state.outbox) this.#start();
  }

  /** Acts once the draft is open. */
  onOpen(act: () => void): void {
    this.#waiting.until(() => this.#id !== null, true).then(act, () => undefined);
  }

  /** Resolves once the draft is open; rejects if the server cannot be reached, and goes on trying. */
  open(): Promise<void> {
    this.#wanted = true;
    return this.#awaiting(() => this.#id !== null);
  }

  /** Tries now to send all that waits; rejects with the reason if that fails. */
  flush(): Promise<void> {
    return this.#awaiting(() => this.#state.outbox.changes.length === 0 && this.#id !== null);
  }

  /** Fetches what is new. */
  refresh(): Promise<void> {
    this.#behind = this.#id !== null;
    return this.#awaiting(() => !this.#behind && this.#id !== null);
  }

  /** Resolves once everything so far is on the server, however long that takes. */
  async saved(): Promise<void> {
    if (this.#ended) throw this.#ended;
    const before = this.#state.rejected.length;
    await this.#waiting.until(() => this.#state.outbox.changes.length === 0, true);
    const refused = this.#state.rejected[before];
    if (refused === undefined) return;
    throw new RejectedError({ code: refused.code, message: `A change was refused (${refused.code}).`, status: 422 });
  }

  /** Goes on without waiting any longer: the network or the sign-in may be back. */
  wake(): void {
    this.#nap.abort();
    if (this.#trouble === "needs-auth") this.#trouble = null;
    this.#start();
  }

  /** The page may go away: all that waits leaves at once, in a request that outlives it; repetitions do no harm. */
  leave(): void {
    if (this.#id === null || this.#ended !== null || this.#state.outbox.changes.length === 0) return;
    const { state, batch } = send(this.#state, BATCH, true);
    this.#state = state;
    this.#post(state, batch, true).then(({ data }) => this.#settle(data), () => undefined);
  }

  /** News may have been missed. */
  catchUp(): void {
    this.#behind = this.#id !== null;
    this.#start();
  }

  /** Takes in a delta that came by itself. */
  hear(delta: Delta): void {
    const { state, gap } = take(this.#state, delta);
    this.#put(state);
    if (gap) this.catchUp();
  }

  /** Takes in the draft that was opened, where it is not open yet. */
  adopt(answer: Answer<WireDraft>): void {
    if (this.#id !== null) return;
    this.#id = answer.data.id;
    this.replace(answer);
    this.#waiting.check();
  }

  /** Takes in a whole draft that an action answered. */
  replace(answer: Answer<WireDraft>): void {
    this.#put({ ...this.#state, stored: fromDraft(answer.data, epochIn(answer.etag) ?? this.#state.stored.epoch) });
  }

  /** Nothing will be saved any more; what waits goes to the rejected. */
  end(error: RetomaError): void {
    this.#ended ??= error;
    this.#nap.abort();
    this.#put(refuseAll(this.#state, error.code));
    this.#waiting.fail(error, "everyone");
  }

  async #awaiting(isDone: () => boolean): Promise<void> {
    if (this.#ended) throw this.#ended;
    this.#wanted = true;
    const done = this.#waiting.until(isDone, false);
    this.wake();
    await done;
  }

  #put(state: State): void {
    this.#state = state;
    this.onChange.tell();
  }

  #start(): void {
    this.#wanted ||= this.#state.outbox.changes.length > 0;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    // The edits of one turn of the page gather in one change before it is sent.
    await Promise.resolve();
    while (this.#hasWork()) await this.#attempt();
    this.#running = false;
    this.#waiting.check();
  }

  #hasWork(): boolean {
    if (this.#ended !== null || this.#trouble === "needs-auth") return false;
    return this.#id === null ? this.#wanted : this.#behind || this.#state.outbox.changes.length > 0;
  }

  async #attempt(): Promise<void> {
    this.#waiting.begin();
    try {
      await this.#step();
      this.#failures = 0;
      this.#note(null);
      this.#waiting.check();
    } catch (error) {
      await this.#recover(isRetomaError(error) ? error : unexpected(error));
    }
  }

  #step(): Promise<void> {
    if (this.#id === null) return this.#open();
    return this.#behind ? this.#fetch() : this.#send();
  }

  async #open(): Promise<void> {
    const { process, key } = this.#target;
    this.adopt(await this.#transport.call<WireDraft>({ method: "POST", path: "drafts", body: { process, key } }));
  }

  async #fetch(): Promise<void> {
    this.#behind = false;
    try {
      const { epoch, revision } = this.#state.stored;
      const since = epoch === null ? revision : `${epoch}.${revision}`;
      const { data } = await this.#transport.call<Delta>({ method: "GET", path: this.#path(), query: { since }, attempts: 1 });
      this.#put(take(this.#state, data).state);
    } catch (error) {
      this.#behind = true;
      if (!isRetomaError(error, "resync")) throw error;
      await this.#resync();
    }
  }

  /** The server's count and ours do not belong together: begin from the whole draft, keep every waiting value. */
  async #resync(): Promise<void> {
    const answer = await this.#transport.call<WireDraft>({ method: "GET", path: this.#path(), attempts: 1 });
    this.#behind = false;
    this.replace(answer);
    this.#rewrite();
  }

  #rewrite(): void {
    this.#put({ ...this.#state, outbox: rewrite(this.#state.outbox, freshId("w_")) });
  }

  async #send(): Promise<void> {
    const changes = this.#singles > 0 ? 1 : BATCH.changes;
    const { state, batch } = send(this.#state, { ...BATCH, changes });
    this.#state = state;
    const seqs = batch.map((change) => change.seq);
    try {
      const { data } = await this.#post(state, batch, false);
      this.#singles = Math.max(0, this.#singles - 1);
      this.#repairs = 0;
      this.#settle(data);
      if (this.#state.outbox.changes.some((change) => change.sent && change.seq === seqs[0])) throw unexpected(data);
    } catch (error) {
      await this.#sendFailed(error, seqs);
    }
  }

  #settle(reply: ChangesReply): void {
    const { state, gap } = settle(this.#state, reply);
    this.#put(state);
    this.#behind ||= gap;
  }

  #post(state: State, batch: State["outbox"]["changes"], keepalive: boolean): Promise<Answer<ChangesReply>> {
    const { epoch, revision } = state.stored;
    const body = {
      writer: state.outbox.writer,
      installation: this.#installation,
      ...(epoch === null ? {} : { epoch }),
      since: revision,
      changes: batch.map(onWire),
    };
    return this.#transport.call({ method: "POST", path: `${this.#path()}/changes`, body, attempts: 1, keepalive });
  }

  /** Repairs what the server complains of; a complaint that no repair stills is treated as a failing server. */
  async #sendFailed(error: unknown, seqs: readonly number[]): Promise<void> {
    const isResync = isRetomaError(error, "resync");
    const isGap = isRetomaError(error, "sequence-gap");
    if (!isResync && !isGap && !(error instanceof RejectedError)) throw error;
    if (++this.#repairs > REPAIRS) throw unexpected(error);
    if (isResync) await this.#resync();
    // What the server lacks was acknowledged and is gone from here: a new writer begins.
    else if (isGap) this.#rewrite();
    else this.#isolate(error, seqs);
  }

  /** A refused request of several changes is repeated one by one, to find the one that is to blame. */
  #isolate(error: RetomaError, seqs: readonly number[]): void {
    const [only] = seqs;
    if (seqs.length > 1) this.#singles = seqs.length;
    else if (only !== undefined) this.#put(refuse(this.#state, only, error.code));
  }

  async #recover(error: RetomaError): Promise<void> {
    const isAuth = error instanceof AuthRequiredError || error.status === 403;
    if (!isAuth && !error.retryable) return this.end(error);
    this.#waiting.fail(error, isAuth ? "impatient" : "tried");
    if (isAuth) return this.#note("needs-auth");
    this.#note(error instanceof NetworkError ? "offline" : "failing");
    this.#failures += 1;
    this.#nap = new AbortController();
    await this.#transport.pause(this.#failures, error, this.#nap.signal);
  }

  #note(trouble: Trouble): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.onChange.tell();
  }

  #path(): string {
    return `drafts/${this.#id}`;
  }
}

/** An ETag is `"<epoch>.<revision>"`. */
const epochIn = (etag: string | null): string | null => /^"(.+)\.\d+"$/.exec(etag ?? "")?.[1] ?? null;

function unexpected(cause: unknown): RetomaError {
  return new RetomaError({ code: "unexpected", message: "An answer had an unexpected shape.", retryable: true, cause });
}
