/** Lets what a page shows go on with other drafts: those of a customer who has signed in, or that took the place of others. */

import { type Acting, resume } from "./acts.js";
import { beginAs, enterLast, takeOver } from "./beginning.js";
import { isRetomaError, over } from "./errors.js";
import { served } from "./late.js";
import type { Held, Owned } from "./owned.js";
import type { Syncing } from "./syncing.js";

/** By then, tabs that have heard of it have kept what they had. */
const OTHERS_MS = 1500;
const NEVER = new AbortController().signal;

/** What can go on: looked up before anything is asked for, since the news of it may come first, and closes what it is about. */
export const openIn = ({ all }: Owned): readonly Held[] => all.filter(({ draft }) => draft.state !== "closed");

/** The same for a tab that hears of a claim: of some of its drafts it may have heard before that they were claimed. */
export const openOrClaimedIn = ({ all }: Owned): readonly Held[] => all.filter(({ draft }) => draft.state !== "closed" || draft.status === "merged");

/**
 * Handles of a page are from now on what their owner has; nothing is blank in between.
 *
 * @param adopted - Given where they were a visitor's: the forms that are what the visitor had, as they were.
 */
export async function goOn(owned: Owned, handles: readonly Held[], adopted?: readonly string[]): Promise<void> {
  await Promise.all(handles.map((held) => turn(owned, held, adopted)));
}

async function turn(owned: Owned, held: Held, adopted?: readonly string[]): Promise<void> {
  const { draft, syncing } = held;
  const { target } = draft.acting;
  const next: Acting = { syncing: owned.hold(target, undefined, draft).syncing, line: owned.transport, target };
  const turned = turnTo(next, held, adopted);
  syncing.heir = turned.then(() => everSaved(next));
  syncing.heir.catch(() => undefined);
  await turned;
  // What was entered meanwhile is kept by now.
  await next.syncing.serve(true);
  next.syncing.catchUp();
  setTimeout(() => takeRest(next.syncing), OTHERS_MS);
}

async function turnTo(next: Acting, { draft, syncing }: Held, adopted?: readonly string[]): Promise<void> {
  served.add(next.syncing);
  await resume(next).catch((error: unknown) => void resumeLater(next, error));
  const bringLast = adopted ? await bring(next, syncing, adopted) : null;
  const brought = bringLast?.();
  draft.turn(next);
  await brought;
  await syncing.close(over("signed-out"), bringLast === null);
}

/** Takes in what other tabs have left. */
function takeRest(syncing: Syncing): void {
  served.delete(syncing);
  syncing.catchUp();
}

/**
 * Brings what waits into the next draft before that is shown, so that nothing of it is blank in between.
 *
 * @returns what brings the last of it, in the moment of turning; null where that comes as any late edit does.
 */
async function bring({ syncing: next, target }: Acting, before: Syncing, adopted: readonly string[]): Promise<(() => Promise<void> | void) | null> {
  if (before.id === null) return () => beginAs(next, before);
  const isTaken = isOpen(before) && !target.kind && adopted.includes(next.id ?? "") && (await takeOver(next, before));
  if (isTaken && isOpen(before)) return () => enterLast(next, before);
  served.delete(next);
  if (before.isUnsent || !isOpen(before)) await bringLate(next, before).catch(() => undefined);
  return null;
}

/** Whether no other tab has set aside yet what this one shows. */
const isOpen = ({ ended, state }: Syncing): boolean => ended === null && state.stored.status === "open";

async function bringLate(next: Syncing, before: Syncing): Promise<void> {
  await before.apply((state) => state);
  if (next.id !== null) await next.refresh();
}

/** Resolves once what somebody had entered before is saved, however long that takes. */
async function everSaved(next: Acting): Promise<void> {
  if (next.syncing.id !== null) await patiently(next, () => next.syncing.refresh());
  await next.syncing.saved();
}

/** The network went just now; where there is no draft, nobody else would ask for it again. */
const resumeLater = (acting: Acting, cause: unknown): Promise<unknown> => patiently(acting, () => resume(acting), cause).catch(() => undefined);

/** Does something until it comes about, or cannot any more. */
async function patiently<T>(acting: Acting, act: () => Promise<T>, cause?: unknown): Promise<T> {
  let error = cause;
  for (let failures = 0; ; failures++) {
    if (error !== undefined) {
      if (!isRetomaError(error) || !error.retryable || acting.syncing.ended !== null) throw error;
      await acting.line.pause(failures + 1, error, NEVER);
    }
    try {
      return await act();
    } catch (again) {
      error = again;
    }
  }
}
