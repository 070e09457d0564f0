/** What is known of the connection to the server, and the one line that explains a missing one. */

import { Listeners, type Unsubscribe } from "./status.js";
import type { Heard } from "./transport.js";

/**
 * `online`: the server answers. `connecting`: it has not answered yet, or is failing. `offline`: no answer.
 * `needs-auth`: nobody is signed in.
 */
export type ConnectionStatus = "online" | "connecting" | "offline" | "needs-auth";

const MEANING: Readonly<Record<Heard, ConnectionStatus>> = {
  answered: "online",
  failing: "connecting",
  silent: "offline",
  unauthorized: "needs-auth",
};

export class Connection {
  readonly #url: string;
  readonly #listeners = new Listeners<ConnectionStatus>();
  #status: ConnectionStatus = "connecting";
  #hasExplained = false;

  constructor(url: string) {
    this.#url = url;
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  subscribe(fn: (status: ConnectionStatus) => void): Unsubscribe {
    fn(this.#status);
    return this.#listeners.add(fn);
  }

  /** How an exchange for the page's own customer went. */
  heard(heard: Heard): void {
    this.notice(heard);
    const status = MEANING[heard];
    if (status === this.#status) return;
    this.#status = status;
    this.#listeners.tell(status);
  }

  /** How any other exchange went: one for a grant says nothing of the customer's sign-in. */
  notice(heard: Heard): void {
    if (heard !== "silent" || this.#hasExplained || globalThis.location === undefined) return;
    this.#hasExplained = true;
    // oxlint-disable-next-line no-console -- browsers hide from scripts why a request failed; its developer must learn it
    console.warn(explanation(this.#url, globalThis.location.origin));
  }
}

function explanation(url: string, origin: string): string {
  return (
    `Retoma: no answer from ${url}. Either this device is offline, or this origin is not allowed; ` +
    `to allow it: retoma-server tenants add NAME --origin ${origin}`
  );
}
