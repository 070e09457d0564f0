/** A cart in a component. */

import { useMemo, useSyncExternalStore } from "react";
import type { Cart, CartSnapshot, cartOf } from "../cart/index.js";
import type { Draft } from "../draft.js";
import { isOver } from "../stored.js";
import { type Provided, useProvided } from "./provider.js";
import { type Finding, type Found, type Known, Source } from "./source.js";

/**
 * A cart at one moment, for a component.
 *
 * @example
 * const { cart, lines, count, isReady }: UsedCart = useCart(cartOf);
 */
export interface UsedCart extends CartSnapshot, Known {
  /** What event handlers use. Null on the server and until the component is mounted. */
  readonly cart: Cart | null;
  /** Whether `lines` are what was in it before, as far as this device and the server could be asked. */
  readonly isReady: boolean;
  /** Why the handoff in the page's address could not be redeemed; null where there is nothing to tell. */
  readonly error: unknown;
}

type Options = NonNullable<Parameters<typeof cartOf>[1]>;

const NOTHING: UsedCart = {
  cart: null,
  isReady: false,
  error: null,
  id: null,
  lines: [],
  unavailable: [],
  count: 0,
  totals: { lines: 0, quantity: 0, unpriced: 0, priceHash: "", amounts: [] },
  isPending: false,
  state: "saved",
  status: "open",
  completion: null,
  validation: null,
  successor: null,
  mergedInto: null,
  position: null,
  warnings: [],
  rejected: [],
};

/**
 * The customer's cart: the one that a handoff brought to this page, else their own.
 *
 * Asks nothing during render or on a server; once mounted it shows the cart that there is, and makes none before the
 * first `add`. After a sign-out it is empty, and goes on with the cart of whoever comes next.
 *
 * @param of - `cartOf` of `retoma/cart`: pages without carts load nothing of it.
 * @param options - As for `cartOf`.
 * @example
 * const { cart, lines, count } = useCart(cartOf);
 * return <button onClick={() => cart?.add("tee")}>{count} in the cart</button>;
 */
export function useCart(of: typeof cartOf, options: Options = {}): UsedCart {
  const provided = useProvided();
  const source = useMemo(() => new Source(provided, findingOf(provided, of, options)), [provided, of, options.process, options.key]);
  return useSyncExternalStore(source.subscribe, source.read, nothing);
}

const nothing = (): UsedCart => NOTHING;

function findingOf({ client }: Provided, of: typeof cartOf, options: Options): Finding<UsedCart> {
  const { process = "cart", key } = options;
  const isWanted = (given: Draft): boolean => !isOver(given) && given.process === process && (key ?? given.key) === given.key;
  const find = (given: Draft | null): Found<UsedCart> => {
    const cart = of(given && isWanted(given) ? given : client, options);
    // It is of whoever is there now before it is shown.
    void cart.ready;
    // Without an answer the page goes on from what this device has kept.
    return { follow: (tell) => cart.subscribe((shown) => tell({ ...shown, cart })), resume: () => cart.resume().catch(() => undefined) };
  };
  return { place: JSON.stringify([process, key, "cart"]), nothing: NOTHING, find };
}
