/** Brings what a stream tells to the drafts that it is about. */

import { hear } from "../exchange.js";
import { knownAt } from "../stored.js";
import type { Syncing } from "../syncing.js";
import type { WireEvent } from "../wire.js";
import { Stream } from "./events.js";
import type { LiveParts } from "./index.js";

/** Who else hears what a stream tells. */
export interface Echo {
  event(event: WireEvent): void;
  missed(): void;
}

const NOBODY: Echo = { event: () => undefined, missed: () => undefined };

/** A stream for some drafts; not connected yet. */
export function streamFor(parts: LiveParts, echo: Echo = NOBODY): Stream {
  const { drafts, transport, only } = parts;
  return new Stream(
    transport,
    {
      event: (event) => {
        tell(parts, event);
        echo.event(event);
      },
      missed: () => {
        miss(parts);
        echo.missed();
      },
      revision: (revision) => drafts().filter((syncing) => revision > knownAt(syncing.state.stored)).forEach((syncing) => syncing.catchUp()),
      live: () => drafts().forEach((syncing) => syncing.wake()),
    },
    only,
  );
}

/**
 * Only the newest event of a draft in a batch carries its delta; one without tells that a delta is near. What staff ask a
 * customer is told of the draft that was changed last, and is for them to hear wherever they are.
 */
export function tell({ drafts, happened }: LiveParts, event: WireEvent): void {
  for (const syncing of drafts()) {
    if (syncing.id === event.draft) pass(syncing, event);
    else if (event.type === "assist-requested") syncing.onEvent.tell(event);
  }
  happened(event);
}

function pass(syncing: Syncing, event: WireEvent): void {
  if (event.delta !== undefined) void hear(syncing, event.delta);
  else if (event.type.startsWith("completion-") && event.revision > knownAt(syncing.state.stored)) ask(syncing);
  syncing.onEvent.tell(event);
}

/** How an order goes is told without a delta; what waits for it may go on now. */
function ask(syncing: Syncing): void {
  syncing.catchUp();
  syncing.wake();
}

/** Events may have been missed: every draft is read again from where it is. */
export function miss({ drafts, happened }: LiveParts): void {
  drafts().forEach((syncing) => syncing.catchUp());
  happened(null);
}
