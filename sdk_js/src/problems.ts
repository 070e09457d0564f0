/** Problem documents (RFC 9457) as typed errors. */

import { AuthRequiredError, ClosedError, ConflictError, type ErrorFacts, RateLimitedError, RejectedError, RetomaError } from "./errors.js";

/** The typed error for a problem that a server answered. */
export function problemError(facts: ErrorFacts & { readonly status: number }): RetomaError {
  const Kind = kindOf(facts.status, facts.code);
  return new Kind(facts);
}

function kindOf(status: number, code: string): typeof RetomaError {
  if (status === 401) return AuthRequiredError;
  if (status === 429) return RateLimitedError;
  if (status === 404 || status === 410 || code === "draft-closed") return ClosedError;
  if (status === 412 || code === "conflicts-open") return ConflictError;
  if (status === 400 || status === 413 || status === 422) return RejectedError;
  return RetomaError;
}
