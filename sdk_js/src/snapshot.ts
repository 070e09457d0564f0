/** How a draft stands at one moment. */

import type { AnyForm, Partly } from "./paths.js";
import { nest } from "./pointer.js";
import { entered, hasAside, isUnsent, type Rejected, view, waiting } from "./rebasing.js";
import type { Syncing } from "./syncing.js";
import { conflictsAfter, positionAfter } from "./view.js";
import type { Conflict, DraftStatus, Position } from "./wire.js";

/**
 * What a save indicator may show.
 *
 * `saved`: the server has everything. `saving`: not even kept on this device yet. `kept`: saved on this device, and on
 * its way. `offline`: saved on this device until the server answers. `needs-auth`: saved on this device until somebody
 * signs in. `memory-only`: lost if the page goes now, since this device keeps nothing (or not yet: nobody knows whose
 * it is; or not this: the process says that the field is never to be stored here). `conflict`: everything is saved, a choice is open. `closed`: nothing can be changed any more.
 *
 * @example
 * const words: Partial<Record<DraftState, string>> = { saved: "Saved", kept: "Saved on this device" };
 */
export type DraftState = "saved" | "saving" | "kept" | "offline" | "needs-auth" | "memory-only" | "conflict" | "closed";

/**
 * A draft at one moment; a new object for each change, itself never changed.
 *
 * @example
 * draft.subscribe(({ value, state, conflicts }: Snapshot<Mortgage>) => render(value, state, conflicts));
 */
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
  const steps = waiting(state);
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
  if (syncing.ended || syncing.isOver) return "closed";
  if (isUnsent(state) && syncing.persistence === "memory") return "memory-only";
  if (hasAside(state)) return trouble === null ? "saving" : "memory-only";
  if (trouble === "needs-auth") return "needs-auth";
  if (!isWaiting) return hasConflicts ? "conflict" : "saved";
  if (entered(state).length > 0) return "saving";
  if (trouble === "offline") return "offline";
  return isUnsent(state) ? "kept" : "saving";
}
