/** How a draft's state is written down on the device, and read again. */

import type { Change, Outbox, Step } from "../outbox.js";
import type { Rejected, State } from "../rebasing.js";
import type { Stored } from "../stored.js";
import type { Conflict, Json } from "../wire.js";
import type { Kept, KeptSnapshot, Row } from "./adapter.js";

/** The version of rows and snapshots that this package writes. Those of another are left alone. */
export const VERSION = 1;

/** What a snapshot holds, unless it is encrypted. */
export interface Content {
  readonly id: string | null;
  readonly rejected: readonly Rejected[];
  readonly done: Outbox["done"];
  readonly stored: Omit<Stored, "leaves" | "authors" | "conflicts"> & { readonly leaves: readonly (readonly [string, Json])[]; readonly conflicts: readonly Json[] };
}

/** What was read, to tell later what has changed. */
interface Origin {
  readonly rows: ReadonlyMap<Change, Row>;
  readonly state: State;
  readonly kept: Kept;
}

const isKnown = ({ version }: { readonly version: number }): boolean => version === VERSION;

/** Rows that a newer version of this package has written. */
export const unknownRows = (kept: Kept): readonly Row[] => kept.rows.filter((row) => !isKnown(row));

/** A state as it is kept, for the writer of this page load; what a page knows of a draft holds where no snapshot is kept. */
export function unpack(kept: Kept, mine: State): Origin {
  const { writer, next, aside, nextAside } = mine.outbox;
  const rows = new Map(kept.rows.filter(isKnown).map((row) => [changeOf(row), row] as const));
  const changes = [...rows.keys()].toSorted((one, other) => one.order - other.order || one.seq - other.seq);
  const known = kept.snapshot !== null && isKnown(kept.snapshot) ? (kept.snapshot.content as unknown as Content) : null;
  const order = Math.max(kept.snapshot?.order ?? 0, ...changes.map((change) => change.order));
  const used = changes.filter((change) => change.writer === writer).map(({ seq }) => seq + 1);
  const outbox = { writer, next: Math.max(next, ...used), aside, nextAside, order, changes, done: known?.done ?? {} };
  const { id, stored, rejected } = known === null ? mine : { ...known, stored: storedOf(known.stored) };
  const state = { id, stored, outbox, rejected, moving: [], buffer: [] };
  return { rows, state, kept };
}

function changeOf({ writer, seq, order, sent, whole, content }: Row): Change {
  return { writer, seq, order, sent, whole, steps: content as unknown as readonly Step[] };
}

function storedOf({ leaves, conflicts, ...rest }: Content["stored"]): Stored {
  const open = conflicts as unknown as readonly Conflict[];
  return { ...rest, leaves: new Map(leaves), authors: new Map(), conflicts: new Map(open.map((conflict) => [conflict.id, conflict])) };
}

/** What is kept once a state has come out of another; what has not changed is the same object as before. */
export function pack(state: State, origin: Origin): Kept {
  const rows = state.outbox.changes.map((change) => origin.rows.get(change) ?? rowOf(change));
  return { rows: [...unknownRows(origin.kept), ...rows], snapshot: isSameSnapshot(state, origin.state) ? origin.kept.snapshot : snapshotOf(state) };
}

/** A change as it is kept. */
export function rowOf({ writer, seq, order, sent, whole, steps }: Change): Row {
  return { version: VERSION, writer, seq, order, sent, whole, content: steps as unknown as Json };
}

function isSameSnapshot(one: State, other: State): boolean {
  return one.id === other.id && one.stored === other.stored && one.rejected === other.rejected && one.outbox.done === other.outbox.done;
}

function snapshotOf({ id, stored, outbox, rejected }: State): KeptSnapshot {
  const { leaves, conflicts, authors: _, ...rest } = stored;
  const content: Content = {
    id,
    rejected,
    done: outbox.done,
    stored: { ...rest, leaves: [...leaves], conflicts: [...conflicts.values()] as unknown as Json[] },
  };
  return { version: VERSION, order: outbox.order, content: content as unknown as Json };
}
