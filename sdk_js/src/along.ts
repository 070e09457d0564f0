/** What is listed anew as things happen, for whoever is there: of somebody who has signed out nothing any more. */

import type { Retoma } from "./client.js";
import type { Owned } from "./owned.js";
import type { WireEvent } from "./wire.js";

/** Whose it is, now and after a sign-out. */
export type Owners = Pick<Retoma, "owned" | "onOwner">;

/** What is listed, and when anew. */
export interface Listing<T> {
  list(owned: Owned): Promise<readonly T[]>;
  /** Whether something that happened, or, where null, may have, changes it. */
  isNews(event: WireEvent | null): boolean;
  /** After how long it is to be listed again though nothing happened; null where that is never. */
  againAfter?(items: readonly T[]): number | null;
}

type Hearer<T> = (items: readonly T[]) => void;

/** Tells what is listed at once and whenever that may have changed; of who has gone it is none, and then of who comes next. */
export function along<T>(owners: Owners, listing: Listing<T>, fn: Hearer<T>, stopped: AbortSignal): void {
  if (stopped.aborted) return;
  let present = new AbortController();
  const follow = (owned: Owned): void => {
    present = new AbortController();
    void followOne(owned, listing, fn, present.signal);
  };
  const stop = owners.onOwner.add((next) => {
    present.abort();
    if (next === null) fn([]);
    else follow(next);
  });
  stopped.addEventListener("abort", () => (stop(), present.abort()), { once: true });
  follow(owners.owned);
}

/** What cannot be listed now is at the next occasion. */
async function followOne<T>(owned: Owned, { list, isNews, againAfter }: Listing<T>, fn: Hearer<T>, gone: AbortSignal): Promise<void> {
  let asked = 0;
  let again: ReturnType<typeof setTimeout> | undefined;
  const look = async (): Promise<void> => {
    const own = ++asked;
    clearTimeout(again);
    const items = await list(owned).catch(() => null);
    if (items === null || gone.aborted || own !== asked) return;
    const wait = againAfter?.(items) ?? null;
    if (wait !== null) again = setTimeout(() => void look(), wait);
    fn(items);
  };
  const stop = owned.onEvent.add((event) => void (isNews(event) && look()));
  gone.addEventListener("abort", () => (stop(), clearTimeout(again)), { once: true });
  await look();
  const line = await owned.transport.lay().catch(() => null);
  if (line !== null && !line.isStranger && !gone.aborted) owned.begin();
}
