/** How a draft stands at one moment. */

import { pending } from "./outbox.js";
import type { AnyForm, Partly } from "./paths.js";
import { nest } from "./pointer.js";
import { type Rejected, view } from "./rebasing.js";
import type { Syncing } from "./syncing.js";
import { conflictsAfter, positionAfter } from "./view.js";
import type { Conflict, DraftStatus, Position } from "./wire.js";

/**
 * What a save indicator may show.
 *
 * `saved`: the server has everything. `saving`: on its way. `offline`: kept here until the server answers.
 * `needs-auth`: kept here until somebody signs in. `conflict`: everything is saved, a choice is open.
 * `closed`: nothing can be changed any more.
 */
export type DraftState = "saved" | "saving" | "offline" | "needs-auth" | "conflict" | "closed";

/** A draft at one moment; a new object for each change, itself never changed. */
export interface Snapshot<T = AnyForm> {
  /** What the person sees: the stored values with their own waiting edits over them. */
  readonly value: Partly<T>;
  readonly state: DraftState;
  readonly status: DraftStatus;
  readonly revision: number;
  readonly position: Position | null;
  readonly conflicts: readonly Conflict[];
  readonly rejected: readonly Rejected[];
}

/** How a draft stands now. */
export function takeSnapshot<T>(syncing: Syncing): Snapshot<T> {
  const { state } = syncing;
  const steps = pending(state.outbox);
  const conflicts = conflictsAfter(state.stored, steps);
  return Object.freeze({
    value: nest(view(state)) as Partly<T>,
    state: stateOf(syncing, conflicts.length > 0),
    status: state.stored.status,
    revision: state.stored.revision,
    position: positionAfter(state.stored, steps),
    conflicts,
    rejected: state.rejected,
  });
}

function stateOf(syncing: Syncing, hasConflicts: boolean): DraftState {
  const { state, trouble, isWaiting } = syncing;
  if (syncing.ended !== null || state.stored.status !== "open") return "closed";
  if (trouble === "needs-auth") return "needs-auth";
  if (isWaiting) return trouble === "offline" ? "offline" : "saving";
  return hasConflicts ? "conflict" : "saved";
}
