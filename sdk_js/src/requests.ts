/** Staff who ask to be let in, because the customer has no code at hand: who, why, for what; and yes or no. */

import { along } from "./along.js";
import type { Retoma } from "./client.js";
import { askedOn, type HelpRequest } from "./asked.js";
import type { Unsubscribe } from "./status.js";
import type { WireEvent } from "./wire.js";

export type { HelpApproval, HelpChoice, HelpRequest } from "./asked.js";

/**
 * Who of staff asks to be let in by whoever is signed in on this page.
 *
 * @example
 * const stop = requestsOf(retoma).watch(([first]) => {
 *   if (!first) return hideQuestion();
 *   const { name, store, reason } = first;
 *   ask(`${name} (${store}) asks to help you: ${reason}`, {
 *     yes: () => first.approve(), onlyLook: () => first.approve({ scope: "view" }), no: () => first.deny(),
 *   });
 * });
 */
export interface HelpRequests {
  /** Those who wait, whoever asked last first; none of somebody who is not known. */
  list(): Promise<readonly HelpRequest[]>;
  /** Calls `fn` with those who wait, and again whenever that is others. Follows the customer's events from now on. */
  watch(fn: (requests: readonly HelpRequest[]) => void): Unsubscribe;
}

/** A no tells nobody, and neither does time: while somebody waits, that is asked again. */
const ASK_AGAIN_MS = 20_000;

/**
 * Who asks to be let in by whoever is signed in on this page; nothing is sent yet. Show yes and no alike.
 *
 * @example
 * for (const { name, reason, deny } of await requestsOf(retoma).list()) offer(`${name}: ${reason}`, deny);
 */
export function requestsOf(retoma: Retoma): HelpRequests {
  return {
    list: () => askedOn(retoma.owned.transport),
    watch(fn) {
      const stopping = new AbortController();
      const list = ({ transport }: Retoma["owned"]): Promise<readonly HelpRequest[]> => askedOn(transport);
      along(retoma, { list, isNews, againAfter: (waiting) => (waiting.length > 0 ? ASK_AGAIN_MS : null) }, told(fn), stopping.signal);
      return () => stopping.abort();
    },
  };
}

/** Null where events may have been missed. */
const isNews = (event: WireEvent | null): boolean => event === null || event.type.startsWith("assist-");

/** Tells only of others than before: a question that stays is not to be asked anew. */
function told(fn: (requests: readonly HelpRequest[]) => void): typeof fn {
  let before: string | null = null;
  return (requests) => {
    const now = requests.map(({ id }) => id).join(" ");
    if (now === before) return;
    before = now;
    fn(requests);
  };
}
