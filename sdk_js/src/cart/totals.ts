/** What a cart comes to, in the words of this SDK. */

import type { Counted } from "../wire.js";
import type { CartTotals } from "./lines.js";

export function totalsOf({ totals }: Pick<Counted, "totals">): CartTotals | null {
  if (totals === undefined) return null;
  const { price_hash: priceHash, ...counts } = totals;
  return { ...counts, priceHash };
}
