/** What a developer wants to know of exchanges that went wrong: the last errors, and one line that explains a missing answer. */

import type { RetomaError } from "./errors.js";
import type { Trouble } from "./line.js";

const ERRORS_REMEMBERED = 10;
/** How long a page may take to go once it is being left; afterwards its person has stayed, or it was but a download. */
const LEAVING_MS = 30_000;

export class Notices {
  readonly #url: string;
  #hasExplained = false;
  #leftAt = -Infinity;
  /** Codes of the last errors, newest last. */
  lastErrors: readonly string[] = [];

  /**
   * @param url - Of the server.
   * @param closed - Fires when the client closes.
   */
  constructor(url: string, closed: AbortSignal) {
    this.#url = url;
    const on = (type: string, at: () => number): void => globalThis.addEventListener?.(type, () => (this.#leftAt = at()), { signal: closed });
    // Browsers end the requests of a page before they tell it that it goes; this they tell earlier.
    on("beforeunload", () => performance.now());
    on("pageshow", () => -Infinity);
  }

  /** An exchange went like this. */
  take(trouble: Trouble, error?: RetomaError): void {
    if (error !== undefined) this.lastErrors = [...this.lastErrors.slice(1 - ERRORS_REMEMBERED), error.code];
    if (trouble !== "offline" || this.#hasExplained || this.#isLeaving || globalThis.location === undefined) return;
    this.#hasExplained = true;
    // oxlint-disable-next-line no-console -- browsers hide from scripts why a request failed; its developer must learn it
    console.warn(explanation(this.#url, globalThis.location.origin));
  }

  get #isLeaving(): boolean {
    return performance.now() - this.#leftAt < LEAVING_MS;
  }
}

function explanation(url: string, origin: string): string {
  return (
    `Retoma: no answer from ${url}. Either this device is offline, or this origin is not allowed; ` +
    `to allow it: retoma-server tenants allow NAME --origin ${origin}`
  );
}
