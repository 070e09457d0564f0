/** Carts: what two devices fill together, and what is ordered once. */

import type { Retoma } from "../client.js";
import type { Draft } from "../draft.js";
import { Cart } from "./cart.js";

const carts = new WeakMap<object, Map<string, Cart>>();

/**
 * The customer's cart; the same object each time. Sends nothing and makes none until something is added, except what an
 * earlier page has left unsent.
 *
 * @param source - The client, or a draft that a handoff brought to this page.
 * @param options - `process`: `cart` unless the business calls it otherwise; `key`: tells one of several carts.
 * @example
 * const cart = cartOf((await retoma.redeem()) ?? retoma);
 */
export function cartOf(source: Retoma | Draft, options: { readonly process?: string; readonly key?: string } = {}): Cart {
  const { process = "cart", key = "default" } = options;
  const known = carts.get(source) ?? new Map<string, Cart>();
  carts.set(source, known);
  const name = JSON.stringify([process, key]);
  const cart = known.get(name) ?? ("acting" in source ? new Cart(() => source, () => null) : new Cart(() => source.draft(process, { key, kind: "cart" }), () => source.owned));
  known.set(name, cart);
  return cart;
}

export type { Cart } from "./cart.js";
export { type LineValue, type PriceChange, PriceChangedError, QuantityUnavailableError } from "./errors.js";
export { type Attribute, type Identity, lineKey } from "./identity.js";
export type { Adding, CartCompletion, CartLine, CartTotals, LineInfo, LineRef, Price, UnavailableLine } from "./lines.js";
export type { CartSnapshot, CartWarning } from "./snapshot.js";
