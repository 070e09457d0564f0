/** The lines of one page to its server: for itself, for its customer, for each draft that was passed to it. */

import type { Connection } from "./connection.js";
import { type Credential, CustomerCredential, fixed, type GetToken, VisitorCredential } from "./credentials.js";
import { channelOf, deviceLabel } from "./device.js";
import type { Inner } from "./inner.js";
import { Notices } from "./noticing.js";
import { claimKey } from "./storage.js";
import { Transport } from "./transport.js";
import { vouch } from "./vouching.js";

/** What lines are made of. */
export interface LinesParts {
  readonly inner: Inner;
  /** Of the customer, where there is one. */
  readonly getToken: GetToken | undefined;
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
  readonly #forgotten = new AbortController();

  constructor(parts: LinesParts) {
    const { connection, inner } = parts;
    const { options } = inner;
    this.device = (options.device ?? deviceLabel(userAgent()))?.slice(0, 64);
    this.notices = new Notices(options.url, parts.closed);
    this.public = publicLine(parts, this.device, this.notices);
    this.#credential = credentialFor(parts, this.public);
    this.own = this.public.as(this.#credential, (trouble, error) => {
      const before = connection.status;
      this.notices.take(trouble, error);
      connection.heard(trouble);
      // A sign-in that brings one request through brings all of them through.
      if (before === "needs-auth" && trouble === null) parts.signedIn();
    });
    if (parts.getToken) this.#beTheirs(inner, parts.getToken, parts.closed);
  }

  #beTheirs(inner: Inner, getToken: GetToken, closed: AbortSignal): void {
    closed.addEventListener("abort", () => this.#forgotten.abort());
    vouch(inner, getToken, this.#forgotten.signal);
    if (inner.storage.get(claimKey(inner.options.publishableKey))) void makeGood(inner, getToken);
  }

  /** Speaks for a customer who is about to sign in. */
  forCustomer(getToken: GetToken, identified: (customer: string) => void): Transport {
    return this.public.as(new CustomerCredential(getToken, identified));
  }

  /** Speaks for whoever has a token that is what it is: of a draft that was passed on, of a visitor who leaves. */
  forToken(token: string): Transport {
    return this.public.as(fixed(token));
  }

  /** The customer has signed out: the next request asks who is there. */
  forget(): void {
    this.#credential.forget();
    this.#forgotten.abort();
  }
}

function publicLine({ inner, closed }: LinesParts, device: string | undefined, notices: Notices): Transport {
  const { options, timer } = inner;
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

function credentialFor({ inner, getToken, identified }: LinesParts, line: Transport): Credential {
  if (getToken) return new CustomerCredential(getToken, identified);
  return new VisitorCredential(inner.storage, inner.options.publishableKey, async () => {
    // Once: the request that needs the token is repeated as a whole.
    const call = { method: "POST", path: "visitors", body: {}, attempts: 1 } as const;
    return (await line.call<{ readonly token: string }>(call)).data.token;
  });
}

/** What an earlier page could not claim yet hinders nothing. */
async function makeGood(inner: Inner, getToken: GetToken): Promise<void> {
  await import("./account.js").then(({ Account }) => new Account(inner).makeGood(getToken)).catch(() => undefined);
}

const userAgent = (): string => globalThis.navigator?.userAgent ?? "";

function headersOf(channel: string, device: string | undefined): Record<string, string> {
  return { "Retoma-Channel": channel, ...(device === undefined ? {} : { "Retoma-Device": encodeURIComponent(device) }) };
}
