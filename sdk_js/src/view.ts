/** What the person sees: the stored draft with the waiting steps folded over it. */

import type { Step } from "./outbox.js";
import { flatten, type Leaves, putLeaf, removeAt } from "./pointer.js";
import type { Stored } from "./stored.js";
import type { Conflict, Json, Position } from "./wire.js";

/** The leaves on screen. The client has no merge policy of its own: the newest waiting step simply shows. */
export function fold(stored: Leaves, steps: readonly Step[]): Leaves {
  const leaves = new Map(stored);
  for (const step of steps) show(leaves, step);
  return leaves;
}

/** Applies one step to leaves in place. */
export function show(leaves: Map<string, Json>, { wire, path, value }: Step): void {
  if (path === null) return;
  if (wire.op !== "set") removeAt(leaves, path);
  if (value === undefined) return;
  for (const [at, leaf] of flatten(value, path)) putLeaf(leaves, at, leaf);
}

/** The position on screen. */
export function positionAfter(stored: Stored, steps: readonly Step[]): Position | null {
  const moved = steps.findLast((step) => step.wire.op === "position")?.wire;
  if (moved?.op !== "position") return stored.position;
  return { step: moved.step, cursor: moved.cursor ?? null };
}

/** The open conflicts that no waiting choice has settled. */
export function conflictsAfter(stored: Stored, steps: readonly Step[]): readonly Conflict[] {
  const chosen = new Set(steps.map(({ wire }) => (wire.op === "resolve" ? wire.conflict : "")));
  return [...stored.conflicts.values()].filter((conflict) => !chosen.has(conflict.id));
}
