/** What came too late for a guest's cart, which its customer has by now. Pure; loaded with the first exchange. */

import type { Row } from "../keeping/adapter.js";
import { emptyState, isSecret, type Rejected, type State, withRejected } from "../rebasing.js";
import type { Change, Step } from "../outbox.js";
import { isSorted, isUnderWay, SORTED } from "../news.js";
import type { Stored } from "../stored.js";
import type { AddOp, CartOp, Json } from "../wire.js";
import { keyOf, pathOf } from "./place.js";
import { answer, asNew, type Closing } from "./succession.js";

/** The code of the warning that stands for an add until whoever it belongs to has signed in here. */
export const WAITS = "waits-for-sign-in";

/** Rows of another version than that of changes are left alone by all that reads changes, and count as unsent. */
const LATE_VERSION = 2;

/** An add that waits for a credential that reaches the customer's cart. */
export interface Late {
  /** The cart that it belongs to. */
  readonly to: string;
  readonly op: AddOp;
  /** The line's key. */
  readonly line: string;
  /** Of the warning that tells of it. */
  readonly id: string;
}

/** What became of the changes of a cart that was merged. */
export interface Sorted {
  readonly state: State;
  /** Adds, as they are kept, each by a writer of its own: so a request is about one of them, and its answer as well. */
  readonly rows: readonly Row[];
  /** What nobody should do to quantities that they have not seen. */
  readonly refused: readonly Rejected[];
}

/**
 * Sorts what waited for a cart that was merged: what it had taken by then is settled, adds are set aside for the customer's
 * cart, and anything else goes to the person.
 *
 * While an answer to what some page has sent is missing, nobody knows whether it is among what was merged, and it is asked
 * first. What comes once that is done is the next cart's.
 *
 * @param into - The customer's cart.
 */
export function sorted(before: State, closing: Closing, into: string, fresh: () => string): Sorted {
  const { stored } = before;
  const state = closing.results === undefined ? before : answer(before, closing, closing.results);
  if (isSorted(stored) || isUnderWay(state)) return { state, rows: [], refused: [] };
  const isThere = stored.status === "merged" ? (): boolean => true : (key: string): boolean => stored.leaves.has(`${pathOf(key)}/sku`);
  const { adds, others } = state.outbox.changes.reduce(take, { adds: new Map(), others: [], isThere, stored });
  const rows = [...adds].map(([line, op], index) => lateRow({ to: into, op, line, id: fresh() }, state.outbox.order + index + 1));
  return { state: { ...state, stored: tombstone(stored, into), outbox: { ...state.outbox, changes: [] } }, rows, refused: refusals(stored, others) };
}

/** What is left of a cart that was merged, once all that waited for it was sorted. */
const tombstone = (stored: Stored, into: string): Stored =>
  ({ ...stored, status: "merged", leaves: new Map<string, Json>([["/mergedInto", into], [SORTED, true]]), position: null, conflicts: new Map() });

interface Sorting {
  /** By line, what its adds come to. */
  readonly adds: ReadonlyMap<string, AddOp>;
  readonly others: readonly { readonly change: Change; readonly step: Step }[];
  /** Whether the cart had a line already. */
  readonly isThere: (key: string) => boolean;
  readonly stored: Stored;
}

const take = (before: Sorting, change: Change): Sorting => change.steps.reduce((now, step) => takeStep(now, change, step), before);

/** What somebody takes back of what they have added late themselves was never added. */
function takeStep(now: Sorting, change: Change, step: Step): Sorting {
  const key = keyOf(step);
  const { wire } = asNew(step) as { readonly wire: CartOp };
  const added = now.adds.get(key);
  const isAside = isSecret(now.stored, step);
  const next = isAside ? undefined : after(added, wire, now.isThere(key));
  const adds = next === undefined ? now.adds : withAdd(now.adds, key, next.op);
  const isDone = step.path === null || next?.isDone === true;
  return { ...now, adds, others: isDone ? now.others : [...now.others, { change, step }] };
}

interface After {
  /** Null where nothing is left of it. */
  readonly op: AddOp | null;
  /** Whether that is all that the step has meant. */
  readonly isDone: boolean;
}

/** What the late adds of a line come to after one more step; undefined where it has nothing to do with them. */
function after(added: AddOp | undefined, wire: CartOp, isThere: boolean): After | undefined {
  if (wire.op === "add" && wire.sku !== undefined) return { op: joined(added, wire), isDone: true };
  if (added === undefined) return undefined;
  if (wire.op === "info") return { op: { ...added, info: { ...added.info, ...wire.info } }, isDone: true };
  if (wire.op === "remove") return { op: null, isDone: !isThere };
  if (wire.op === "set_quantity" && !isThere) return { op: { ...added, quantity: wire.quantity }, isDone: true };
  return wire.op === "decrement" ? lessened(added, wire.quantity ?? 1) : undefined;
}

function lessened(added: AddOp, by: number): After {
  const quantity = (added.quantity ?? 1) - by;
  return { op: quantity > 0 ? { ...added, quantity } : null, isDone: quantity >= 0 };
}

const joined = (added: AddOp | undefined, op: AddOp): AddOp =>
  added === undefined ? op : { ...added, ...op, quantity: (added.quantity ?? 1) + (op.quantity ?? 1), ...(added.info && { info: added.info }) };

function withAdd(adds: Sorting["adds"], key: string, op: AddOp | null): Sorting["adds"] {
  const next = new Map(adds);
  if (op === null) next.delete(key);
  else next.set(key, op);
  return next;
}

function refusals(stored: Stored, others: Sorting["others"]): readonly Rejected[] {
  const start: State = { ...emptyState(""), stored };
  return others.reduce((state, { change, step }) => withRejected(state, { ...change, steps: [step] }, "draft-merged"), start).rejected;
}

/** A late add, as it is kept: its number is 1, since its writer has nothing else. */
export const lateRow = (late: Late, order: number, writer = late.id): Row =>
  ({ version: LATE_VERSION, writer, seq: 1, order, sent: false, whole: true, content: late as unknown as Json });

/** The late adds among rows. */
export const lateRows = (rows: readonly Row[]): readonly Row[] => rows.filter(({ version }) => version === LATE_VERSION);

export const lateIn = ({ content }: Row): Late => content as unknown as Late;

/** Tells a guest that an add waits for their sign-in. */
export function waitingFor(row: Row): Rejected {
  const { id, line, op } = lateIn(row);
  const { sku, attributes = {}, quantity = 1 } = op;
  return { ops: [op], code: WAITS, warned: { id, line, quantity, shown: { sku, attributes } as Json } };
}
