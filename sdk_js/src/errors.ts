import type { Conflict } from "./wire.js";

/** Facts of an error, as a problem document (RFC 9457) or this client states them. */
export interface ErrorFacts {
  readonly code: string;
  readonly message: string;
  readonly status?: number;
  readonly retryable?: boolean;
  readonly requestId?: string;
  readonly retryAfter?: number;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Found on errors of every copy of this package, so that two bundled copies understand each other. */
const BRAND = Symbol.for("retoma.error");

/**
 * Everything that this package throws.
 *
 * `code` is kebab-case and equals the last segment of the problem's `type`; `status` is the HTTP status
 * (0 without an answer); `retryable` says whether the same request may succeed later.
 *
 * @example
 * try { await draft.complete(); } catch (error) {
 *   if (isRetomaError(error, "conflicts-open")) showConflicts(draft.conflicts);
 * }
 */
export class RetomaError extends Error {
  declare readonly code: string;
  declare readonly status: number;
  declare readonly retryable: boolean;
  declare readonly requestId: string | null;
  /** Seconds to wait before the next attempt, where the server named them. */
  declare readonly retryAfter: number | null;
  /** Further members of the problem document, such as `expected` or `errors`. */
  declare readonly facts: Readonly<Record<string, unknown>>;

  constructor({ message, cause, ...facts }: ErrorFacts) {
    super(message, cause === undefined ? undefined : { cause });
    Object.assign(this, { status: 0, retryable: false, requestId: null, retryAfter: null, facts: {} }, facts, { name: new.target.name });
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/**
 * No answer came: the device is offline, the address is wrong, or this origin is not allowed.
 *
 * @example
 * draft.open().catch((error) => error instanceof NetworkError && showOfflineBanner());
 */
export class NetworkError extends RetomaError {}

/**
 * Nobody is signed in, or the sign-in has ended; the queue of changes is kept.
 *
 * @example
 * if (error instanceof AuthRequiredError) { await signIn(); await draft.flush(); }
 */
export class AuthRequiredError extends RetomaError {}

/**
 * The server refused what was sent, or it can be no path or value; the same again cannot succeed.
 *
 * @example
 * draft.saved().catch((error) => error instanceof RejectedError && show(draft.rejected));
 */
export class RejectedError extends RetomaError {}

/**
 * The draft was completed, discarded, has expired or is unknown, or the client was closed.
 *
 * @example
 * if (error instanceof ClosedError) draft = retoma.draft("mortgage-application");
 */
export class ClosedError extends RetomaError {}

/**
 * Too many requests; `retryAfter` says when to come back.
 *
 * @example
 * if (error instanceof RateLimitedError) wait(error.retryAfter ?? 1);
 */
export class RateLimitedError extends RetomaError {}

/**
 * The draft changed since it was seen, or conflicts wait for a choice.
 *
 * @example
 * draft.complete().catch((error) => error instanceof ConflictError && ask(error.conflicts));
 */
export class ConflictError extends RetomaError {
  /** The conflicts that stand in the way, where the server named them. */
  readonly conflicts: readonly Conflict[];

  constructor(facts: ErrorFacts) {
    super(facts);
    this.conflicts = (facts.facts?.["conflicts"] as readonly Conflict[] | undefined) ?? [];
  }
}

/**
 * This device cannot keep drafts: its quota is used up (`quota`), another version of this package holds the database
 * (`blocked`), or it is gone (`lost`). Everything goes on from memory.
 *
 * @example
 * createRetoma({ url, publishableKey, onStorageError: (error) => report(error.kind) });
 */
export class StorageError extends RetomaError {
  readonly kind: "quota" | "blocked" | "lost";

  constructor(facts: ErrorFacts, kind: StorageError["kind"]) {
    super(facts);
    this.kind = kind;
  }
}

/**
 * Somebody signs out while edits wait that the server does not have.
 *
 * @example
 * retoma.signOut().catch((error) => {
 *   if (error instanceof UnsentChangesError && confirm("Lose what is not saved?")) return retoma.signOut({ discardUnsent: true });
 * });
 */
export class UnsentChangesError extends RetomaError {}

/**
 * Whether a caught value comes from this package, and optionally carries this code.
 *
 * @example
 * if (isRetomaError(error, "draft-closed")) startAgain();
 */
export function isRetomaError(error: unknown, code?: string): error is RetomaError {
  if (typeof error !== "object" || error === null || !(BRAND in error)) return false;
  return code === undefined || (error as object as RetomaError).code === code;
}

/** The error of everything that is asked after the draft or the client was closed, or its customer has signed out. */
export function over(code: "client-closed" | "signed-out" | "draft-closed"): ClosedError {
  return new ClosedError({ code, message: `Nothing more is saved here (${code}).` });
}

/** The error of an answer that makes no sense; the next may. */
export function unexpected(cause: unknown): RetomaError {
  return new RetomaError({ code: "unexpected", message: "Unexpected answer.", retryable: true, cause });
}
