/** What a developer wants to know of exchanges that went wrong: the last errors, and one line that explains a missing answer. */

import type { RetomaError } from "./errors.js";
import type { Trouble } from "./line.js";

const ERRORS_REMEMBERED = 10;

export class Notices {
  readonly #url: string;
  #hasExplained = false;
  /** Codes of the last errors, newest last. */
  lastErrors: readonly string[] = [];

  /** @param url - Of the server. */
  constructor(url: string) {
    this.#url = url;
  }

  /** An exchange went like this. */
  take(trouble: Trouble, error?: RetomaError): void {
    if (error !== undefined) this.lastErrors = [...this.lastErrors.slice(1 - ERRORS_REMEMBERED), error.code];
    if (trouble !== "offline" || this.#hasExplained || globalThis.location === undefined) return;
    this.#hasExplained = true;
    // oxlint-disable-next-line no-console -- browsers hide from scripts why a request failed; its developer must learn it
    console.warn(explanation(this.#url, globalThis.location.origin));
  }
}

function explanation(url: string, origin: string): string {
  return (
    `Retoma: no answer from ${url}. Either this device is offline, or this origin is not allowed; ` +
    `to allow it: retoma-server tenants allow NAME --origin ${origin}`
  );
}
