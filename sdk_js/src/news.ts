/** What the server tells of a draft, whole or as a delta, taken into what is known of it. Pure; loaded with the first exchange. */

import { cellsOf, dataOf } from "./cart/leaves.js";
import { flatten, type Leaves, putLeaf, removeAt } from "./pointer.js";
import { isUnsent, refuseAll, type State } from "./rebasing.js";
import { knownAt, NOTHING, type Stored } from "./stored.js";
import type { By, Cell, Conflict, Delta, Json, WireDraft } from "./wire.js";

/** News taken in, and whether a gap was found that must be fetched. */
export interface Taken {
  readonly state: State;
  readonly gap: boolean;
}

/** Takes in news from the server. The waiting steps keep their `seen`. */
export function take(state: State, delta: Delta): Taken {
  const fitting = fit(state.stored, delta);
  if (fitting !== "next") return { state: told(state, delta), gap: fitting === "gap" };
  const next = { ...state, stored: applyDelta(state.stored, delta) };
  return { state: next.stored.status === "merged" && !isUnsent(state) ? withSorted(next) : next, gap: false };
}

/** Marks a cart that was merged once nothing waits for it any more: whatever comes after is the next one's. */
export const SORTED = "/isSorted";

export const isSorted = ({ leaves }: Pick<Stored, "leaves">): boolean => leaves.has(SORTED);

const withSorted = (state: State): State => ({ ...state, stored: { ...state.stored, leaves: new Map([...state.stored.leaves, [SORTED, true]]) } });

/** A delta that tells nothing new may still tell what may not be kept. */
function told(state: State, { unstored }: Delta): State {
  const { stored } = state;
  const isKnown = unstored === undefined || JSON.stringify(unstored) === JSON.stringify(stored.unstored);
  return isKnown ? state : { ...state, stored: { ...stored, unstored, unstoredAt: knownAt(stored) } };
}

/** Whether a change may be on the server already, though it waits here. */
export const isUnderWay = ({ outbox }: State): boolean => outbox.changes.some((change) => change.sent);

/**
 * Whether news has to wait, since nobody can tell yet whether a cart's add that is under way is part of it: it would count
 * twice. The answer to what is under way tells the same.
 */
export const isHeld = (state: State, delta: Delta): boolean => delta.lines !== undefined && isUnderWay(state);

/** Begins from a whole draft; what waits stays. One that is older than what is known tells nothing new. */
export function adopted(state: State, draft: WireDraft, epoch: string | null): State {
  const { id, stored } = state;
  const isSameCount = id === draft.id && (epoch === null || stored.epoch === null || epoch === stored.epoch);
  if (isSameCount && draft.revision < stored.revision) return state;
  const begun = id === null || id === draft.id ? state : refuseAll(state, "draft-closed");
  return { ...begun, id: draft.id, stored: fromDraft(draft, epoch ?? (isSameCount ? stored.epoch : null), stored) };
}

/** The state that a whole draft describes; only some answers say what may not be kept. */
export function fromDraft(draft: WireDraft, epoch: string | null, before: Stored = NOTHING): Stored {
  return {
    revision: draft.revision,
    epoch,
    leaves: new Map(flatten(dataOf(draft))),
    authors: new Map(),
    position: draft.position,
    status: draft.status,
    conflicts: withConflicts(new Map(), draft.conflicts),
    unstored: draft.unstored ?? before.unstored,
    unstoredAt: draft.revision,
  };
}

/** Whether a delta continues what is known, tells nothing new, or leaves a gap that must be fetched. */
export function fit(stored: Stored, delta: Delta): "next" | "old" | "gap" {
  if (stored.epoch !== null && delta.epoch !== stored.epoch) return "gap";
  if (delta.revision < Math.max(stored.revision, knownAt(stored) + 1)) return "old";
  return delta.from <= knownAt(stored) ? "next" : "gap";
}

/** The state after a delta that {@link fit}s. */
export function applyDelta(stored: Stored, delta: Delta): Stored {
  const cells = cellsOf(delta, stored.leaves);
  return {
    revision: delta.revision,
    epoch: delta.epoch,
    leaves: withCells(stored.leaves, cells),
    authors: new Map([...stored.authors, ...authorsIn(cells, stored.revision)]),
    position: delta.position === undefined ? stored.position : delta.position,
    status: delta.status,
    conflicts: withConflicts(stored.conflicts, delta.conflicts),
    unstored: delta.unstored ?? stored.unstored,
    unstoredAt: delta.revision,
  };
}

/** Who wrote what is news. What is fetched again because it may not be kept is none. */
const authorsIn = (cells: Readonly<Record<string, Cell>>, since: number): readonly (readonly [string, By])[] =>
  Object.entries(cells).flatMap(([path, { by, revision }]) => (revision > since ? [[path, by] as const] : []));

/** Removals come first: a name may have turned from a value into a group within one delta. */
function withCells(leaves: Leaves, cells: Readonly<Record<string, Cell>>): Leaves {
  const next = new Map<string, Json>(leaves);
  for (const path of Object.keys(cells)) removeAt(next, path);
  for (const [path, cell] of Object.entries(cells)) {
    if (cell.unset === undefined) flatten(cell.value, path).forEach(([at, value]) => putLeaf(next, at, value));
  }
  return next;
}

/** Open conflicts after news of some; those that were settled leave. */
export function withConflicts(known: ReadonlyMap<string, Conflict>, news: readonly Conflict[]): ReadonlyMap<string, Conflict> {
  const next = new Map(known);
  for (const conflict of news) {
    if (conflict.status === "open") next.set(conflict.id, conflict);
    else next.delete(conflict.id);
  }
  return next;
}

/** The epoch of an ETag, which is `"<epoch>.<revision>"`. */
export const epochIn = (etag: string | null): string | null => /^"(.+)\.\d+"$/.exec(etag ?? "")?.[1] ?? null;
