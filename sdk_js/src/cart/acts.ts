/** What a person does with a cart as a whole, on the server; loaded with the first exchange. */

import { type Acting, complete } from "../acts.js";
import type { Owned } from "../owned.js";
import { isUnsent } from "../rebasing.js";
import { freshId } from "../storage.js";
import { isOver } from "../stored.js";
import type { Syncing } from "../syncing.js";
import { resumeCart } from "./begun.js";
import { PriceChangedError, QuantityUnavailableError } from "./errors.js";
import { type CartCompletion, storedCart } from "./lines.js";
import { begunAnew } from "./succession.js";

interface Order {
  readonly completion: Promise<CartCompletion>;
  isBegun: boolean;
}

/** By cart, the order that this page has begun last. */
const orders = new WeakMap<Syncing, Order>();

/** Begins to order a cart, once for however many clicks. */
export function completeCart(acting: Acting, options: { readonly priceHash?: string }): Promise<CartCompletion> {
  const { syncing } = acting;
  const known = orders.get(syncing);
  if (known && (!known.isBegun || syncing.state.stored.status === "completing")) return known.completion;
  const order: Order = { completion: ordered(acting, options).finally(() => (order.isBegun = true)), isBegun: false };
  orders.set(syncing, order);
  return order.completion;
}

async function ordered(acting: Acting, options: { readonly priceHash?: string }): Promise<CartCompletion> {
  const { syncing } = acting;
  await complete(acting, options).catch(async (error: unknown) => {
    if (isValuedAnew(error)) await syncing.refresh().catch(() => undefined);
    else syncing.catchUp();
    throw error;
  });
  return storedCart(syncing.state.stored.leaves).completion as CartCompletion;
}

/** Whether the cart shows already, once somebody hears of this, what they are to be told. */
const isValuedAnew = (error: unknown): boolean => error instanceof PriceChangedError || error instanceof QuantityUnavailableError;

/** Goes on with the next cart where this one is over; one that was passed to this page has none. */
export async function nextCart(acting: Acting, owned: Owned | null): Promise<boolean> {
  const { syncing, target } = acting;
  const fresh = freshId("w_");
  if (target.kind) await syncing.applyNow((state) => (isOver(state.stored) && !isUnsent(state) ? begunAnew(state, "draft-closed", fresh) : state));
  return resumeCart(acting, owned);
}
