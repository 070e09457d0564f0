/** The lines of one page to its server: for itself, for its customer, for each draft that was passed to it. */

import type { RetomaOptions } from "./client.js";
import type { Connection } from "./connection.js";
import { type Credential, CustomerCredential, fixed, VisitorCredential } from "./credentials.js";
import { channelOf, deviceLabel } from "./device.js";
import { Notices } from "./noticing.js";
import type { RetomaStorage } from "./storage.js";
import type { Timer } from "./timer.js";
import { Transport } from "./transport.js";

/** What lines are made of. */
export interface LinesParts {
  readonly options: RetomaOptions;
  readonly timer: Timer;
  readonly storage: RetomaStorage;
  readonly connection: Connection;
  readonly closed: AbortSignal;
  /** Hears whose token `getToken` gave; throws if it may not be used. */
  readonly identified: (customer: string) => void;
  /** Hears that a request was let in again, after one had been turned away. */
  readonly signedIn: () => void;
}

export class Lines {
  /** The label of this device, where there is one. */
  readonly device: string | undefined;
  /** Speaks for nobody but the page itself. */
  readonly public: Transport;
  /** Speaks for the customer or visitor. */
  readonly own: Transport;
  readonly notices: Notices;
  readonly #credential: Credential;

  constructor(parts: LinesParts) {
    const { options, connection } = parts;
    this.device = (options.device ?? deviceLabel(userAgent()))?.slice(0, 64);
    this.notices = new Notices(options.url);
    this.public = publicLine(parts, this.device, this.notices);
    this.#credential = credentialFor(parts, this.public);
    this.own = this.public.as(this.#credential, (trouble, error) => {
      const before = connection.status;
      this.notices.take(trouble, error);
      connection.heard(trouble);
      // A sign-in that brings one request through brings all of them through.
      if (before === "needs-auth" && trouble === null) parts.signedIn();
    });
  }

  /** Speaks for whoever a draft was passed to. */
  forGrant(token: string): Transport {
    return this.public.as(fixed(token));
  }

  /** The customer has signed out: the next request asks who is there. */
  forget(): void {
    this.#credential.forget();
  }
}

function publicLine({ options, timer, closed }: LinesParts, device: string | undefined, notices: Notices): Transport {
  const { url, fetch, channel, publishableKey } = options;
  return new Transport({
    url: url.replace(/\/+$/, ""),
    publishableKey,
    timer,
    // Looked up at each call: tools that watch requests replace it after this page has begun.
    fetch: fetch ?? ((...request) => globalThis.fetch(...request)),
    headers: headersOf(channel ?? channelOf(userAgent(), globalThis.document !== undefined), device),
    closed,
    credential: fixed(publishableKey),
    // One for a grant says nothing of the customer's own sign-in.
    heard: (trouble, error) => notices.take(trouble, error),
    leaving: { bytes: 0 },
  });
}

function credentialFor({ options, storage, identified }: LinesParts, line: Transport): Credential {
  const { getToken, publishableKey } = options;
  if (getToken) return new CustomerCredential(getToken, identified);
  return new VisitorCredential(storage, publishableKey, async () => {
    // Once: the request that needs the token is repeated as a whole.
    const call = { method: "POST", path: "visitors", body: {}, attempts: 1 } as const;
    return (await line.call<{ readonly token: string }>(call)).data.token;
  });
}

const userAgent = (): string => globalThis.navigator?.userAgent ?? "";

function headersOf(channel: string, device: string | undefined): Record<string, string> {
  return { "Retoma-Channel": channel, ...(device === undefined ? {} : { "Retoma-Device": encodeURIComponent(device) }) };
}
