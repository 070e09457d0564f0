/** What is done for all drafts of an owner at once, before somebody leaves; loaded when somebody does. */

import { UnsentChangesError } from "./errors.js";
import type { Inner } from "./inner.js";
import { EVERY_CUSTOMER } from "./keeping/adapter.js";
import type { Shelf } from "./keeping/shelf.js";
import { left, named } from "./left.js";
import type { Owned } from "./owned.js";
import { hashOf, type Partings } from "./partings.js";
import { attempt, claimKey, visitorKey } from "./storage.js";

/** Tries now to send all that waits, also what other page loads have left. */
export async function flushAll(owned: Owned): Promise<void> {
  for (const name of await left(owned)) named(owned, name);
  await Promise.all(owned.all.filter(({ syncing }) => syncing.isUnsent).map(({ syncing }) => syncing.flush()));
}

/** Whether anything is here that the server does not have. */
export async function hasUnsent(owned: Owned): Promise<boolean> {
  return owned.all.some(({ syncing }) => syncing.isUnsent) || (await left(owned)).length > 0 || (await strays(owned.shelf)).length > 0;
}

/** What any customer has left here, where nobody has said which one signs out. */
const strays = async ({ owner, durable }: Shelf): Promise<readonly string[]> => (owner === null && (await durable?.places(EVERY_CUSTOMER).catch(() => []))) || [];

/** @throws UnsentChangesError where anything would be lost. */
export async function checkUnsent(everybody: readonly Owned[]): Promise<void> {
  const unsent = await Promise.all(everybody.map(hasUnsent));
  if (unsent.includes(true)) throw refusal();
}

const refusal = (): UnsentChangesError => new UnsentChangesError({ code: "unsent-changes", message: "Something is not on the server yet." });

/**
 * Tells the other tabs of an owner's leaving.
 *
 * @param at - When; in the future of one who takes along what they have, so that nothing of it is forgotten.
 * @param next - Whom they turned out to be.
 */
export function tellParting(partings: Partings, owner: string | null, at = Date.now(), next: string | null = null): void {
  const last = `${hashOf(owner)} ${at} ${hashOf(next)}`;
  partings.last = last;
  attempt(() => localStorage.setItem(partings.key, last));
}

/** Whom the last one to leave turned out to be, by hash. */
export const successorIn = ({ last }: Partings): string => last.split(" ")[2] ?? "";

/**
 * Lets somebody leave, with all tabs: what the next visitor has here is their own.
 *
 * @throws UnsentChangesError where anything would be lost.
 */
export async function part(inner: Inner, everybody: readonly Owned[], isDiscarding = false): Promise<void> {
  const { client, storage, partings, options, newShelf, installation } = inner;
  const isClaiming = storage.get(claimKey(options.publishableKey));
  if (!isDiscarding) await checkUnsent(everybody);
  if (!isDiscarding && isClaiming) throw refusal();
  tellParting(partings, client.owned.shelf.owner);
  [visitorKey, claimKey].forEach((keyOf) => storage.set(keyOf(options.publishableKey), ""));
  if (!isClaiming) return;
  const visitors = newShelf();
  visitors.belongTo(`visitor:${installation}`);
  await visitors.forget();
}
