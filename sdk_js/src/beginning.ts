/** What a page has not sent yet when its draft becomes its customer's goes on as theirs; loaded with the first sign-in. */

import { joined } from "./keeping/keeping.js";
import { type Change, type Entry, onWire, type Step } from "./outbox.js";
import { equal, type Leaves } from "./pointer.js";
import { edit, type Edit, entered, keep, type State, view } from "./rebasing.js";
import type { Syncing } from "./syncing.js";
import type { Json } from "./wire.js";

/**
 * Brings all that waits for a draft that nobody has begun into another; it is shown there at once, and leaves the first once it is kept.
 *
 * Changes keep their writers and numbers: none has been sent, and whoever brings one a second time brings the same.
 */
export async function beginAs(next: Syncing, before: Syncing): Promise<void> {
  if (!before.isUnsent) return;
  const mine = kept(before.state);
  await next.applyNow((now) => joined(now, by(now, mine)));
  await before.apply((now) => ({ ...now, outbox: { ...now.outbox, changes: [] } }));
}

/** What waits, beside the writer who goes on. */
const by = ({ outbox }: State, mine: State): State => ({ ...mine, outbox: { ...outbox, changes: mine.outbox.changes } });

/** Of somebody who saw another value than is there now. */
const NOTHING_SEEN = { revision: 0, also: {}, order: 0 };

/** Somebody who types without a pause is followed this often; what is left then waits on this device as any late edit does. */
const ROUNDS = 20;

/**
 * Brings what this page has not sent for a form into the one that it has become; the first shows it all the same.
 *
 * It is kept there before it leaves the first: whoever is killed in between finds it twice, which is as good as once. So is
 * what was sent and may have arrived. What stands or falls together is left.
 *
 * @returns whether nothing is left.
 */
export async function takeOver(next: Syncing, before: Syncing): Promise<boolean> {
  for (let round = 0; round < ROUNDS; round++) {
    const earlier = before.state;
    const state = await before.apply(same);
    const taken = state.outbox.changes.filter((change) => isPlain(state, change));
    if (taken.length === 0) return !state.outbox.changes.some((change) => isOwn(state, change));
    enterInto(next, state, taken, earlier);
    await next.apply(same);
    await before.apply((now) => without(now, taken));
  }
  return false;
}

/** Brings the edits that are only in memory yet, at once. */
export const enterLast = (next: Syncing, { state }: Syncing): void => enterInto(next, state, entered(state));

const same = (state: State): State => state;

/** Values are entered as they are on screen now; who entered them has seen what the page has shown so far. */
function enterInto(next: Syncing, shown: State, entries: readonly Pick<Entry, "steps">[], earlier = shown): void {
  const edits = editsOf(view(shown), stepsIn(entries));
  edits.forEach((one) => next.update((now) => edit(now, [one], isAsSeen([earlier, shown], now, one) ? undefined : NOTHING_SEEN)));
}

const stepsIn = (entries: readonly Pick<Entry, "steps">[]): readonly Step[] => entries.flatMap(({ steps }) => steps);

const told = (change: Change): string => JSON.stringify([change.writer, onWire(change)]);

/** What was edited since stays. */
function without(state: State, taken: readonly Change[]): State {
  const known = new Set(taken.map(told));
  const changes = state.outbox.changes.filter((change) => !known.has(told(change)));
  return { ...state, outbox: { ...state.outbox, changes }, stored: { ...state.stored, leaves: view(state) } };
}

const kept = (state: State): State => keep({ ...state, moving: [], buffer: [] }, entered(state));

const isOwn = ({ outbox }: State, { writer }: Change): boolean => writer === outbox.writer || writer === outbox.aside;

const isPlain = (state: State, change: Change): boolean => isOwn(state, change) && !change.whole && change.steps.every(({ wire }) => wire.op !== "resolve");

function editsOf(shown: Leaves, steps: readonly Step[]): readonly Edit[] {
  return steps.map(({ wire, path }) => {
    if (wire.op === "position") return { position: [wire.step, wire.cursor] } as Edit;
    const value = path === null ? undefined : shown.get(path);
    return value === undefined ? { unset: path ?? "" } : { set: [path ?? "", value] };
  });
}

/** Whether somebody saw below their edit what is there now, which may be an earlier one of theirs. */
function isAsSeen(shown: readonly State[], now: State, one: Edit): boolean {
  if ("position" in one) return true;
  const path = "set" in one ? one.set[0] : one.unset;
  const is = view(now).get(path);
  return shown.flatMap((state) => valuesAt(state, path)).some((was) => (was === undefined || is === undefined ? was === is : equal(was, is)));
}

const valuesAt = (state: State, path: string): readonly (Json | undefined)[] =>
  [state.stored.leaves.get(path), ...stepsIn([...state.outbox.changes, ...entered(state)]).filter((step) => step.path === path).map(({ value }) => value)];
