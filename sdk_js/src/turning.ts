/** Lets what a page shows go on with other drafts: those of a customer who has signed in, or that took the place of others. */

import { type Acting, resume } from "./acts.js";
import { isRetomaError, over } from "./errors.js";
import type { Held, Owned } from "./owned.js";

const NEVER = new AbortController().signal;

/** What can go on: looked up before anything is asked for, since the news of it may come first, and closes what it is about. */
export const openIn = ({ all }: Owned): readonly Held[] => all.filter(({ draft }) => draft.state !== "closed");

/** The same for a tab that hears of a claim: of some of its drafts it may have heard before that they were claimed. */
export const openOrClaimedIn = ({ all }: Owned): readonly Held[] => all.filter(({ draft }) => draft.state !== "closed" || draft.status === "merged");

/** Handles of a page are from now on what their owner has; nothing is blank in between. */
export async function goOn(owned: Owned, handles: readonly Held[]): Promise<void> {
  await Promise.all(handles.map((held) => turn(owned, held)));
}

async function turn(owned: Owned, { draft, syncing }: Held): Promise<void> {
  const { target } = draft.acting;
  const next: Acting = { syncing: owned.hold(target, undefined, draft).syncing, line: owned.transport, target };
  await resume(next).catch((error: unknown) => void resumeLater(next, error));
  draft.turn(next);
  await syncing.close(over("signed-out"), true);
  // What was entered meanwhile is kept by now.
  await next.syncing.serve(true);
  next.syncing.catchUp();
}

/** The network went just now; where there is no draft, nobody else would ask for it again. */
async function resumeLater(acting: Acting, cause: unknown): Promise<void> {
  let error = cause;
  for (let failures = 1; isRetomaError(error) && error.retryable && acting.syncing.ended === null; failures++) {
    await acting.line.pause(failures, error, NEVER);
    error = await resume(acting).then(() => null, (again: unknown) => again);
  }
}
