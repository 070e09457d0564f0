/** The changes of one writer that the server has not acknowledged yet, as pure functions over frozen state. */

import { overlaps } from "./pointer.js";
import type { Json, Op } from "./wire.js";

/** One op: as it is sent, and what the person sees meanwhile. */
export interface Step {
  readonly wire: Op;
  /** Null for what shows in no field. */
  readonly path: string | null;
  /** Undefined where the step takes a value away. */
  readonly value?: Json;
}

/** One atomic list of ops. Once `sent` it never changes again: it may be recorded on the server. */
export interface Change {
  readonly seq: number;
  readonly steps: readonly Step[];
  readonly sent: boolean;
  /** Stands or falls as one (a transaction, a choice): later edits are never merged into it. */
  readonly whole: boolean;
}

/** The queue of one writer in one draft; `next` is the sequence number of its next change. */
export interface Outbox {
  readonly writer: string;
  readonly next: number;
  readonly changes: readonly Change[];
}

/** How much one request may carry. */
export interface BatchLimit {
  readonly changes: number;
  /** Of the changes alone, as UTF-8. */
  readonly bytes: number;
}

/** Edits that gather in one change at most: one bad edit makes all of them travel again. */
const STEPS_PER_CHANGE = 100;

/** An outbox with nothing in it. */
export const emptyOutbox = (writer: string): Outbox => ({ writer, next: 1, changes: [] });

/** All that waits, oldest first. */
export const pending = (outbox: Outbox): readonly Step[] => outbox.changes.flatMap((change) => change.steps);

/** A change as it travels. */
export const onWire = (change: Change): { readonly seq: number; readonly ops: readonly Op[] } => ({
  seq: change.seq,
  ops: change.steps.map((step) => step.wire),
});

/**
 * The `seen` of a new edit: the smallest of the waiting ones that it touches, else the revision displayed.
 *
 * A person sees their own waiting value and never the stored one below it, so a higher `seen` would claim that
 * they had seen a value which they have not: the silent lost update.
 */
export function seenFor(outbox: Outbox, path: string, displayed: number): number {
  const touching = pending(outbox).filter((step) => step.path !== null && overlaps(step.path, path));
  return Math.min(displayed, ...touching.map((step) => ("seen" in step.wire ? step.wire.seen : displayed)));
}

/** Adds a plain edit: into the last change where that has not been sent, else as a new one. */
export function addEdit(outbox: Outbox, step: Step): Outbox {
  const last = outbox.changes.at(-1);
  if (last === undefined || last.sent || last.whole) return push(outbox, [step], false);
  const steps = merge(last.steps, step);
  if (steps.length > STEPS_PER_CHANGE) return push(outbox, [step], false);
  return { ...outbox, changes: [...outbox.changes.slice(0, -1), { ...last, steps }] };
}

/** Adds a change of its own, never merged with others. */
export const addWhole = (outbox: Outbox, steps: readonly Step[]): Outbox => push(outbox, steps, true);

function push(outbox: Outbox, steps: readonly Step[], whole: boolean): Outbox {
  const change: Change = { seq: outbox.next, steps, sent: false, whole };
  return { ...outbox, next: outbox.next + 1, changes: [...outbox.changes, change] };
}

/**
 * Puts a step in the place of the one that it replaces, unless one after that acts in the same place.
 *
 * A value never replaces an `unset`, which may have made room for it.
 */
function merge(steps: readonly Step[], step: Step): readonly Step[] {
  const at = steps.findLastIndex((other) => meet(other, step));
  const makesRoom = steps[at]?.wire.op === "unset" && step.wire.op === "set";
  return at >= 0 && steps[at]?.path === step.path && !makesRoom ? steps.with(at, step) : [...steps, step];
}

/** Whether two steps act in the same place: fields that overlap, or both the position. */
function meet(one: Step, other: Step): boolean {
  if (one.path === null || other.path === null) return one.path === other.path;
  return overlaps(one.path, other.path);
}

/**
 * Marks the next batch as sent and returns it: what was sent before and not acknowledged, else the oldest.
 *
 * A batch holds one change at least, however large.
 *
 * @param isLast - There may be no other: what was not sent before comes along.
 */
export function nextBatch(outbox: Outbox, limit: BatchLimit, isLast: boolean): { readonly outbox: Outbox; readonly batch: readonly Change[] } {
  const sent = outbox.changes.filter((change) => change.sent);
  const from = sent.length > 0 && !isLast ? sent : outbox.changes;
  const batch = from.slice(0, prefixWithin(from, limit)).map((change) => ({ ...change, sent: true }));
  const changes = [...batch, ...outbox.changes.slice(batch.length)];
  return { outbox: { ...outbox, changes }, batch };
}

function prefixWithin(changes: readonly Change[], limit: BatchLimit): number {
  let bytes = 0;
  const over = changes.findIndex((change, index) => {
    bytes += bytesOf(change);
    return index > 0 && (index >= limit.changes || bytes > limit.bytes);
  });
  return over === -1 ? changes.length : over;
}

const bytesOf = (change: Change): number => new TextEncoder().encode(JSON.stringify(onWire(change))).length;

/** Drops an acknowledged change. */
export function drop(outbox: Outbox, seq: number): Outbox {
  return { ...outbox, changes: outbox.changes.filter((change) => change.seq !== seq) };
}

/** Empties a change that the server will not even read, so that its number is used up all the same. */
export function hollow(outbox: Outbox, seq: number): Outbox {
  return { ...outbox, changes: outbox.changes.map((change) => (change.seq === seq ? { ...change, steps: [] } : change)) };
}

/**
 * Adds each edit of a refused change as a change of its own.
 *
 * Edits that a later change touches again are left out: they have been replaced.
 */
export function spread(outbox: Outbox, refused: Change): Outbox {
  const later = outbox.changes.filter((change) => change.seq > refused.seq).flatMap((change) => change.steps);
  const left = refused.steps.filter((step) => !later.some((other) => meet(other, step)));
  return left.reduce((box, step) => addWhole(box, [step]), outbox);
}

/** The same edits under another writer, numbered afresh, as if made by somebody who had seen nothing. */
export function rewrite(outbox: Outbox, writer: string): Outbox {
  const changes = outbox.changes
    .filter((change) => change.steps.length > 0)
    .map((change, index) => ({ ...change, seq: index + 1, sent: false, steps: change.steps.map(unseen) }));
  return { writer, next: changes.length + 1, changes };
}

const unseen = (step: Step): Step => ("seen" in step.wire ? { ...step, wire: { ...step.wire, seen: 0 } } : step);
