/** A cart's lines as a person sees them, read from what is stored. Pure. */

import { type Leaves, nest } from "../pointer.js";
import type { By, Json } from "../wire.js";
import type { Identity } from "./identity.js";

/**
 * The price of one piece: an amount in the currency's smallest unit (ISO 4217).
 *
 * @example
 * const price: Price = { amount: 1990, currency: "EUR" };
 */
export interface Price {
  readonly amount: number;
  readonly currency: string;
  /** When the customer was shown it (RFC 3339, UTC), where the server says so. */
  readonly at?: string;
}

/**
 * Notes about a line; no part of what makes it the same line.
 *
 * @example
 * cart.inform(line, { gift: "Happy birthday" } satisfies LineInfo);
 */
export type LineInfo = { readonly [name: string]: Json };

/**
 * One line of a cart.
 *
 * @example
 * cart.lines.map(({ key, sku, attributes, quantity }: CartLine) => render(key, sku, attributes, quantity));
 */
export interface CartLine extends Required<Identity> {
  /** Names the line on every device. */
  readonly key: string;
  readonly quantity: number;
  readonly info: LineInfo;
  /** Of one piece, as the customer was shown it last. */
  readonly price: Price | null;
  /** How many there are at most, by the shop's word; the customer lowers the quantity themselves. */
  readonly maxQuantity: number | null;
  /** Who added it; null until the server has it. */
  readonly by: By | null;
  /** Whether something about it waits to be sent. */
  readonly isPending: boolean;
}

/**
 * A line that cannot be had, by the shop's word. It is in no total and is not ordered. It stays until somebody removes it,
 * or is in `lines` again once the shop has it.
 *
 * @example
 * cart.unavailable.map(({ key, sku, reason }: UnavailableLine) => render(key, sku, reason)); // "sold-out"
 */
export interface UnavailableLine extends CartLine {
  /** In the shop's words. */
  readonly reason: string;
}

/** Whether a line is one that cannot be had. */
export const isUnavailable = (line: CartLine): line is UnavailableLine => "reason" in line;

/**
 * What a cart comes to, as the server counts it.
 *
 * @example
 * const euros = ({ amounts }: CartTotals): number => (amounts.find(({ currency }) => currency === "EUR")?.amount ?? 0) / 100;
 */
export interface CartTotals {
  readonly lines: number;
  readonly quantity: number;
  /** Lines that have no price. */
  readonly unpriced: number;
  /** What a customer accepts who orders; empty for a cart that the server does not know. */
  readonly priceHash: string;
  /** One for each currency. */
  readonly amounts: readonly Price[];
}

/**
 * How far the order of a cart has come.
 *
 * @example
 * const thanks = ({ status, orderRef }: CartCompletion): string => (status === "committed" ? `Your order is ${orderRef}.` : "");
 */
export interface CartCompletion {
  /** The same for every attempt at one cart: hand it to the order system as its idempotency key. */
  readonly id: string;
  readonly attempt: number;
  readonly status: "completing" | "unknown" | "committed" | "aborted";
  readonly leaseExpiresAt: string;
  /** The shop's own name of the order, once there is one. */
  readonly orderRef: string | null;
}

/**
 * What is said of a product beside its `sku`, when it is added.
 *
 * @example
 * const more: Adding = { attributes: { size: "M" }, price: { amount: 1990, currency: "EUR" } };
 */
export interface Adding extends Omit<Identity, "sku"> {
  /** Of one piece, as the customer was shown it. */
  readonly price?: Price;
  readonly info?: LineInfo;
}

/**
 * A line of a cart, or its key.
 *
 * @example
 * const toggle = (line: LineRef): void => cart.remove(line);
 */
export type LineRef = string | Pick<CartLine, "key">;

/** What is told of a cart beside its lines. */
export interface About {
  readonly completion: CartCompletion | null;
  readonly validation: "ok" | "stale" | null;
  readonly successor: string | null;
  readonly mergedInto: string | null;
}

/** What is stored of a cart. */
export interface StoredCart extends About {
  readonly lines: readonly CartLine[];
  readonly unavailable: readonly UnavailableLine[];
  readonly totals: CartTotals;
}

/** By key, without their notes. */
type Noteless<Line> = { readonly [key: string]: Omit<Line, "info" | "isPending"> };

/** As `leaves.ts` puts it down; an earlier version has put down less. */
interface Nested extends Partial<About & Pick<StoredCart, "totals">> {
  readonly lines?: Noteless<CartLine>;
  readonly unavailable?: Noteless<UnavailableLine>;
  readonly info?: { readonly [name: string]: { readonly [key: string]: Json } };
  readonly keys?: readonly string[];
}

/** The cart that its leaves describe. */
export function storedCart(leaves: Leaves): StoredCart {
  const { lines = {}, unavailable = {}, info = {}, keys = [], totals, completion = null, validation = null, successor = null, mergedInto = null } = nest(leaves) as Nested;
  const notesOf = (key: string): LineInfo => Object.fromEntries(Object.entries(info).flatMap(([name, notes]) => (key in notes ? [[name, notes[key] as Json]] : [])));
  const whole = <Line extends Noteless<CartLine>[string]>(line: Line) => ({ ...line, maxQuantity: line.maxQuantity ?? null, info: notesOf(line.key), isPending: false });
  return {
    lines: keys.flatMap((key) => (lines[key] ? [whole(lines[key])] : [])),
    unavailable: Object.values(unavailable).map((line) => whole(line)),
    totals: totals ?? { lines: 0, quantity: 0, unpriced: 0, priceHash: "", amounts: [] },
    completion,
    validation,
    successor,
    mergedInto,
  };
}
