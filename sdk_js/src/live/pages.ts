/** Events in pages, for what cannot read an answer while it comes: each page waits on the server for something to tell. */

import type { Transport } from "../transport.js";
import type { WireEvent } from "../wire.js";

/** Some events in a row. */
export interface EventPage {
  readonly items: readonly WireEvent[];
  /** Where the next page begins. */
  readonly next: string;
  /** Events are lost: drafts must be read again. */
  readonly reset: boolean;
}

/** How long the server may wait, in seconds; well below the timeout of a request. */
const WAIT_S = 20;

/** Whether an answer can be read while it comes. In React Native it cannot, and one that never ends never arrives. */
export const canStream = (): boolean => Boolean(new Response("-").body);

/** The page after a cursor, as soon as there is something on it, or empty after a while. */
export function pageAfter(transport: Transport, cursor: string, draft: string | undefined): Promise<EventPage> {
  return pageOf(transport, { after: cursor, wait: WAIT_S, draft });
}

/** Where events end now: what came before is no news. */
export async function newestCursor(transport: Transport, draft: string | undefined): Promise<string> {
  let page = await pageOf(transport, { draft });
  while (page.items.length > 0) page = await pageOf(transport, { after: page.next, draft });
  return page.next;
}

async function pageOf(transport: Transport, query: Record<string, string | number | undefined>): Promise<EventPage> {
  const headers = { Accept: "application/json" };
  return (await transport.call<EventPage>({ method: "GET", path: "events", query, headers, attempts: 1 })).data;
}
