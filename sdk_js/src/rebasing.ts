/** The state of one draft on this device: what is stored, what waits, what was refused. Pure; decides, never acts. */

import {
  type Change,
  drop,
  emptyOutbox,
  enter,
  type Entry,
  keepEntry,
  type Outbox,
  onWire,
  pending,
  seenFor,
  type Step,
  withSeen,
} from "./outbox.js";
import { equal, flatten, isObject, isWithin, join, type Leaves } from "./pointer.js";
import type { Seen } from "./seen.js";
import { isUnstored, NOTHING, type Stored } from "./stored.js";
import { fold, show } from "./view.js";
import type { Conflict, Json, Op, SetOp, UnsetOp } from "./wire.js";

/**
 * A change that the server refused; the values are kept here for the person.
 *
 * @example
 * for (const { code, ops } of draft.rejected as Rejected[]) tell(code, ops);
 */
export interface Rejected {
  readonly ops: readonly Op[];
  readonly code: string;
  /** @internal May not be kept on this device. */
  readonly aside?: true;
  /** @internal The change was taken and met something: what the person should know of a cart. */
  readonly warned?: Warned;
}

/** What a change of a cart met: it was taken, and its author should know. */
export interface Warned {
  /** Unique in the draft. */
  readonly id: string;
  readonly line: string;
  readonly quantity: number | null;
  /** What the line was, as the author saw it. */
  readonly shown: Json;
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
  const { stored } = state;
  const at = isUnstored(stored, path) ? Math.min(displayed.revision, stored.unstoredAt) : displayed.revision;
  return seenFor(state.outbox, entered(state), path, { ...displayed, revision: at });
}

const onScreen = (state: State): Seen => ({ revision: state.stored.revision, also: {}, order: state.outbox.order });

/** An edit as a person makes it: no `seen` yet. Paths are JSON Pointers. */
export type Edit =
  | { readonly set: readonly [path: string, value: Json] }
  | { readonly unset: string }
  | { readonly position: readonly [step: string, cursor?: string] };

/** What a person chooses in a conflict. */
export type Choice = "stored" | "arriving" | { readonly value: Json };

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
  return entries.length === 0 ? state : { ...state, outbox: parted(state.stored, entries).reduce(keepEntry, state.outbox) };
}

/** Edits with those set apart that may not be kept on this device. */
export function parted(stored: Stored, entries: readonly Entry[]): readonly Entry[] {
  return entries.flatMap((entry) => {
    const aside = entry.steps.filter((step) => isSecret(stored, step));
    if (aside.length === 0) return [entry];
    const rest = entry.whole ? [] : entry.steps.filter((step) => !aside.includes(step));
    const apart = { ...entry, steps: entry.whole ? entry.steps : aside, aside: true };
    return rest.length === 0 ? [apart] : [{ ...entry, steps: rest }, apart];
  });
}

/** Whether a step carries what may not be kept; to take away more than that tells nothing. */
export const isSecret = (stored: Pick<Stored, "unstored">, { path, value }: Step): boolean =>
  path !== null && isUnstored(stored, path) && (value !== undefined || stored.unstored.some((other) => isWithin(path, other)));

/** Whether anything waits that only this page has. */
export const hasAside = ({ stored, outbox }: State): boolean => outbox.changes.some((change) => isAside(stored, change));

/** Whether a change may not be kept. */
export const isAside = (stored: Stored, { steps }: Change): boolean => steps.some((step) => isSecret(stored, step));

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

/**
 * The draft is no more; what waited for it goes to the person, and another may begin in its place.
 *
 * @param spared - The writer whose changes are of the next one already.
 */
export function orphaned(state: State, code: string, spared?: string): State {
  return { ...refuseAll(state, code, spared), id: null, stored: { ...NOTHING, unstored: state.stored.unstored } };
}

/** Nothing can be saved any more: every waiting change goes to the person, except of a writer who is spared. */
export function refuseAll(state: State, code: string, spared?: string): State {
  const lost = state.outbox.changes.filter(({ writer }) => spared === undefined || !writer.startsWith(spared));
  return lost.reduce((now, change) => ({ ...withRejected(now, change, code), outbox: drop(now.outbox, change) }), state);
}

/** The state once a change has joined the rejected. */
export function withRejected(state: State, change: Change, code: string): State {
  if (change.steps.length === 0) return state;
  const refused = { ops: onWire(change).ops, code, ...(isAside(state.stored, change) ? { aside: true as const } : {}) };
  return { ...state, rejected: [...state.rejected, refused] };
}
