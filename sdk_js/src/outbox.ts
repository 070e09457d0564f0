/** The changes of this device that the server has not acknowledged yet, as pure functions over frozen state. */

import { overlaps } from "./pointer.js";
import type { Seen } from "./seen.js";
import type { Also, Json, Op } from "./wire.js";

/** One op: as it is sent, and what the person sees meanwhile. */
export interface Step {
  readonly wire: Op;
  /** Null for what shows in no field. */
  readonly path: string | null;
  /** Undefined where the step takes a value away. */
  readonly value?: Json;
  /** What a cart's line was, as the author saw it. */
  readonly about?: Json;
}

/** One atomic list of ops. Once `sent` it never changes again: it may be recorded on the server. */
export interface Change {
  readonly writer: string;
  readonly seq: number;
  /** Where it stands among the changes of all writers; grows each time that it is kept. */
  readonly order: number;
  readonly steps: readonly Step[];
  readonly sent: boolean;
  /** Stands or falls as one (a transaction, a choice): later edits are never merged into it. */
  readonly whole: boolean;
}

/** An edit that is only in memory yet, as a change to be. */
export interface Entry {
  readonly steps: readonly Step[];
  readonly whole: boolean;
  /** The highest {@link Change.order} on screen when it was made. */
  readonly order: number;
  /** May not be kept on this device. */
  readonly aside?: boolean;
}

/** The queue of one draft: the changes of all writers of this device, in the order in which they were kept. */
export interface Outbox {
  /** The writer of this page load. */
  readonly writer: string;
  /** The sequence number of its next change. */
  readonly next: number;
  /** The name under which it counts the changes that may not be kept, since no other tab can send them. */
  readonly aside: string;
  readonly nextAside: number;
  /** The highest order that was ever given. */
  readonly order: number;
  readonly changes: readonly Change[];
  /** By writer, the order of its last change that has left the queue. */
  readonly done: Readonly<Record<string, number>>;
}

/** Edits that gather in one change at most: one bad edit makes all of them travel again. */
const STEPS_PER_CHANGE = 100;
/** Writers remembered after their changes have left; only edits that are being kept at that moment ask for them. */
const WRITERS_REMEMBERED = 8;

/** An outbox with nothing in it. */
export const emptyOutbox = (writer: string): Outbox => ({ writer, next: 1, aside: asideOf(writer), nextAside: 1, order: 0, changes: [], done: {} });

/** Under whose name a page load sends what it may not keep. */
export const asideOf = (writer: string): string => writer + ASIDE;

/** Whether a name is one of those. */
export const isAsideName = (writer: string): boolean => writer.endsWith(ASIDE);

const ASIDE = "_aside";

/** All that waits, oldest first. */
export const pending = (outbox: Outbox): readonly Step[] => outbox.changes.flatMap((change) => change.steps);

/** A change as it travels. */
export const onWire = (change: Change): { readonly seq: number; readonly ops: readonly Op[] } => ({
  seq: change.seq,
  ops: change.steps.map((step) => step.wire),
});

/** What somebody sees in a path who sees the waiting changes and, below them, what is `displayed`. */
export function seenFor(outbox: Outbox, entries: readonly Entry[], path: string, displayed: Seen): Seen {
  const touching = waitingAt(outbox, entries, path);
  const revision = Math.min(displayed.revision, ...touching.map(({ step }) => ("seen" in step.wire ? step.wire.seen : displayed.revision)));
  return { ...displayed, revision, also: { ...displayed.also, ...alsoOf(touching, outbox.writer) } };
}

/** A step that waits, and by whom. Own steps that are not kept yet come last and have the number that none exceeds. */
interface Waiting {
  readonly step: Step & { readonly path: string };
  readonly writer: string;
  readonly seq: number;
}

function waitingAt(outbox: Outbox, entries: readonly Entry[], path: string): readonly Waiting[] {
  const entered = entries.map(({ steps }) => ({ steps, writer: outbox.writer, seq: Infinity }));
  return [...outbox.changes, ...entered].flatMap(({ steps, writer, seq }) =>
    steps.flatMap((step) => (step.path !== null && overlaps(step.path, path) ? [{ step: { ...step, path: step.path }, writer, seq }] : [])),
  );
}

/**
 * By other writer, the highest change that has been seen by whoever sees these: those on top, and what their authors saw.
 *
 * What lies hidden below a change whose author had not seen it was never on screen, and may not be claimed.
 */
function alsoOf(touching: readonly Waiting[], own: string): Also {
  const hiders = (index: number): readonly Waiting[] => touching.slice(index + 1).filter(({ step }) => overlaps(step.path, touching[index]?.step.path ?? ""));
  const tops = touching.filter((_, index) => hiders(index).length === 0);
  const unseen = touching.filter((one, index) => hiders(index).length > 0 && !hiders(index).some((hider) => saw(hider, one)));
  const also = tops.reduce<Also>((known, { step, writer, seq }) => highest(known, { ...alsoIn(step), ...(writer === own ? {} : { [writer]: seq }) }), {});
  return lower(also, unseen);
}

const alsoIn = ({ wire }: Step): Also => ("also" in wire ? (wire.also ?? {}) : {});

const saw = (one: Waiting, other: Waiting): boolean => one.writer === other.writer || (alsoIn(one.step)[other.writer] ?? 0) >= other.seq;

function highest(one: Also, other: Also): Also {
  const raised = Object.entries(other).map(([writer, seq]) => [writer, Math.max(seq, one[writer] ?? 0)]);
  return { ...one, ...Object.fromEntries(raised) };
}

/** Claims less: nothing from these changes on. */
function lower(also: Also, changes: readonly { readonly writer: string; readonly seq: number }[]): Also {
  const below = (writer: string): number => Math.min(...changes.filter((change) => change.writer === writer).map(({ seq }) => seq - 1));
  const lowered = Object.entries(also).map(([writer, seq]) => [writer, Math.min(seq, below(writer))] as const);
  return Object.fromEntries(lowered.filter(([, seq]) => seq > 0));
}

/** An op that says what had been seen. */
export function withSeen<O extends { readonly seen: number; readonly also?: Also }>(before: O, { revision, also }: Pick<Seen, "revision" | "also">): O {
  const { also: _, ...op } = before;
  return { ...op, seen: revision, ...(Object.keys(also).length > 0 ? { also } : {}) } as O;
}

/** Adds a plain edit to what is not kept yet. */
export function enter(entries: readonly Entry[], step: Step, order: number): readonly Entry[] {
  const last = entries.at(-1);
  if (last === undefined || last.whole || last.order !== order) return [...entries, { steps: [step], whole: false, order }];
  return [...entries.slice(0, -1), { ...last, steps: merge(last.steps, step) }];
}

/**
 * Keeps an edit: a plain one in the last change where that is its own and was not sent, any other as a new one.
 *
 * A change that another writer's follows is left alone, since that writer may have seen it as it is. What the edit
 * claims to have seen of others is lowered where they were kept anew after it was made.
 */
export function keepEntry(outbox: Outbox, entry: Entry): Outbox {
  const steps = ownSteps(outbox, entry);
  return entry.whole ? push(outbox, steps, true, entry.aside) : steps.reduce((box, step) => addEdit(box, step, entry.aside), outbox);
}

/** Keeps an edit as a change of its own that later ones may join. */
export const keepApart = (outbox: Outbox, entry: Entry): Outbox => push(outbox, ownSteps(outbox, entry), entry.whole, entry.aside);

/** An entry's steps as this page load says them now: what it did itself under its other name has been on screen. */
function ownSteps(outbox: Outbox, { steps, order, aside }: Entry): readonly Step[] {
  const [other, seq] = aside ? [outbox.writer, outbox.next - 1] : [outbox.aside, outbox.nextAside - 1];
  return steps.map((step) => {
    const now = asSeenAt(outbox, order, step);
    if (seq === 0 || !("seen" in now.wire)) return now;
    return { ...now, wire: withSeen(now.wire, { revision: now.wire.seen, also: { ...now.wire.also, [other]: seq } }) };
  });
}

function asSeenAt(outbox: Outbox, order: number, step: Step): Step {
  if (!("seen" in step.wire) || step.wire.also === undefined) return step;
  const later = outbox.changes.filter((change) => change.order > order);
  const left = Object.keys(step.wire.also).filter((writer) => (outbox.done[writer] ?? 0) > order).map((writer) => ({ writer, seq: 1 }));
  return { ...step, wire: withSeen(step.wire, { revision: step.wire.seen, also: lower(step.wire.also, [...later, ...left]) }) };
}

function addEdit(outbox: Outbox, step: Step, aside = false): Outbox {
  const last = outbox.changes.at(-1);
  const isOpen = last?.writer === (aside ? outbox.aside : outbox.writer) && !last.sent && !last.whole;
  const steps = isOpen ? merge(last.steps, step) : [];
  if (!isOpen || steps.length > STEPS_PER_CHANGE) return push(outbox, [step], false, aside);
  const order = outbox.order + 1;
  return { ...outbox, order, changes: [...outbox.changes.slice(0, -1), { ...last, steps, order }] };
}

/** Adds a change by the writer of this page load. */
export function push(outbox: Outbox, steps: readonly Step[], whole: boolean, aside = false): Outbox {
  const { next, nextAside } = outbox;
  const order = outbox.order + 1;
  const [counted, writer, seq] = aside ? [{ nextAside: nextAside + 1 }, outbox.aside, nextAside] : [{ next: next + 1 }, outbox.writer, next];
  return { ...outbox, ...counted, order, changes: [...outbox.changes, { writer, seq, order, steps, sent: false, whole }] };
}

/**
 * Puts a step in the place of the one that it replaces, unless one after that acts in the same place.
 *
 * A value never replaces an `unset`, which may have made room for it.
 */
function merge(steps: readonly Step[], step: Step): readonly Step[] {
  const at = steps.findLastIndex((other) => meet(other, step));
  const makesRoom = steps[at]?.wire.op === "unset" && step.wire.op === "set";
  return at >= 0 && steps[at]?.path === step.path && !makesRoom ? steps.with(at, step) : [...steps, step];
}

/** Whether two steps act in the same place: fields that overlap, or both the position. */
export function meet(one: Step, other: Step): boolean {
  if (one.path === null || other.path === null) return one.path === other.path;
  return overlaps(one.path, other.path);
}

/** Whether two are the same change. */
export const isSame = (one: Change, other: Change): boolean => one.writer === other.writer && one.seq === other.seq;

/** Drops an acknowledged change. */
export function drop(outbox: Outbox, change: Change): Outbox {
  const { [change.writer]: before = 0, ...others } = outbox.done;
  const done = Object.entries(others).slice(1 - WRITERS_REMEMBERED);
  return {
    ...outbox,
    changes: outbox.changes.filter((other) => !isSame(other, change)),
    done: { ...Object.fromEntries(done), [change.writer]: Math.max(before, change.order) },
  };
}

