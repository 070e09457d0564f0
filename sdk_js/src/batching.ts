/** What of the waiting changes travels next. Pure; loaded with the first exchange. */

import { type Change, isSame, onWire } from "./outbox.js";
import type { State } from "./rebasing.js";

/** How much one request may carry. */
export interface BatchLimit {
  readonly changes: number;
  /** Of the changes alone, as UTF-8. */
  readonly bytes: number;
}

/** How much one request may carry. */
export const BATCH: BatchLimit = { changes: 100, bytes: 60_000 };

/** A state in which a batch is marked as sent, and the batch. */
export interface Sending {
  readonly state: State;
  readonly batch: readonly Change[];
}

/**
 * Marks the next batch as sent and returns it: of the oldest change's writer, what was sent before and not
 * acknowledged, else its changes up to the first of another writer.
 *
 * A batch holds one change at least, however large. The order of writers is kept: a later one may have seen an earlier.
 */
export function send(state: State, limit: BatchLimit): Sending {
  const run = firstRun(state.outbox.changes);
  const sent = run.filter((change) => change.sent);
  return marked(state, sent.length > 0 ? sent : run, limit);
}

/** Of a request, beside the changes. */
const ENVELOPE = 500;

/**
 * Marks what leaves with the page as sent, one batch for each writer: what would be sent next, and what may not be kept,
 * which is gone with the page and so goes along whosoever's turn it is. What was not sent before comes along.
 *
 * @param limit - Of all batches together.
 */
export function sendLast(state: State, limit: BatchLimit): { readonly state: State; readonly batches: readonly (readonly Change[])[] } {
  const { writer, aside, changes } = state.outbox;
  // What another page load has left unsent is not ours to change without looking.
  const run = firstRun(changes).filter((change) => change.sent || change.writer === writer || change.writer === aside);
  const runs = [run, changes.filter((change) => change.writer === aside && !run.includes(change))].filter(({ length }) => length > 0);
  let bytes = limit.bytes;
  return runs.reduce<ReturnType<typeof sendLast>>(
    (now, own) => {
      const { state: after, batch } = marked(now.state, own, { ...limit, bytes: bytes - ENVELOPE });
      bytes -= batch.reduce((sum, change) => sum + bytesOf(change), ENVELOPE);
      return { state: after, batches: [...now.batches, batch] };
    },
    { state, batches: [] },
  );
}

function marked(state: State, run: readonly Change[], limit: BatchLimit): Sending {
  const batch = run.slice(0, prefixWithin(run, limit)).map((change) => (change.sent ? change : { ...change, sent: true }));
  const { outbox } = state;
  const changes = [...batch, ...outbox.changes.filter((change) => !batch.some((one) => isSame(one, change)))];
  return { state: { ...state, outbox: { ...outbox, changes } }, batch };
}

function firstRun(changes: readonly Change[]): readonly Change[] {
  const end = changes.findIndex((change) => change.writer !== changes[0]?.writer);
  return end === -1 ? changes : changes.slice(0, end);
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
