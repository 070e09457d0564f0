/** The state of one draft on this device: what is stored, what waits, what was refused. Pure; decides, never acts. */

import {
  type BatchLimit,
  type Change,
  drop,
  emptyOutbox,
  enter,
  type Entry,
  keepEntry,
  nextBatch,
  type Outbox,
  onWire,
  pending,
  seenFor,
  type Step,
  withSeen,
} from "./outbox.js";
import { equal, flatten, isObject, isWithin, join, type Leaves } from "./pointer.js";
import type { Seen } from "./seen.js";
import { applyDelta, fit, fromDraft, NOTHING, type Stored } from "./stored.js";
import { fold, show } from "./view.js";
import type { Conflict, Delta, Json, Op, SetOp, UnsetOp, WireDraft } from "./wire.js";

/**
 * A change that the server refused; the values are kept here for the person.
 *
 * @example
 * for (const { code, ops } of draft.rejected as Rejected[]) tell(code, ops);
 */
export interface Rejected {
  readonly ops: readonly Op[];
  readonly code: string;
}

/** Everything this page knows of one draft. */
export interface State {
  /** The draft's id; null until it is open. */
  readonly id: string | null;
  readonly stored: Stored;
  readonly outbox: Outbox;
  readonly rejected: readonly Rejected[];
  /** Edits that are being kept at this moment. */
  readonly moving: readonly Entry[];
  /** Edits that are not kept yet. */
  readonly buffer: readonly Entry[];
}

/** A draft of which nothing is known. */
export function emptyState(writer: string): State {
  return { id: null, stored: NOTHING, outbox: emptyOutbox(writer), rejected: [], moving: [], buffer: [] };
}

/** All edits that are only in memory yet. */
export const entered = (state: State): readonly Entry[] => [...state.moving, ...state.buffer];

/** All steps that wait, in the order in which they show. */
export const waiting = (state: State): readonly Step[] => [...pending(state.outbox), ...entered(state).flatMap((entry) => entry.steps)];

/** Whether anything is here that the server has not acknowledged. */
export const isUnsent = (state: State): boolean => state.outbox.changes.length > 0 || entered(state).length > 0;

/** What somebody sees in a path who sees the view. */
export function seenAt(state: State, path: string, displayed: Seen = onScreen(state)): Seen {
  return seenFor(state.outbox, entered(state), path, displayed);
}

const onScreen = (state: State): Seen => ({ revision: state.stored.revision, also: {}, order: state.outbox.order });

/** An edit as a person makes it: no `seen` yet. Paths are JSON Pointers. */
export type Edit =
  | { readonly set: readonly [path: string, value: Json] }
  | { readonly unset: string }
  | { readonly position: readonly [step: string, cursor?: string] };

/** What a person chooses in a conflict. */
export type Choice = "stored" | "arriving" | { readonly value: Json };

/** News taken in, and whether a gap was found that must be fetched. */
export interface Taken {
  readonly state: State;
  readonly gap: boolean;
}

/** The leaves on screen. */
export const view = (state: State): Leaves => fold(state.stored.leaves, waiting(state));

/**
 * Adds plain edits, each mergeable with others; what changes nothing on screen is left out.
 *
 * @param displayed - What was on screen, where older than the newest known.
 */
export function edit(state: State, edits: readonly Edit[], displayed = onScreen(state)): State {
  const steps = stepsOf(state, edits, displayed);
  const buffer = steps.reduce((entries, step) => enter(entries, step, displayed.order), state.buffer);
  return steps.length === 0 ? state : { ...state, buffer };
}

/** Adds edits as one change that stands or falls as one. */
export function transact(state: State, edits: readonly Edit[]): State {
  return enterWhole(state, stepsOf(state, edits, onScreen(state)));
}

function enterWhole(state: State, steps: readonly Step[]): State {
  if (steps.length === 0) return state;
  return { ...state, buffer: [...state.buffer, { steps, whole: true, order: state.outbox.order }] };
}

/** Puts edits from memory into the outbox. */
export function keep(state: State, entries: readonly Entry[]): State {
  return entries.length === 0 ? state : { ...state, outbox: entries.reduce(keepEntry, state.outbox) };
}

/**
 * Adds the choice that settles a conflict, as somebody makes it who sees this record.
 *
 * A record that has grown since is shown to the server as not seen: it then stays open.
 */
export function resolve(state: State, shown: Conflict, choice: Choice): State {
  const known = state.stored.conflicts.get(shown.id);
  if (known === undefined) return state;
  const seen = known.revision > shown.revision ? shown.revision : state.stored.revision;
  return enterWhole(state, [choiceStep(shown, choice, seen)]);
}

function choiceStep(shown: Conflict, choice: Choice, seen: number): Step {
  const { id: conflict, path } = shown;
  if (typeof choice === "object") {
    return { wire: { op: "resolve", conflict, choice: "value", value: choice.value, seen }, path, value: choice.value };
  }
  const { value } = shown[choice];
  return { wire: { op: "resolve", conflict, choice, seen }, path, ...(value === undefined ? {} : { value }) };
}

function stepsOf(state: State, edits: readonly Edit[], displayed: Seen): Step[] {
  const leaves = new Map(view(state));
  return edits.flatMap(toSingleEdits).flatMap((one) => {
    if (!alters(leaves, one)) return [];
    const step = stepOf(state, one, displayed);
    show(leaves, step);
    return [step];
  });
}

/** One edit for each leaf, so that an object never stands in the way of merging edits by path. */
function toSingleEdits(one: Edit): Edit[] {
  if (!("set" in one)) return [one];
  return flatten(one.set[1], one.set[0]).map((leaf) => ({ set: leaf }));
}

function alters(leaves: Leaves, one: Edit): boolean {
  if ("position" in one) return true;
  if ("unset" in one) return [...leaves.keys()].some((path) => isWithin(path, one.unset));
  const [path, value] = one.set;
  if (isObject(value) && [...leaves.keys()].some((other) => other.startsWith(`${path}/`))) return false;
  return !leaves.has(path) || !equal(leaves.get(path), value);
}

function stepOf(state: State, one: Edit, displayed: Seen): Step {
  if ("position" in one) {
    const [step, cursor] = one.position;
    return { wire: { op: "position", step, ...(cursor === undefined ? {} : { cursor }) }, path: null };
  }
  const path = "unset" in one ? one.unset : one.set[0];
  const seen = seenAt(state, path, displayed);
  if ("unset" in one) return { wire: withSeen<UnsetOp>({ op: "unset", path, seen: 0 }, seen), path };
  const value = one.set[1];
  return { wire: withSeen<SetOp>({ op: "set", path, value, seen: 0 }, seen), path, value };
}

/** The edits of a merge patch (RFC 7396): members are set, nulls take away, absent members stay as they are. */
export function patchEdits(patch: Json, at = ""): Edit[] {
  if (patch === null) return [{ unset: at }];
  const isLeaf = !isObject(patch) || (Object.keys(patch).length === 0 && at !== "");
  if (isLeaf) return [{ set: [at, patch] }];
  return Object.entries(patch).flatMap(([key, value]) => patchEdits(value, join(at, key)));
}

/** Marks the next batch, or the last one that there may be, as sent; what it returns is what travels. */
export function send(state: State, limit: BatchLimit, isLast = false): { readonly state: State; readonly batch: readonly Change[] } {
  const { outbox, batch } = nextBatch(state.outbox, limit, isLast);
  return { state: { ...state, outbox }, batch };
}

/** Takes in news from the server. The waiting steps keep their `seen`. */
export function take(state: State, delta: Delta): Taken {
  const fitting = fit(state.stored, delta);
  if (fitting !== "next") return { state, gap: fitting === "gap" };
  return { state: { ...state, stored: applyDelta(state.stored, delta) }, gap: false };
}

/** Begins from a whole draft; what waits stays. One that is older than what is known tells nothing new. */
export function adopt(state: State, draft: WireDraft, epoch: string | null): State {
  const { id, stored } = state;
  const isSameCount = id === draft.id && (epoch === null || stored.epoch === null || epoch === stored.epoch);
  if (isSameCount && draft.revision < stored.revision) return state;
  const begun = id === null || id === draft.id ? state : refuseAll(state, "draft-closed");
  return { ...begun, id: draft.id, stored: fromDraft(draft, epoch ?? (isSameCount ? stored.epoch : null)) };
}

/** The draft is no more; what waited for it goes to the person, and another may begin in its place. */
export function orphaned(state: State, code: string): State {
  return { ...refuseAll(state, code), id: null, stored: NOTHING };
}

/** The person has read of a refused change. */
export function dismissed(state: State, read: Rejected): State {
  const at = state.rejected.findIndex((one) => one.code === read.code && equal(one.ops as unknown as Json, read.ops as unknown as Json));
  return at === -1 ? state : { ...state, rejected: state.rejected.toSpliced(at, 1) };
}

/** The person threw the draft away, and what waited with it. */
export function discarded(state: State): State {
  return { ...emptied(state), stored: { ...state.stored, status: "discarded" } };
}

/** Nothing can be saved any more: every waiting change goes to the person. */
export function refuseAll(state: State, code: string): State {
  const rejected = state.outbox.changes.reduce((kept, change) => withRejected(kept, change, code), state.rejected);
  return { ...emptied(state), rejected };
}

const emptied = (state: State): State => ({ ...state, outbox: state.outbox.changes.reduce(drop, state.outbox) });

/** The rejected once a change has joined them. */
export function withRejected(rejected: readonly Rejected[], change: Change, code: string): readonly Rejected[] {
  return change.steps.length === 0 ? rejected : [...rejected, { ops: onWire(change).ops, code }];
}
