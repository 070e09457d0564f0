/** What one draft says to the server and makes of the answers: one request at a time, each repaired as far as it can be. */

import { BATCH, send, sendLast } from "./batching.js";
import { isCustomers, pokeOf, setAside, takeLate } from "./cart/claimed.js";
import { answer, begunAnew, type Closing, succeeded } from "./cart/succession.js";
import { ClosedError, isRetomaError, RejectedError, type RetomaError, unexpected } from "./errors.js";
import type { Shelf } from "./keeping/shelf.js";
import type { Answer, Line } from "./line.js";
import { MERGED, PARKED, setEditsAside, takeLateEdits } from "./late.js";
import { type Change, onWire } from "./outbox.js";
import { adopted, epochIn, isHeld, isSorted, isUnderWay, take } from "./news.js";
import { isUnsent, type State } from "./rebasing.js";
import { refuse, renumber, restart, settle } from "./settling.js";
import type { Listeners } from "./status.js";
import { attempt, freshId } from "./storage.js";
import { isOver, knownAt } from "./stored.js";
import type { Target } from "./syncing.js";
import type { ChangesReply, Delta, Result, WireDraft } from "./wire.js";

/** What is to be done for a draft, as far as both sides of it need to know. */
export interface Duty {
  /** Somebody waits for the server's word. */
  wanted: boolean;
  /** A draft that is not there yet may be made. */
  mayCreate: boolean;
  /** The server has told of the draft since this page began. */
  confirmed: boolean;
  /** What waits is to be sent now. */
  due: boolean;
  /** How often news may have been missed, and how many of these have been made good. */
  missed: number;
  madeGood: number;
}

/** The draft for which an exchange speaks. */
export interface Speaker {
  readonly state: State;
  readonly duty: Duty;
  readonly sendsHere: boolean;
  readonly isBehind: boolean;
  /** Changes what is kept. */
  apply(change: (state: State) => State): Promise<State>;
  /** The same, shown before it is kept. */
  applyNow(change: (state: State) => State): Promise<void>;
  /** News may have been missed. */
  catchUp(): void;
  /** Goes on without waiting any longer. */
  wake(): void;
  /** Hears of every change. */
  readonly onChange: Listeners<void>;
  /** Says whose draft it is. */
  identified(customer: string): void;
}

/** Takes in a whole draft that was answered. */
export function adopt(speaker: Speaker, { data, etag }: Answer<WireDraft>): void {
  if (typeof data?.id !== "string" || typeof data.revision !== "number") throw unexpected(data);
  speaker.identified(data.customer);
  speaker.duty.confirmed = true;
  void speaker.applyNow((state) => adopted(state, data, epochIn(etag)));
}

/** Takes in a delta that came by itself; one that {@link isHeld} is asked for later, if the answer did not tell all of it. */
export async function hear(speaker: Speaker, delta: Delta): Promise<void> {
  if (take(speaker.state, delta).gap) return speaker.catchUp();
  if (!isHeld(speaker.state, delta)) await speaker.applyNow((state) => (isHeld(state, delta) ? state : take(state, delta).state));
  const isBehind = (): boolean => speaker.state.stored.revision < delta.revision;
  if (!isBehind()) return;
  // What hindered an exchange may be over: an order was made or given up.
  speaker.wake();
  const stop = speaker.onChange.add(() => {
    if (isHeld(speaker.state, delta)) return;
    stop();
    if (isBehind()) speaker.catchUp();
  });
}

/** What an exchange needs to speak. */
export interface ExchangeParts {
  readonly transport: Line;
  readonly installation: string;
  readonly target: Target;
  readonly shelf: Shelf;
  /** The draft's name on this device. */
  readonly name: string;
}

/** Repairs in a row without one success between. */
const REPAIRS = 3;
const NEVER = new AbortController().signal;

export class Exchange {
  readonly #parts: ExchangeParts;
  readonly #speaker: Speaker;
  #singles = 0;
  #repairs = 0;
  #lateFailures = 0;

  constructor(parts: ExchangeParts, speaker: Speaker) {
    this.#parts = parts;
    this.#speaker = speaker;
    globalThis.addEventListener?.("storage", ({ key }) => key === pokeOf(parts.installation) && speaker.catchUp());
  }

  /** Does what is to be done next. */
  async step(): Promise<void> {
    const { duty } = this.#speaker;
    if (this.#state.id === null) return this.#open();
    if (this.#isCart && isOver(this.#state.stored) && isUnsent(this.#state) && !isUnderWay(this.#state)) return this.#beginAnew();
    // The answer to what is sent brings the news as well, so that a stream which keeps failing delays no edit.
    const isDue = duty.due || this.#state.outbox.changes.some((change) => change.sent);
    const mustSend = isUnsent(this.#state) && this.#speaker.sendsHere && (isDue || !this.#speaker.isBehind);
    await (mustSend ? this.#send() : this.#fetch());
    duty.confirmed ||= !isOver(this.#state.stored);
    if (!duty.confirmed) await this.#leaveClosed();
  }

  /**
   * Sends what waits in requests that outlive the page; what they do not bring through is still kept.
   *
   * @param keep - Makes of the state what it is given, and keeps that, at once.
   */
  leave(keep: (act: (state: State) => State) => void): void {
    let leaving: readonly (readonly Change[])[] = [];
    keep((state) => {
      if (state.id === null) return state;
      const { state: after, batches } = sendLast(state, { ...BATCH, bytes: this.#parts.transport.room });
      leaving = batches;
      return after;
    });
    leaving.forEach((batch) => this.#leaveWith(batch).catch(() => undefined));
  }

  async #leaveWith(batch: readonly Change[]): Promise<void> {
    const writer = batch[0]?.writer ?? "";
    const { data } = await this.#post(writer, batch, true);
    await this.#settle(data, writer);
  }

  get #state(): State {
    return this.#speaker.state;
  }

  async #open(): Promise<void> {
    const { duty } = this.#speaker;
    if (!duty.mayCreate && !isUnsent(this.#state)) return void (duty.wanted = false);
    adopt(this.#speaker, await this.#parts.transport.call<WireDraft>({ method: "POST", path: "drafts", body: this.#parts.target }));
  }

  async #fetch(): Promise<void> {
    const { duty } = this.#speaker;
    const { missed } = duty;
    try {
      const { epoch } = this.#state.stored;
      const since = epoch === null ? knownAt(this.#state.stored) : `${epoch}.${knownAt(this.#state.stored)}`;
      const { data } = await this.#parts.transport.call<Delta>({ method: "GET", path: this.#path(), query: { since }, attempts: 1 });
      if (take(this.#state, data).gap) throw unexpected(data);
      await this.#speaker.apply((state) => (isHeld(state, data) ? state : take(state, data).state));
    } catch (error) {
      if (this.#isCart && error instanceof ClosedError) return this.#succeed(error);
      if (!isRetomaError(error, "resync")) throw error;
      await this.#resync();
    }
    if (isCustomers(this.#parts)) await this.#takeLate();
    duty.madeGood = missed;
  }

  /** What waits on this device for the customer's draft comes into it; where that cannot be now, it hinders nothing else. */
  async #takeLate(): Promise<void> {
    try {
      if (await (this.#isCart ? takeLate : takeLateEdits)(this.#parts, this.#speaker)) this.#speaker.duty.missed += 1;
      this.#lateFailures = 0;
    } catch (error) {
      if (isRetomaError(error) && error.retryable) void this.#parts.transport.pause(++this.#lateFailures, error, NEVER).then(() => this.#speaker.catchUp());
    }
  }

  /** The server's count and ours do not belong together: begin from the whole draft, keep every waiting value. */
  async #resync(): Promise<void> {
    const { data, etag } = await this.#parts.transport.call<WireDraft>({ method: "GET", path: this.#path(), attempts: 1 });
    await this.#speaker.apply((state) => restart(state, data, epochIn(etag), () => freshId("w_")));
  }

  async #send(): Promise<void> {
    const batch = await this.#mark();
    const [first] = batch;
    if (first === undefined) return;
    try {
      const { data } = await this.#post(first.writer, batch, false);
      this.#singles = Math.max(0, this.#singles - 1);
      this.#repairs = 0;
      await this.#settle(data, first.writer);
      if (this.#isWaiting(first)) throw unexpected(data);
    } catch (error) {
      await this.#sendFailed(error, batch);
    }
  }

  /** Marks the next batch as sent, durably, before it goes on its way. */
  async #mark(): Promise<readonly Change[]> {
    let batch: readonly Change[] = [];
    const changes = this.#singles > 0 ? 1 : BATCH.changes;
    const state = await this.#speaker.apply((now) => {
      const sent = send(now, { ...BATCH, changes });
      batch = sent.batch;
      return sent.state;
    });
    this.#speaker.duty.due = state.outbox.changes.some((change) => !change.sent);
    return batch;
  }

  #isWaiting({ writer, seq }: Change): boolean {
    return this.#state.outbox.changes.some((change) => change.sent && change.writer === writer && change.seq === seq);
  }

  async #settle(reply: ChangesReply, writer: string): Promise<void> {
    if (!Array.isArray(reply?.results)) throw unexpected(reply);
    const isGap = reply.delta !== undefined && take(this.#state, reply.delta).gap;
    await this.#speaker.apply((state) => settle(state, reply, writer).state);
    if (isGap) this.#speaker.duty.missed += 1;
    // The good ones of several refused edits go on by themselves.
    if (reply.results.some(({ status, was }) => (was ?? status) === "rejected")) this.#speaker.duty.due = true;
  }

  #post(writer: string, batch: readonly Change[], keepalive: boolean): Promise<Answer<ChangesReply>> {
    const { stored } = this.#state;
    const { transport, installation } = this.#parts;
    const body = { writer, installation, ...(stored.epoch === null ? {} : { epoch: stored.epoch }), since: knownAt(stored), changes: batch.map(onWire) };
    return transport.call({ method: "POST", path: `${this.#path()}/changes`, body, attempts: 1, keepalive });
  }

  /** Repairs what the server complains of; a complaint that no repair stills is treated as a failing server. */
  async #sendFailed(error: unknown, batch: readonly Change[]): Promise<void> {
    const isElsewhere = isRetomaError(error, MERGED) || isRetomaError(error, PARKED);
    if (this.#isCart && (error instanceof ClosedError || isElsewhere)) return this.#succeed(error, batch);
    if (isElsewhere) return this.#moved(error, batch);
    if (isRetomaError(error, "completion-unknown")) throw unexpected(error);
    const isResync = isRetomaError(error, "resync");
    const isGap = isRetomaError(error, "sequence-gap");
    if (!isResync && !isGap && !(error instanceof RejectedError)) throw error;
    if (++this.#repairs > REPAIRS) throw unexpected(error);
    const writer = batch[0]?.writer ?? "";
    if (isResync) await this.#resync();
    // What the server lacks was acknowledged and is gone from here: a new writer begins.
    else if (isGap) await this.#speaker.apply((state) => renumber(state, writer, freshId("w_")));
    else await this.#isolate(error, batch);
    this.#speaker.duty.due = true;
  }

  /** A refused request of several changes is repeated one by one, to find the one that is to blame. */
  async #isolate(error: RetomaError, batch: readonly Change[]): Promise<void> {
    const [only] = batch;
    if (batch.length > 1) this.#singles = batch.length;
    else if (only !== undefined) await this.#speaker.apply((state) => refuse(state, only.writer, only.seq, error.code));
  }

  get #isCart(): boolean {
    return this.#parts.target.kind === "cart";
  }

  /** The next cart takes the place of one that is known to take no more. */
  async #beginAnew(): Promise<void> {
    const { stored } = this.#state;
    if (stored.status === "merged" && !isSorted(stored)) await this.#setAside({ code: MERGED, writer: "" }, String(stored.leaves.get("/mergedInto")));
    const [code, fresh] = [stored.status === "parked" ? PARKED : "draft-closed", freshId("w_")];
    await this.#speaker.apply((state) => (isOver(state.stored) && !isUnderWay(state) ? begunAnew(state, code, fresh) : state));
  }

  /** The cart is its customer's by now, and what came too late is for theirs; a page of theirs goes on with it. */
  async #setAside(closing: Closing, into: string): Promise<void> {
    const { duty } = this.#speaker;
    const goesOn = isCustomers(this.#parts);
    if (goesOn) Object.assign(duty, { wanted: true, mayCreate: true, confirmed: false });
    await setAside(this.#parts, this.#speaker, closing, into);
    if (!goesOn || isUnderWay(this.#state)) return;
    const fresh = freshId("w_");
    await this.#speaker.apply((state) => (state.stored.status === "merged" ? begunAnew(state, closing.code, fresh) : state));
    duty.missed += 1;
    await this.#open();
  }

  /** The draft was closed before this page began. What waits for a cart is sent all the same: the answers tell what belongs to the next. */
  async #leaveClosed(): Promise<void> {
    const isMoved = this.#state.stored.status === "merged" && isUnsent(this.#state);
    if (!this.#isCart && !isMoved) throw draftClosed();
    if (!this.#isCart) return void Object.assign(this.#speaker.duty, { confirmed: true, due: true });
    if (isUnderWay(this.#state)) this.#speaker.duty.confirmed = true;
    else await this.#beginAnew();
  }

  /**
   * A draft that its customer has claimed ends here. What it had taken by then is settled, and not told as lost; the rest of
   * a visitor's form waits on this device for its customer, once it is known of all that was sent what became of it.
   */
  async #moved(error: RetomaError, batch: readonly Change[]): Promise<void> {
    const { code, facts } = error;
    const closing = closingOf(code, facts, batch);
    await this.#speaker.apply((state) => answer(state, closing, closing.results ?? []));
    const into = facts["merged_into"];
    if (typeof into !== "string" || !this.#parts.shelf.owner?.startsWith("visitor:")) throw error;
    if (isUnderWay(this.#state)) return void (this.#speaker.duty.due = true);
    await setEditsAside(this.#parts, this.#speaker, into);
    attempt(() => localStorage.setItem(pokeOf(this.#parts.installation), String(Date.now())));
    throw draftClosed();
  }

  /** A cart takes no more: the next one takes its place. */
  async #succeed({ code, facts }: RetomaError, batch: readonly Change[] = []): Promise<void> {
    const closing = closingOf(code, facts, batch);
    const into = facts["merged_into"];
    const fresh = freshId("w_");
    if (typeof into === "string") await this.#setAside(closing, into);
    else await this.#speaker.apply((state) => succeeded(state, closing, fresh));
    this.#speaker.duty.due = true;
  }

  #path(): string {
    return `drafts/${this.#state.id}`;
  }
}

function closingOf(code: string, facts: RetomaError["facts"], batch: readonly Change[]): Closing {
  const results = facts["results"] as readonly Result[] | undefined;
  return { code, writer: batch[0]?.writer ?? "", ...(results && { results }) };
}

const draftClosed = (): ClosedError => new ClosedError({ code: "draft-closed", message: "This draft was closed elsewhere." });
