/** A cart that is begun elsewhere appears where there was none; loaded with the first exchange. */

import { type Acting, resume } from "../acts.js";
import type { Owned } from "../owned.js";
import type { Syncing } from "../syncing.js";

/** Carts that are looked out for. */
const awaited = new WeakSet<Syncing>();

/**
 * Shows the cart that there is; where there is none, or no answer, it shows as soon as there is one.
 *
 * @param owned - Whose cart it is; null for one that was passed to this page.
 */
export async function resumeCart(acting: Acting, owned: Owned | null): Promise<boolean> {
  try {
    return await resume(acting);
  } finally {
    if (owned !== null && acting.syncing.id === null) lookOut(acting, owned);
  }
}

function lookOut(acting: Acting, owned: Owned): void {
  const { syncing, target } = acting;
  if (awaited.has(syncing)) return;
  awaited.add(syncing);
  const look = (): void => void resume(acting).catch(() => undefined);
  const stop = owned.onEvent.add((event) => (event === null || event.process === target.process) && look());
  syncing.onOpen(() => (stop(), awaited.delete(syncing)));
  // A visitor has no other device: for one who only looks, no connection is held.
  if (!owned.shelf.owner?.startsWith("visitor:")) owned.begin();
}
