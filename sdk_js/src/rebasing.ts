/** The state of one draft on this device: what is stored, what waits, what was refused. Pure; decides, never acts. */

import {
  addEdit,
  addWhole,
  type BatchLimit,
  type Change,
  drop,
  hollow,
  nextBatch,
  type Outbox,
  onWire,
  pending,
  seenFor,
  spread,
  type Step,
} from "./outbox.js";
import { equal, flatten, isObject, isWithin, join, type Leaves } from "./pointer.js";
import { applyDelta, fit, type Stored, withConflicts } from "./stored.js";
import { fold, show } from "./view.js";
import type { ChangesReply, Conflict, Delta, Json, Op, Result } from "./wire.js";

/** A change that the server refused; the values are kept here for the person. */
export interface Rejected {
  readonly ops: readonly Op[];
  readonly code: string;
}

/** Everything this device knows of one draft. */
export interface State {
  readonly stored: Stored;
  readonly outbox: Outbox;
  readonly rejected: readonly Rejected[];
}

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
export const view = (state: State): Leaves => fold(state.stored.leaves, pending(state.outbox));

/**
 * Adds plain edits, each mergeable with others; what changes nothing on screen is left out.
 *
 * @param displayed - The revision on screen, where older than the newest known.
 */
export function edit(state: State, edits: readonly Edit[], displayed = state.stored.revision): State {
  const outbox = stepsOf(state, edits, displayed).reduce(addEdit, state.outbox);
  return { ...state, outbox };
}

/** Adds edits as one change that stands or falls as one. */
export function transact(state: State, edits: readonly Edit[]): State {
  const steps = stepsOf(state, edits, state.stored.revision);
  return steps.length === 0 ? state : { ...state, outbox: addWhole(state.outbox, steps) };
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
  return { ...state, outbox: addWhole(state.outbox, [choiceStep(shown, choice, seen)]) };
}

function choiceStep(shown: Conflict, choice: Choice, seen: number): Step {
  const { id: conflict, path } = shown;
  if (typeof choice === "object") {
    return { wire: { op: "resolve", conflict, choice: "value", value: choice.value, seen }, path, value: choice.value };
  }
  const { value } = shown[choice];
  return { wire: { op: "resolve", conflict, choice, seen }, path, ...(value === undefined ? {} : { value }) };
}

function stepsOf(state: State, edits: readonly Edit[], displayed: number): Step[] {
  const leaves = new Map(view(state));
  return edits.flatMap(toSingleEdits).flatMap((one) => {
    if (!alters(leaves, one)) return [];
    const step = stepOf(state.outbox, one, displayed);
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

function stepOf(outbox: Outbox, one: Edit, displayed: number): Step {
  if ("position" in one) {
    const [step, cursor] = one.position;
    return { wire: { op: "position", step, ...(cursor === undefined ? {} : { cursor }) }, path: null };
  }
  if ("unset" in one) {
    const path = one.unset;
    return { wire: { op: "unset", path, seen: seenFor(outbox, path, displayed) }, path };
  }
  const [path, value] = one.set;
  return { wire: { op: "set", path, value, seen: seenFor(outbox, path, displayed) }, path, value };
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

/** Takes in the answer to a batch: decided changes leave the outbox, its delta is applied. */
export function settle(state: State, reply: ChangesReply): Taken {
  const taken = reply.delta === undefined ? { state: learn(state, reply.conflicts), gap: false } : take(state, reply.delta);
  return { state: reply.results.reduce(settleOne, taken.state), gap: taken.gap };
}

/** Conflict records that came without a delta, where they are news. */
function learn(state: State, conflicts: readonly Conflict[]): State {
  const news = conflicts.filter((conflict) => conflict.revision > state.stored.revision);
  return { ...state, stored: { ...state.stored, conflicts: withConflicts(state.stored.conflicts, news) } };
}

function settleOne(state: State, result: Result): State {
  const outcome = result.status === "replayed" ? result.was : result.status;
  if (outcome === "rejected") return giveUp(state, result.seq, result.code ?? "rejected", drop);
  return { ...state, outbox: drop(state.outbox, result.seq) };
}

/** A change that the server would not even read is sent on empty, to use up its number. */
export function refuse(state: State, seq: number, code: string): State {
  return giveUp(state, seq, code, hollow);
}

/** Of several gathered edits each is tried alone, so that only the bad one fails; any other goes to the person. */
function giveUp(state: State, seq: number, code: string, clear: (outbox: Outbox, seq: number) => Outbox): State {
  const change = state.outbox.changes.find((candidate) => candidate.seq === seq);
  if (change === undefined) return state;
  const outbox = clear(state.outbox, seq);
  if (!change.whole && change.steps.length > 1) return { ...state, outbox: spread(outbox, change) };
  return { ...state, outbox, rejected: withRejected(state.rejected, change, code) };
}

/** The person threw the draft away, and what waited with it. */
export function discarded(state: State): State {
  return { ...state, stored: { ...state.stored, status: "discarded" }, outbox: { ...state.outbox, changes: [] } };
}

/** Nothing can be saved any more: every waiting change goes to the person. */
export function refuseAll(state: State, code: string): State {
  const rejected = state.outbox.changes.reduce((kept, change) => withRejected(kept, change, code), state.rejected);
  return { ...state, outbox: { ...state.outbox, changes: [] }, rejected };
}

function withRejected(rejected: readonly Rejected[], change: Change, code: string): readonly Rejected[] {
  return change.steps.length === 0 ? rejected : [...rejected, { ops: onWire(change).ops, code }];
}
