/** One field of a draft, as a control would show it. */

import type { Draft } from "./draft.js";
import type { Path, ValueAt } from "./paths.js";
import { equal, isWithin, overlaps, toPointer } from "./pointer.js";
import { waiting } from "./rebasing.js";
import type { Unsubscribe } from "./status.js";
import type { Syncing } from "./syncing.js";
import type { Conflict, Json } from "./wire.js";

/**
 * How a field stands. `clean`: as it was found. `pending`: entered here, and not on the server yet. `saved`: entered
 * here. `remote-changed`: changed elsewhere since the page began. `conflict`: two values wait for a choice.
 * `rejected`: what was entered last was refused.
 *
 * @example
 * const isMarked = (state: FieldState): boolean => state === "conflict" || state === "rejected";
 */
export type FieldState = "clean" | "pending" | "saved" | "remote-changed" | "conflict" | "rejected";

/**
 * A field of a draft; always tells how it stands now.
 *
 * @example
 * const name = draft.field("applicant.name");
 * name.set("Ann");
 * name.state; // "pending"
 */
export interface Field<V = Json> {
  /** A JSON Pointer. */
  readonly path: string;
  readonly value: V | undefined;
  readonly state: FieldState;
  /** The open conflict at, above or below this path. */
  readonly conflict: Conflict | null;
  /** Sets the value; undefined takes it away. */
  set(value: V): void;
  /** Calls `fn` at once, and whenever the value, the state or the conflict changes. */
  subscribe(fn: (field: Field<V>) => void): Unsubscribe;
}

/** The field of a draft at a path. */
export function fieldOf<T, P extends Path<T>>(draft: Draft<T>, at: P): Field<ValueAt<T, P>> {
  const path = toPointer(at);
  const field: Field<ValueAt<T, P>> = {
    path,
    get value() {
      return draft.get(at);
    },
    get state() {
      return stateOf(draft.acting.syncing, path, field.conflict);
    },
    get conflict() {
      return draft.conflicts.find((conflict) => overlaps(conflict.path, path)) ?? null;
    },
    set: (value) => draft.set(at, value),
    subscribe: (fn) => {
      let last: readonly unknown[] | null = null;
      return draft.subscribe(() => {
        const now = [field.value, field.state, field.conflict] as const;
        if (last !== null && now.every((part, index) => equal(part as Json, last?.[index] as Json))) return;
        last = now;
        fn(field);
      });
    },
  };
  return field;
}

function stateOf({ state }: Syncing, path: string, conflict: Conflict | null): FieldState {
  if (waiting(state).some((step) => step.path !== null && overlaps(step.path, path))) return "pending";
  if (conflict !== null) return "conflict";
  const isRefused = state.rejected.some(({ ops }) => ops.some((op) => "path" in op && overlaps(op.path, path)));
  if (isRefused) return "rejected";
  const authors = [...state.stored.authors].filter(([other]) => isWithin(other, path)).map(([, by]) => by);
  if (authors.length === 0) return "clean";
  const { writer, aside } = state.outbox;
  return authors.every((by) => by.writer === writer || by.writer === aside) ? "saved" : "remote-changed";
}
