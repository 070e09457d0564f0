/** What somebody had before their eyes when they made an edit. */

import type { Also } from "./wire.js";

/**
 * What a field showed at a moment. Opaque: taken by {@link Draft.seen} and handed back to {@link Draft.set}.
 *
 * @example
 * const seen: Seen = draft.seen("name"); // when the control is filled
 * draft.set("name", control.value, { seen }); // when the person has typed in it
 */
export interface Seen {
  /** @internal */
  readonly revision: number;
  /** @internal Changes of other page loads that were on screen and that the server had not acknowledged. */
  readonly also: Also;
  /** @internal Up to where the changes of this device were on screen. */
  readonly order: number;
}
