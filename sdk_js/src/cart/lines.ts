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
  /** Who added it; null until the server has it. */
  readonly by: By | null;
  /** Whether something about it waits to be sent. */
  readonly isPending: boolean;
}

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

/** What is stored of a cart. */
export interface StoredCart {
  readonly lines: readonly CartLine[];
  readonly totals: CartTotals;
  readonly completion: CartCompletion | null;
}

/** As `leaves.ts` puts it down. */
interface Nested extends Partial<Pick<StoredCart, "totals" | "completion">> {
  readonly lines?: { readonly [key: string]: Omit<CartLine, "info" | "isPending"> };
  readonly info?: { readonly [name: string]: { readonly [key: string]: Json } };
  readonly keys?: readonly string[];
}

/** The cart that its leaves describe. */
export function storedCart(leaves: Leaves): StoredCart {
  const { lines = {}, info = {}, keys = [], totals, completion = null } = nest(leaves) as Nested;
  const notesOf = (key: string): LineInfo => Object.fromEntries(Object.entries(info).flatMap(([name, notes]) => (key in notes ? [[name, notes[key] as Json]] : [])));
  return {
    lines: keys.flatMap((key) => (lines[key] ? [{ ...lines[key], info: notesOf(key), isPending: false }] : [])),
    totals: totals ?? { lines: 0, quantity: 0, unpriced: 0, priceHash: "", amounts: [] },
    completion,
  };
}
