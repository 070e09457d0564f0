import { Connection, type ConnectionStatus } from "./connection.js";
import { type Credential, CustomerCredential, fixed, type GetToken, VisitorCredential } from "./credentials.js";
import { channelOf, deviceLabel } from "./device.js";
import { Draft } from "./draft.js";
import { RejectedError } from "./errors.js";
import type { Stream } from "./events.js";
import { streamFor } from "./following.js";
import { readTicket, takeTicket, type Ticket } from "./handoff.js";
import { type ListedDraft, type ListOptions, listDrafts } from "./listing.js";
import type { AnyForm } from "./paths.js";
import type { Unsubscribe } from "./status.js";
import { installationOf, type RetomaStorage, usableStorage } from "./storage.js";
import { Syncing, type Target } from "./syncing.js";
import type { Timer } from "./timer.js";
import { clientClosed, Transport } from "./transport.js";
import type { Page, Passed, Redemption, WireDraft } from "./wire.js";

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
  /** Where requests come from; by itself `web` or `mobile_web`. */
  readonly channel?: string;
  /** A label that the customer recognises on their other devices; by itself `iPhone` and the like. */
  readonly device?: string;
  /** Keeps the visitor token between page loads; by itself `localStorage`. */
  readonly storage?: RetomaStorage;
  readonly fetch?: typeof fetch;
}

interface Held {
  readonly draft: Draft;
  readonly syncing: Syncing;
}

/**
 * A connection to a Retoma server, for one page.
 *
 * @example
 * const retoma = createRetoma({ url: "https://retoma.example", publishableKey: "pk_…" });
 */
export class Retoma {
  readonly #storage: RetomaStorage;
  readonly #device: string | undefined;
  readonly #connection: Connection;
  readonly #closing = new AbortController();
  /** Speaks for nobody but the page itself. */
  readonly #public: Transport;
  /** Speaks for the customer or visitor. */
  readonly #own: Transport;
  readonly #held = new Map<string, Held>();
  readonly #redeemed: Held[] = [];
  /** Serves all drafts of the customer; a redeemed one has a stream of its own. */
  readonly #shared: Stream;
  readonly #streams: Stream[];
  #redemption: Promise<Draft> | null = null;

  /** @internal Made by {@link createRetoma}. */
  constructor(options: RetomaOptions, timer: Timer) {
    const url = options.url.replace(/\/+$/, "");
    this.#storage = options.storage ?? usableStorage();
    this.#device = (options.device ?? deviceLabel(userAgent()))?.slice(0, 64);
    this.#connection = new Connection(url);
    this.#public = new Transport({
      url,
      timer,
      // Looked up at each call: tools that watch requests replace it after this page has begun.
      fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
      headers: headersOf(options.channel ?? channelOf(userAgent(), globalThis.document !== undefined), this.#device),
      closed: this.#closing.signal,
      credential: fixed(options.publishableKey),
      heard: (heard) => this.#connection.notice(heard),
    });
    this.#own = this.#public.as(this.#credentialFor(options), (heard) => this.#connection.heard(heard));
    this.#shared = streamFor(this.#own, () => [...this.#held.values()].map((held) => held.syncing));
    this.#streams = [this.#shared];
    this.#listenToPage();
    this.#listenToSignIn();
  }

  /** The drafts of this customer or visitor. */
  readonly drafts = {
    /**
     * Newest first: "continue where you left off". A visitor who has never entered anything has none.
     *
     * @example
     * const { items } = await retoma.drafts.list({ status: "open" });
     */
    list: (options: ListOptions = {}): Promise<Page<ListedDraft>> => listDrafts(this.#own, options),
  };

  /**
   * The draft of a process; the same object each time, until it is completed or discarded. Sends nothing yet.
   *
   * @param options - `key`: tells one of several drafts of the process.
   * @example
   * const draft = retoma.draft<Mortgage>("mortgage-application");
   */
  draft<T = AnyForm>(process: string, options: { readonly key?: string } = {}): Draft<T> {
    const target = { process, key: options.key ?? "default" };
    const place = JSON.stringify([target.process, target.key]);
    const known = this.#held.get(place);
    if (known !== undefined && known.draft.state !== "closed") return known.draft as Draft<T>;
    const held = this.#hold(this.#own, target);
    this.#held.set(place, held);
    held.syncing.onOpen(() => this.#shared.begin());
    return held.draft as Draft<T>;
  }

  /**
   * Opens the draft that a handoff passes to this device.
   *
   * @param tokenOrUrl - The handoff; without it the one in the page's address, which is taken out of it.
   * @returns null where the address carries none.
   * @throws ClosedError `handoff-invalid` for one that is used, expired or unknown.
   * @example
   * const draft = (await retoma.redeem()) ?? retoma.draft("mortgage-application");
   */
  async redeem<T = AnyForm>(tokenOrUrl?: string): Promise<Draft<T> | null> {
    const ticket = tokenOrUrl === undefined ? ticketOfPage() : readTicket(tokenOrUrl);
    if (ticket === null && tokenOrUrl !== undefined) throw noHandoff();
    // A page may ask twice while it starts; the address carries the handoff only the first time.
    if (ticket !== null) this.#redemption = this.#redeem(ticket);
    return this.#redemption as Promise<Draft<T>> | null;
  }

  /**
   * Opens the draft of a customer who reads their short code to the signed-in member of staff.
   *
   * Personal values come masked, as `{ $masked: true, hint }`, until staff set them. Works until the customer ends it.
   *
   * @throws ClosedError `handoff-invalid` for a code that is used, expired or unknown.
   * @example
   * const retoma = createRetoma({ url, publishableKey, channel: "store", getToken: () => staffToken });
   * const draft = await retoma.assist("BCDF-GHJK");
   */
  async assist<T = AnyForm>(code: string): Promise<Draft<T>> {
    const { data } = await this.#own.call<Passed>({ method: "POST", path: "assist/redeem", body: { code } });
    return this.#accept(this.#own, data.draft) as Draft<T>;
  }

  /** How the connection stands. */
  get status(): ConnectionStatus {
    return this.#connection.status;
  }

  /**
   * Calls `fn` at once and on every change of {@link Retoma.status}.
   *
   * @example
   * const stop = retoma.onStatus((status) => (banner.hidden = status === "online"));
   */
  onStatus(fn: (status: ConnectionStatus) => void): Unsubscribe {
    return this.#connection.subscribe(fn);
  }

  /**
   * Ends all exchange with the server. What waits is lost: `await draft.saved()` first.
   *
   * @example
   * retoma.close();
   */
  close(): void {
    this.#closing.abort();
    this.#streams.forEach((stream) => stream.stop());
    this.#all().forEach((held) => held.syncing.end(clientClosed()));
  }

  async #redeem(ticket: Ticket): Promise<Draft> {
    const body = { ...ticket, ...(this.#device === undefined ? {} : { device: this.#device }) };
    const { data } = await this.#public.call<Redemption>({ method: "POST", path: "handoffs/redeem", body });
    return this.#accept(this.#public.as(fixed(data.grant)), data.draft);
  }

  /** Follows a draft that was passed to this device. */
  #accept(transport: Transport, draft: WireDraft): Draft {
    const held = this.#hold(transport, draft);
    held.syncing.adopt({ data: draft, etag: null });
    const stream = streamFor(transport, () => [held.syncing], draft.id);
    this.#redeemed.push(held);
    this.#streams.push(stream);
    stream.begin();
    return held.draft;
  }

  #hold(transport: Transport, target: Target): Held {
    const syncing = new Syncing(transport, installationOf(this.#storage), target);
    return { draft: new Draft(target, syncing, transport), syncing };
  }

  #credentialFor(options: RetomaOptions): Credential {
    if (options.getToken) return new CustomerCredential(options.getToken);
    return new VisitorCredential(this.#storage, options.publishableKey, async () => {
      // Once: the request that needs the token is repeated as a whole.
      const call = { method: "POST", path: "visitors", body: {}, attempts: 1 } as const;
      return (await this.#public.call<{ readonly token: string }>(call)).data.token;
    });
  }

  #all(): readonly Held[] {
    return [...this.#held.values(), ...this.#redeemed];
  }

  /** The browser's word that the network is back is a reason to try, its absence never a reason not to. */
  #listenToPage(): void {
    const { signal } = this.#closing;
    globalThis.addEventListener?.("online", () => this.#wake(), { signal });
    const { document } = globalThis;
    document?.addEventListener("visibilitychange", () => (document.hidden ? this.#leave() : this.#wake()), { signal });
  }

  /** A sign-in that brings one request through brings all of them through. */
  #listenToSignIn(): void {
    let before: ConnectionStatus = this.status;
    this.#connection.subscribe((status) => {
      if (before === "needs-auth" && status === "online") this.#wake();
      before = status;
    });
  }

  #leave(): void {
    this.#all().forEach((held) => held.syncing.leave());
  }

  #wake(): void {
    this.#all().forEach((held) => held.syncing.wake());
    this.#streams.forEach((stream) => stream.wake());
  }
}

const userAgent = (): string => globalThis.navigator?.userAgent ?? "";

function headersOf(channel: string, device: string | undefined): Record<string, string> {
  return { "Retoma-Channel": channel, ...(device === undefined ? {} : { "Retoma-Device": encodeURIComponent(device) }) };
}

function ticketOfPage(): Ticket | null {
  return globalThis.location === undefined ? null : takeTicket(globalThis.location, globalThis.history);
}

function noHandoff(): RejectedError {
  return new RejectedError({ code: "handoff-invalid", message: "This is no handoff." });
}
