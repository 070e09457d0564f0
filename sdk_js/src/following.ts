/** Brings what a stream tells to the drafts that it is about. */

import { Stream } from "./events.js";
import type { Syncing } from "./syncing.js";
import type { Transport } from "./transport.js";
import type { WireEvent } from "./wire.js";

/**
 * A stream for some drafts; not connected yet.
 *
 * @param drafts - Those that it serves, at any moment.
 * @param only - The one draft to follow, for a credential that may read no other.
 */
export function streamFor(transport: Transport, drafts: () => readonly Syncing[], only?: string): Stream {
  const each = (act: (syncing: Syncing) => void) => (): void => drafts().forEach(act);
  return new Stream(
    transport,
    {
      event: (event) => drafts().filter((syncing) => syncing.id === event.draft).forEach((syncing) => tell(syncing, event)),
      missed: each((syncing) => syncing.catchUp()),
      revision: (revision) => drafts().filter((syncing) => revision > syncing.state.stored.revision).forEach((syncing) => syncing.catchUp()),
      live: each((syncing) => syncing.wake()),
    },
    only,
  );
}

/** Only the newest event of a draft in a batch carries its delta; one without tells that a delta is near. */
function tell(syncing: Syncing, event: WireEvent): void {
  if (event.delta !== undefined) syncing.hear(event.delta);
  syncing.onEvent.tell(event);
}
