/** What this device knows of the draft on the server, kept up to date from whole drafts and deltas. */

import { flatten, type Leaves, putLeaf, removeAt } from "./pointer.js";
import type { By, Cell, Conflict, Delta, DraftStatus, Json, Position, WireDraft } from "./wire.js";

/** The draft as stored on the server at `revision`. */
export interface Stored {
  readonly revision: number;
  /** Unknown until the server has named it. */
  readonly epoch: string | null;
  readonly leaves: Leaves;
  /** Who wrote each path, of those that changed since the draft was opened here. */
  readonly authors: ReadonlyMap<string, By>;
  readonly position: Position | null;
  readonly status: DraftStatus;
  /** Open conflicts by id. */
  readonly conflicts: ReadonlyMap<string, Conflict>;
}

/** Before the server has answered: nothing has been seen. */
export const NOTHING: Stored = {
  revision: 0,
  epoch: null,
  leaves: new Map(),
  authors: new Map(),
  position: null,
  status: "open",
  conflicts: new Map(),
};

/** The state that a whole draft describes. */
export function fromDraft(draft: WireDraft, epoch: string | null): Stored {
  return {
    revision: draft.revision,
    epoch,
    leaves: new Map(flatten(draft.data)),
    authors: new Map(),
    position: draft.position,
    status: draft.status,
    conflicts: withConflicts(new Map(), draft.conflicts),
  };
}

/** Whether a delta continues what is known, tells nothing new, or leaves a gap that must be fetched. */
export function fit(stored: Stored, delta: Delta): "next" | "old" | "gap" {
  if (stored.epoch !== null && delta.epoch !== stored.epoch) return "gap";
  if (delta.revision <= stored.revision) return "old";
  return delta.from <= stored.revision ? "next" : "gap";
}

/** The state after a delta that {@link fit}s. */
export function applyDelta(stored: Stored, delta: Delta): Stored {
  return {
    revision: delta.revision,
    epoch: delta.epoch,
    leaves: withCells(stored.leaves, delta.cells),
    authors: new Map([...stored.authors, ...Object.entries(delta.cells).map(([path, { by }]) => [path, by] as const)]),
    position: delta.position === undefined ? stored.position : delta.position,
    status: delta.status,
    conflicts: withConflicts(stored.conflicts, delta.conflicts),
  };
}

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
