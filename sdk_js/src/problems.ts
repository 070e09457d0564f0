/** Problem documents (RFC 9457) as typed errors. */

import { PriceChangedError, QuantityUnavailableError } from "./cart/errors.js";
import { AuthRequiredError, ClosedError, ConflictError, type ErrorFacts, RateLimitedError, RejectedError, RetomaError } from "./errors.js";

/** The typed error for a problem that a server answered. */
export function problemError(facts: ErrorFacts & { readonly status: number }): RetomaError {
  const Kind = kindOf(facts.status, facts.code);
  return new Kind(facts);
}

/** Those that are told by their code alone. */
const KINDS: Readonly<Record<string, typeof RetomaError>> = { "price-changed": PriceChangedError, "quantity-unavailable": QuantityUnavailableError, "draft-closed": ClosedError, "conflicts-open": ConflictError };

function kindOf(status: number, code: string): typeof RetomaError {
  const known = KINDS[code];
  if (known) return known;
  if (status === 401) return AuthRequiredError;
  if (status === 429) return RateLimitedError;
  if (status === 404 || status === 410) return ClosedError;
  if (status === 412) return ConflictError;
  if (status === 400 || status === 413 || status === 422) return RejectedError;
  return RetomaError;
}
