/** How a cart stands at one moment. */

import type { Draft } from "../draft.js";
import { emptyState, type Rejected, waiting } from "../rebasing.js";
import type { DraftState } from "../snapshot.js";
import { isOver } from "../stored.js";
import { positionAfter } from "../view.js";
import type { DraftStatus, Position } from "../wire.js";
import { folded } from "./folding.js";
import type { Identity } from "./identity.js";
import { type About, type CartLine, type CartTotals, isUnavailable, storedCart, type UnavailableLine } from "./lines.js";

/**
 * Something that the customer should know of what they did: it was taken, and met something of another device.
 *
 * `residual`: they removed a line, and what others had added unseen is still there. `overwrote`: they replaced a quantity
 * that they had not seen. `removed-elsewhere`: the line was gone, and stays gone. `line-absent`: there was no such line.
 * `line-changed`: it was not as expected, and was left alone. `spilled`: it went into the next cart, as this one is being
 * ordered. `waits-for-sign-in`: the guest has signed in elsewhere on this device, and it goes into their cart as soon as a
 * page of theirs is there.
 *
 * @example
 * cart.onWarning(({ code, sku, quantity }: CartWarning) => code === "residual" && say(`${quantity} × ${sku} are still there.`));
 */
export interface CartWarning extends Omit<Identity, "sku"> {
  readonly id: string;
  readonly code: string;
  /** The line's key. */
  readonly line: string;
  /** How many there are, or were. */
  readonly quantity: number | null;
  /** What the line was, where this device had it on screen. */
  readonly sku: string | null;
  readonly attributes: NonNullable<Identity["attributes"]>;
}

/**
 * A cart at one moment; a new object for each change, itself never changed.
 *
 * @example
 * cart.subscribe(({ lines, count, totals, state }: CartSnapshot) => render(lines, count, totals, state));
 */
export interface CartSnapshot extends About {
  /** Null until the server has the cart. */
  readonly id: string | null;
  /** What the person sees: what is stored, with what waits over it. */
  readonly lines: readonly CartLine[];
  /** Lines that cannot be had, by the shop's word: in no total, and not ordered. They can be removed like any other. */
  readonly unavailable: readonly UnavailableLine[];
  /** Pieces in `lines`. */
  readonly count: number;
  /** The server's count, of what it has. */
  readonly totals: CartTotals;
  /** Whether `lines` and `count` show what `totals` do not know yet. */
  readonly isPending: boolean;
  readonly state: DraftState;
  /**
   * `completing` while the shop makes the order, `unknown` where it fell silent, `completed` once it is made; `merged` once
   * its guest has signed in, elsewhere on this device; `parked` once the customer goes on with another one.
   */
  readonly status: DraftStatus;
  /** How far its order has come; null where nobody has begun to order it. */
  readonly completion: About["completion"];
  /** `stale` where the shop gave no word on prices and stock when it was last asked; null where it never was. */
  readonly validation: About["validation"];
  /** The cart that goes on in this one's place, or will once its order is made; the one before, where that order was given up. */
  readonly successor: string | null;
  /** The customer's cart that this one went into, when its guest signed in. */
  readonly mergedInto: string | null;
  readonly position: Position | null;
  readonly warnings: readonly CartWarning[];
  readonly rejected: readonly Rejected[];
}

/** How a cart stands now. */
export function takeCart(draft: Draft): CartSnapshot {
  const { syncing } = draft.acting;
  // Whoever signs in next never sees what this one had.
  const state = syncing.ended?.code === "signed-out" ? emptyState("") : syncing.state;
  const steps = waiting(state);
  // What waits beside a cart that is over is the next one.
  const isClosed = isOver(state.stored);
  const isNext = isClosed && steps.length > 0;
  const stored = storedCart(isNext ? new Map() : state.stored.leaves);
  const shown = folded([...stored.lines, ...stored.unavailable], steps);
  const lines = shown.filter((line) => !isUnavailable(line));
  return {
    id: isNext ? null : state.id,
    ...stored,
    lines,
    unavailable: shown.filter(isUnavailable),
    count: lines.reduce((sum, { quantity }) => sum + quantity, 0),
    isPending: steps.length > 0,
    state: isClosed && !isNext ? "closed" : draft.state,
    status: isNext ? "open" : state.stored.status,
    position: positionAfter(state.stored, steps),
    warnings: state.rejected.flatMap(warningIn),
    rejected: state.rejected.filter(({ warned }) => warned === undefined),
  };
}

function warningIn({ code, warned }: Rejected): readonly CartWarning[] {
  if (warned === undefined) return [];
  const { shown, ...rest } = warned;
  return [{ sku: null, attributes: {}, ...(shown as Partial<Identity> | null), ...rest, code }];
}
