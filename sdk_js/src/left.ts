/** What earlier pages have left unsent, also in drafts that nobody has open. */

import type { Owned } from "./owned.js";
import type { Syncing } from "./syncing.js";

/** The drafts of an owner for which anything waits on this device. */
export function left({ shelf }: Owned): Promise<readonly string[]> {
  const { storage, owner } = shelf.home;
  return storage.places(owner).catch(() => []);
}

/** A draft by the name that it has on this device. */
export function named(owned: Owned, name: string): Syncing {
  const known = owned.all.find(({ syncing }) => syncing.name === name);
  // Of a draft that was passed on, the name is its id.
  const isPassed = !name.startsWith("[");
  const [process, key, kind] = isPassed ? ["", ""] : (JSON.parse(name) as [string, string, "cart"?]);
  if (known !== undefined && (isPassed || known.draft.state !== "closed")) return known.syncing;
  return owned.hold({ process, key, ...(kind && { kind }) }, isPassed ? name : undefined).syncing;
}
