/** One cart after the other: what waits for a cart that takes no more goes into the next. Pure; loaded with the first exchange. */

import { type Change, emptyOutbox, isAsideName, push, type Step } from "../outbox.js";
import { type State, withRejected } from "../rebasing.js";
import { settle, unseen } from "../settling.js";
import { NOTHING } from "../stored.js";
import type { Json, Result } from "../wire.js";
import { keyOf } from "./place.js";

/** How the server said that a cart takes no more. */
export interface Closing {
  readonly code: string;
  /** Whose changes it answered, and each of them where it said so. */
  readonly writer: string;
  readonly results?: readonly Result[];
}

/**
 * The next cart, of which nothing is known yet. What was to be added waits for it, and whatever was done to that after;
 * anything else that waited goes to the person, who meant the cart before.
 *
 * @param fresh - Names the writer who goes on.
 */
export function begunAnew(state: State, code: string, fresh: string): State {
  const begun: State = { ...state, id: null, stored: NOTHING, outbox: { ...emptyOutbox(fresh), order: state.outbox.order } };
  const changes = state.outbox.changes.filter(({ steps }) => steps.length > 0);
  return changes.reduce((next, change) => movedOn(next, change, code), begun);
}

function movedOn(next: State, change: Change, code: string): State {
  if (!change.steps.every((step) => goesOn(next, step))) return withRejected(next, change, code);
  return { ...next, outbox: push(next.outbox, change.steps.map(asNew), true, isAsideName(change.writer)) };
}

/** Whether a step makes sense in the next cart: it adds, or comes after such a step on the same line. */
function goesOn({ outbox }: State, step: Step): boolean {
  const { wire, about } = step;
  if (wire.op === "add" && (wire.line === undefined || about !== undefined)) return true;
  return outbox.changes.some(({ steps }) => steps.some((other) => keyOf(other) === keyOf(step)));
}

/** A step in a cart that does not know the line, by somebody who has seen nothing of it. */
export function asNew({ wire, ...step }: Step): Step {
  if (wire.op !== "add" || wire.line === undefined) return unseen({ ...step, wire });
  const { line: _, ...rest } = wire;
  return { ...step, wire: { ...rest, ...(step.about as { readonly [name: string]: Json }), seen: 0 } };
}

/**
 * What becomes of what waits: what the ordered cart has taken leaves, what was added later waits for the next cart, and
 * anything else goes to the person, who meant the cart that was.
 *
 * While an answer to what another page load has sent is missing, nobody knows which of these it is, and it is asked first.
 *
 * @param fresh - Names the writer who goes on.
 */
export function succeeded(state: State, closing: Closing, fresh: string): State {
  const answered = closing.results === undefined ? withoutSent(state, () => true) : answer(state, closing, closing.results);
  return answered.outbox.changes.some((change) => change.sent) ? answered : begunAnew(answered, closing.code, fresh);
}

/** Changes that the cart had taken before it was closed are settled; those that it refused for that were never made. */
export function answer(state: State, { writer }: Closing, results: readonly Result[]): State {
  // A cart that was claimed or parked meanwhile says `not_applied`.
  const isLate = ({ status, was, code }: Result): boolean => String(status) === "not_applied" || ((was ?? status) === "rejected" && code === "draft-closed");
  const late = new Set(results.filter(isLate).map(({ seq }) => seq));
  const reply = { revision: 0, epoch: "", results: results.filter((result) => !isLate(result)), conflicts: [] };
  return withoutSent(settle(state, reply, writer).state, (change) => change.writer === writer && late.has(change.seq));
}

/** Changes that take their place at the end of the queue, as if never sent. */
function withoutSent(state: State, holds: (change: Change) => boolean): State {
  const [back, rest] = [state.outbox.changes.filter(holds), state.outbox.changes.filter((change) => !holds(change))];
  const { order } = state.outbox;
  const moved = back.map((change, index) => ({ ...change, sent: false, order: order + index + 1 }));
  return { ...state, outbox: { ...state.outbox, order: order + moved.length, changes: [...rest, ...moved] } };
}
