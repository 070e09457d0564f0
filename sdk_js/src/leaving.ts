/** What is done for all drafts of an owner at once, before somebody leaves; loaded when somebody does. */

import { ClosedError, UnsentChangesError } from "./errors.js";
import { left, named } from "./left.js";
import type { Owned } from "./owned.js";

/** Tries now to send all that waits, also what other page loads have left. */
export async function flushAll(owned: Owned): Promise<void> {
  for (const name of await left(owned)) named(owned, name);
  await Promise.all(owned.all.filter(({ syncing }) => syncing.isUnsent).map(({ syncing }) => syncing.flush()));
}

/** Whether anything is here that the server does not have. */
export async function hasUnsent(owned: Owned): Promise<boolean> {
  return owned.all.some(({ syncing }) => syncing.isUnsent) || (await left(owned)).length > 0;
}

/** @throws UnsentChangesError where anything would be lost. */
export async function checkUnsent(everybody: readonly Owned[]): Promise<void> {
  const unsent = await Promise.all(everybody.map(hasUnsent));
  if (unsent.includes(true)) throw new UnsentChangesError({ code: "unsent-changes", message: "Something is not on the server yet." });
}

/** Forgets what this device keeps of an owner. */
export async function forget(owned: Owned): Promise<void> {
  await owned.close(signedOut(), false);
  const { storage, owner } = owned.shelf.home;
  await storage.forget(owner).catch((cause: unknown) => owned.shelf.fail(cause));
}

/** The error of everything that is asked of a draft whose owner has signed out. */
function signedOut(): ClosedError {
  return new ClosedError({ code: "signed-out", message: "This customer has signed out." });
}
