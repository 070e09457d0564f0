/** What the server's answers, and acts on a draft as a whole, make of what waits. Pure; loaded with the first exchange. */

import { keyOf } from "./cart/place.js";
import { asideOf, type Change, drop, isAsideName, isSame, meet, type Outbox, push, type Step, withSeen } from "./outbox.js";
import { fromDraft, take, type Taken, withConflicts } from "./news.js";
import { equal } from "./pointer.js";
import { type Rejected, type State, withRejected } from "./rebasing.js";
import type { ChangesReply, Conflict, Json, Result, WireDraft } from "./wire.js";

/** Takes in the answer to a batch of a writer: decided changes leave the outbox, its delta is applied. */
export function settle(state: State, reply: ChangesReply, writer = state.outbox.writer): Taken {
  const taken = reply.delta === undefined ? { state: learn(state, reply.conflicts), gap: false } : take(state, reply.delta);
  return { state: reply.results.reduce((now, result) => settleOne(now, writer, result), taken.state), gap: taken.gap };
}

/** Conflict records that came without a delta, where they are news. */
function learn(state: State, conflicts: readonly Conflict[]): State {
  const news = conflicts.filter((conflict) => conflict.revision > state.stored.revision);
  return { ...state, stored: { ...state.stored, conflicts: withConflicts(state.stored.conflicts, news) } };
}

function settleOne(state: State, writer: string, result: Result): State {
  const change = changeOf(state, writer, result.seq);
  if (change === undefined) return state;
  if ((result.was ?? result.status) === "rejected") return giveUp(state, change, result.code ?? "rejected", drop);
  return { ...state, outbox: drop(state.outbox, change), rejected: [...state.rejected, ...warningsOf(change, result)] };
}

/** What a change has met, for the person to read. */
function warningsOf({ writer, seq, steps }: Change, { warnings = [] }: Result): readonly Rejected[] {
  return warnings.map(({ code, line, quantity }, index) => {
    const about = steps.filter((step) => keyOf(step) === line);
    return { ops: about.map(({ wire }) => wire), code, warned: { id: `${writer} ${seq} ${index}`, line, quantity, shown: about[0]?.about ?? null } };
  });
}

/** A change that the server would not even read is sent on empty, to use up its number. */
export function refuse(state: State, writer: string, seq: number, code: string): State {
  const change = changeOf(state, writer, seq);
  return change === undefined ? state : giveUp(state, change, code, hollow);
}

const changeOf = ({ outbox }: State, writer: string, seq: number): Change | undefined =>
  outbox.changes.find((change) => change.writer === writer && change.seq === seq);

/** Of several gathered edits each is tried alone, so that only the bad one fails; any other goes to the person. */
function giveUp(state: State, change: Change, code: string, clear: (outbox: Outbox, change: Change) => Outbox): State {
  const outbox = clear(state.outbox, change);
  if (!change.whole && change.steps.length > 1) return { ...state, outbox: spread(outbox, change) };
  return { ...withRejected(state, change, code), outbox };
}

/** Begins anew from a whole draft whose count does not continue ours; every waiting value stays, as seen by nobody. */
export function restart(state: State, draft: WireDraft, epoch: string | null, fresh: () => string): State {
  return rewriteAll({ ...state, stored: fromDraft(draft, epoch, state.stored) }, fresh);
}

function rewriteAll(state: State, fresh: () => string): State {
  const writers = new Set([state.outbox.writer, ...state.outbox.changes.map(({ writer }) => writer)]);
  return [...writers].reduce((now, writer) => renumber(now, writer, fresh()), state);
}

/** The waiting changes of a writer whose numbers the server cannot follow begin again under a fresh name. */
export function renumber(state: State, writer: string, fresh: string): State {
  return { ...state, outbox: rewrite(state.outbox, writer, fresh) };
}

/** Empties a change that the server will not even read, so that its number is used up all the same. */
export function hollow(outbox: Outbox, change: Change): Outbox {
  return { ...outbox, changes: outbox.changes.map((other) => (isSame(other, change) ? { ...other, steps: [] } : other)) };
}

/**
 * Adds each edit of a refused change as a change of its own, by the writer of this page load.
 *
 * Edits that its writer touched again in a later change are left out: they have been replaced.
 */
export function spread(outbox: Outbox, refused: Change): Outbox {
  const isLater = (change: Change): boolean => change.writer === refused.writer && change.seq > refused.seq;
  const later = outbox.changes.filter(isLater).flatMap((change) => change.steps);
  const left = refused.steps.filter((step) => !later.some((other) => meet(other, step)));
  return left.map((step) => handedOn(step, refused, outbox.writer)).reduce((box, step) => push(box, [step], true, isAsideName(refused.writer)), outbox);
}

/** What a writer has done itself, whoever hands on its step has seen. */
function handedOn(step: Step, { writer, seq }: Change, to: string): Step {
  if (!("seen" in step.wire) || writer === to) return step;
  return { ...step, wire: withSeen(step.wire, { revision: step.wire.seen, also: { ...step.wire.also, [writer]: seq } }) };
}

/** The same edits of one writer under another name, numbered afresh, as if made by somebody who had seen nothing. */
function rewrite(outbox: Outbox, writer: string, fresh: string): Outbox {
  let seq = 0;
  const name = isAsideName(writer) ? asideOf(fresh) : fresh;
  const changes = outbox.changes
    .filter((change) => change.writer !== writer || change.steps.length > 0)
    .map((change) => (change.writer === writer ? { ...change, writer: name, seq: ++seq, sent: false, steps: change.steps.map(unseen) } : change));
  if (outbox.writer === writer) return { ...outbox, writer: fresh, next: seq + 1, changes };
  return outbox.aside === writer ? { ...outbox, aside: name, nextAside: seq + 1, changes } : { ...outbox, changes };
}

/** A step as if made by somebody who had seen nothing. */
export const unseen = (step: Step): Step => ("seen" in step.wire ? { ...step, wire: withSeen(step.wire, { revision: 0, also: {} }) } : step);

/** The person has read of a refused change. */
export function dismissed(state: State, read: Rejected): State {
  const at = state.rejected.findIndex((one) => one.code === read.code && equal(one.ops as unknown as Json, read.ops as unknown as Json));
  return at === -1 ? state : { ...state, rejected: state.rejected.toSpliced(at, 1) };
}

/** The person threw the draft away, and what waited with it. */
export function discarded(state: State): State {
  return { ...state, outbox: state.outbox.changes.reduce(drop, state.outbox), stored: { ...state.stored, status: "discarded" } };
}
