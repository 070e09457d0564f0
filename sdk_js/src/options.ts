/** What a page says of itself and of its server. */

import type { GetToken } from "./credentials.js";
import type { StorageError } from "./errors.js";
import type { DraftStorage } from "./keeping/adapter.js";
import type { RetomaStorage } from "./storage.js";
import type { Surroundings } from "./surroundings.js";

/**
 * How to reach a Retoma server.
 *
 * @example
 * const options: RetomaOptions = { url: "https://retoma.example", publishableKey: "pk_…", getToken: () => session.retomaToken };
 */
export interface RetomaOptions {
  /** The server's address, such as `https://retoma.example`. */
  readonly url: string;
  /** `pk_…`: names the business; not a secret. */
  readonly publishableKey: string;
  /** The token of the signed-in customer or member of staff; without it the page has a visitor. */
  readonly getToken?: GetToken;
  /**
   * Any lasting name that the page has for the signed-in customer; never sent. With it, what they enter is kept on the
   * device from the first moment; otherwise from when `getToken` or the server has said who they are.
   */
  readonly customer?: string;
  /** Where requests come from; by itself `web` or `mobile_web`. */
  readonly channel?: string;
  /** A label that the customer recognises on their other devices; by itself `iPhone` and the like. */
  readonly device?: string;
  /** Keeps the visitor token between page loads; by itself `localStorage`. */
  readonly storage?: RetomaStorage;
  /** Keeps edits and drafts between page loads; by itself IndexedDB. */
  readonly draftStorage?: DraftStorage;
  /** Encrypts what is kept of drafts with a key that cannot leave this browser. */
  readonly encrypt?: boolean;
  /** Hears that this device cannot keep drafts; everything goes on from memory. */
  readonly onStorageError?: (error: StorageError) => void;
  readonly fetch?: typeof fetch;
  /** Tells when to try again and when this may go away; by itself the page. */
  readonly surroundings?: Surroundings;
}
