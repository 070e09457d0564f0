/** Why an order is refused that is not as the customer accepted it. */

import { type ErrorFacts, RetomaError } from "../errors.js";
import type { Counted } from "../wire.js";
import type { CartTotals, Price } from "./lines.js";
import { totalsOf } from "./totals.js";

/**
 * What the shop says of a line.
 *
 * @example
 * const isSoldOut = ({ unavailable }: LineValue): boolean => unavailable !== null;
 */
export interface LineValue {
  /** Of one piece. */
  readonly price: Price | null;
  /** Why it cannot be had; null where it can. */
  readonly unavailable: string | null;
  /** How many there are at most; null where the shop said nothing of it. */
  readonly maxQuantity: number | null;
}

/**
 * A line that the shop's word has changed.
 *
 * @example
 * const say = ({ before, after }: PriceChange): string => `${before.price?.amount} → ${after.price?.amount}`;
 */
export interface PriceChange {
  /** The line's key. */
  readonly line: string;
  readonly before: LineValue;
  readonly after: LineValue;
}

/**
 * The cart comes to something else than what the customer accepted. It shows what it comes to now, and is still open.
 *
 * @example
 * cart.complete({ priceHash }).catch((error) => {
 *   if (error instanceof PriceChangedError) ask(error.changes, error.totals); // and complete with error.totals.priceHash
 * });
 */
export class PriceChangedError extends RetomaError {
  /** What it comes to now. */
  readonly totals: CartTotals;
  /** The lines that the shop has valued anew; none where others have changed the cart. */
  readonly changes: readonly PriceChange[];

  constructor(facts: ErrorFacts) {
    super(facts);
    this.totals = totalsOf(this.facts as Pick<Counted, "totals">) as CartTotals;
    this.changes = ((this.facts["changes"] ?? []) as readonly WireChange[]).map(changeOf);
  }
}

/**
 * The cart has more of something than there is. It shows how much there is ({@link CartLine.maxQuantity}), and is still open.
 *
 * @example
 * cart.complete().catch((error) => {
 *   if (!(error instanceof QuantityUnavailableError)) throw error;
 *   const short = cart.lines.filter(({ key }) => error.lines.includes(key));
 *   for (const { sku, quantity, maxQuantity } of short) say(`${sku}: ${maxQuantity} of ${quantity}`);
 * });
 */
export class QuantityUnavailableError extends RetomaError {
  /** The keys of these lines. */
  readonly lines: readonly string[];

  constructor(facts: ErrorFacts) {
    super(facts);
    this.lines = (this.facts["lines"] ?? []) as readonly string[];
  }
}

/** As it travels. */
interface WireChange {
  readonly line: string;
  readonly before: WireValue;
  readonly after: WireValue;
}

interface WireValue extends Omit<LineValue, "maxQuantity"> {
  readonly max_quantity: number | null;
}

const changeOf = ({ line, before, after }: WireChange): PriceChange => ({ line, before: valueOf(before), after: valueOf(after) });

const valueOf = ({ max_quantity: maxQuantity, ...value }: WireValue): LineValue => ({ ...value, maxQuantity });
