/** What is known of the connection to the server. */

import type { Trouble } from "./line.js";
import { Listeners, type Unsubscribe } from "./status.js";

/**
 * `online`: the server answers. `connecting`: it has not answered yet, or is failing. `offline`: no answer.
 * `needs-auth`: nobody is signed in.
 *
 * @example
 * retoma.onStatus((status: ConnectionStatus) => (banner.hidden = status === "online"));
 */
export type ConnectionStatus = "online" | "connecting" | "offline" | "needs-auth";

export class Connection {
  readonly #listeners = new Listeners<ConnectionStatus>();
  status: ConnectionStatus = "connecting";

  subscribe(fn: (status: ConnectionStatus) => void): Unsubscribe {
    fn(this.status);
    return this.#listeners.add(fn);
  }

  /** How an exchange for the page's own customer went. */
  heard(trouble: Trouble): void {
    const status = trouble === "failing" ? "connecting" : (trouble ?? "online");
    if (status === this.status) return;
    this.status = status;
    this.#listeners.tell(status);
  }
}
