/** Edits as a page makes them: dotted paths and plain values become what is kept. */

import type { Patch, Path, ValueAt } from "./paths.js";
import { toJson, toPointer } from "./pointer.js";
import { type Edit, patchEdits } from "./rebasing.js";

/**
 * The edits that a transaction may make.
 *
 * @example
 * draft.transaction((edits: Edits<Transfer>) => { edits.set("from", "ES01"); edits.set("to", "ES02"); });
 */
export interface Edits<T> {
  set<P extends Path<T>>(path: P, value: ValueAt<T, P>): void;
  patch(patch: Patch<T>): void;
  unset(path: Path<T>): void;
  goTo(step: string, cursor?: string): void;
}

/** All edits of a transaction; none if `fn` throws. */
export function gathered<T>(fn: (edits: Edits<T>) => void): readonly Edit[] {
  const made: Edit[] = [];
  fn({
    set: (path, value) => void made.push(settingOf(path, value)),
    patch: (patch) => void made.push(...patchEdits(toJson(patch))),
    unset: (path) => void made.push({ unset: toPointer(path) }),
    goTo: (step, cursor) => void made.push(positionOf(step, cursor)),
  });
  return made;
}

/** A value at a path; undefined takes it away. */
export function settingOf(path: string, value: unknown): Edit {
  const pointer = toPointer(path);
  return value === undefined ? { unset: pointer } : { set: [pointer, toJson(value)] };
}

/** A step of the process. */
export const positionOf = (step: string, cursor?: string): Edit => ({ position: cursor === undefined ? [step] : [step, cursor] });
