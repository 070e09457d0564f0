/**
 * The claim: what a visitor has begun on this device becomes the customer's who signs in. Loaded with the first sign-in.
 *
 * It is written down before it is asked for, and until all that follows from it is done on this device: so whatever fails,
 * or is killed, in between, is done again by this page or the next one of the same customer. The server answers the same.
 */

import { isLeft } from "./acts.js";
import type { GetToken } from "./credentials.js";
import { AuthRequiredError, isRetomaError, over } from "./errors.js";
import type { ClaimOut } from "./generated/types.gen.js";
import type { Inner } from "./inner.js";
import type { Kept } from "./keeping/adapter.js";
import { pack, unpack } from "./keeping/records.js";
import type { Shelf } from "./keeping/shelf.js";
import { tellParting } from "./leaving.js";
import { left, named } from "./left.js";
import { rememberAdopted } from "./late.js";
import { LaterLine } from "./line.js";
import { type Held, Owned } from "./owned.js";
import { emptyState, type State } from "./rebasing.js";
import { NOTHING_DONE, type Receipt, receiptOf, type SignInOptions } from "./receipts.js";
import { claimKey, visitorKey } from "./storage.js";
import { NOTHING } from "./stored.js";
import type { Transport } from "./transport.js";
import { goOn, openIn } from "./turning.js";
import type { Json } from "./wire.js";

/** How it is to be done. */
export type Wish = Pick<SignInOptions, "intent" | "strategy" | "forms" | "seen">;

/** A claim that is not made yet, as this device remembers it. */
export interface Pending {
  readonly visitor: string;
  /** The customer by a name that the page has, or else by the server's id; null where neither is known. */
  readonly who: string | null;
  readonly wish: Wish;
}

/** What the device remembers of a claim that was not made yet. */
export function pendingIn({ storage, options }: Inner): Pending | null {
  return JSON.parse(storage.get(claimKey(options.publishableKey)) || "null") as Pending | null;
}

/** Tells other tabs of the leaving of somebody who takes along what they have: from so far in the future. */
const AHEAD_MS = 1e9;

export class Claim {
  readonly #inner: Inner;
  readonly #getToken: GetToken;
  readonly #line: Transport;
  #pending: Pending;
  /** Nobody was here yet when this page was asked to sign somebody in. */
  readonly #wasNobody: boolean;
  /** Handles that are to go on; one that has heard already of what was claimed shows nothing more, and goes on all the same. */
  readonly #handles = new Set<Held>();

  constructor(inner: Inner, line: (identified: (customer: string) => void) => Transport, getToken: GetToken, pending: Pending) {
    this.#inner = inner;
    this.#getToken = getToken;
    this.#pending = pending;
    this.#wasNobody = pending.visitor === "" && this.#visitor === "";
    this.#line = line((id) => this.#pending.who === null && this.remember({ ...this.#pending, who: id }));
  }

  /** Writes down what is to be done; null once it is. */
  remember(pending: Pending | null = this.#pending): void {
    const { storage, options } = this.#inner;
    this.#pending = pending ?? this.#pending;
    storage.set(claimKey(options.publishableKey), pending === null ? "" : JSON.stringify(pending));
  }

  /** Sends first what waits, as the visitor's, and claims then. */
  async make(): Promise<Receipt> {
    const guests = this.#guests();
    openIn(this.#inner.client.owned).forEach((held) => this.#handles.add(held));
    try {
      await sendAll(guests);
      return receiptOf(await (this.#isPreview ? this.#ask(guests) : this.#claim(guests)));
    } finally {
      if (guests !== this.#inner.client.owned) await guests.close(over("signed-out"));
    }
  }

  /** What is entered meanwhile waits on this device: it would come too late for the visitor's drafts. */
  async #claim(guests: Owned): Promise<ClaimOut> {
    const { client } = this.#inner;
    const { owned } = client;
    const decide = await (await guests.transport.lay()).hold();
    try {
      const done = await this.#ask(guests);
      // What was shown here is nobody's any more, and must not become that of whoever comes next.
      if (client.owned !== owned) throw over("signed-out");
      await this.#finish(guests, done);
      return done;
    } finally {
      decide(guests === client.owned ? undefined : over("signed-out"));
    }
  }

  get #isPreview(): boolean {
    return this.#pending.wish.strategy === "ask";
  }

  /** Who enters something for the first time is known only once that is sent. */
  #meet(): void {
    if (!this.#wasNobody || this.#visitor === "") return;
    const pending = { ...this.#pending, visitor: this.#visitor };
    if (this.#isPreview) this.#pending = pending;
    else this.remember(pending);
  }

  get #visitor(): string {
    const { storage, options } = this.#inner;
    return storage.get(visitorKey(options.publishableKey)) ?? "";
  }

  /** Makes it as soon as it can be made. */
  async makeLater(cause: unknown): Promise<void> {
    let error = cause;
    for (let failures = 1; isForLater(error) && pendingIn(this.#inner) !== null; failures++) {
      await this.#line.pause(failures, error);
      error = await this.make().then(() => null, (again: unknown) => again);
    }
    if (error !== null && isVain(error)) this.remember(null);
  }

  /** A visitor who is not there any more has nothing to take along. */
  async #ask(guests: Owned): Promise<ClaimOut> {
    this.#meet();
    const { visitor, wish } = this.#pending;
    const nothing = { ...NOTHING_DONE, carts: [], forms: [], visitor: null };
    if (visitor === "") return nothing;
    // The server ends the visitor's stream, which would come back with a token that is good for nothing any more.
    if (!this.#isPreview) guests.pause(true);
    const call = { method: "POST", path: "claim", body: { visitor, ...wish }, attempts: 1 } as const;
    return this.#line.call<ClaimOut>(call).then(({ data }) => data, (error: unknown) => {
      if (isRetomaError(error, "not-found")) return nothing;
      guests.pause(false);
      throw error;
    });
  }

  /** The visitor of this page, or else the one who was here on an earlier one. */
  #guests(): Owned {
    const { client, installation, newShelf, lines, timer } = this.#inner;
    const owner = `visitor:${installation}`;
    if (client.owned.shelf.owner === owner) return client.owned;
    const shelf = newShelf();
    shelf.belongTo(owner);
    const transport = new LaterLine(async () => (await lines()).forToken(this.#pending.visitor), timer);
    return new Owned({ transport, shelf, installation, company: () => null, identified: () => undefined, heard: () => undefined });
  }

  /** Everything on this device follows, here and in the other tabs. */
  async #finish(guests: Owned, done: ClaimOut): Promise<void> {
    const { client, partings } = this.#inner;
    const isTurning = guests === client.owned;
    this.#replaceToken(done.visitor?.token ?? "");
    const names = namesIn(done);
    // Somebody may have turned to another draft meanwhile.
    if (isTurning) openIn(guests).forEach((held) => this.#handles.add(held));
    if (isTurning) await this.#become();
    const { owned } = client;
    const adopted = done.forms.flatMap(({ fate, form }) => (fate === "adopted" && form ? [form] : []));
    rememberAdopted(this.#inner.installation, adopted);
    await goOn(owned, [...this.#handles].filter(({ syncing }) => isTurning || names.has(syncing.name)), isTurning ? adopted : undefined);
    if (isTurning || names.size > 0) tellParting(partings, guests.shelf.owner, Date.now() + AHEAD_MS, owned.shelf.owner);
    await guests.close(over("signed-out"));
    await bury(guests.shelf, names);
    this.remember(null);
    client.onOwner.tell(owned);
    owned.all.forEach(({ syncing }) => syncing.catchUp());
  }

  async #become(): Promise<void> {
    const { client, lines } = this.#inner;
    client.become(this.#getToken);
    if (this.#pending.who !== null) client.owned.shelf.belongTo(`customer:${this.#pending.who}`);
    await lines();
  }

  /** Another tab may have a newer one by now. */
  #replaceToken(token: string): void {
    const { storage, options } = this.#inner;
    const key = visitorKey(options.publishableKey);
    if (storage.get(key) === this.#pending.visitor) storage.set(key, token);
  }
}

/** Whether it can be made another time: nobody answers, or one of the two drafts is being ordered. */
export const isForLater = (error: unknown): boolean => isRetomaError(error) && (error.retryable || (error.status === 409 && error.code !== "preview-outdated"));

/** Whether it would be refused every time. */
export const isVain = (error: unknown): boolean => isRetomaError(error) && !isForLater(error) && !(error instanceof AuthRequiredError) && !isLeft(error);

/** What is refused is on record, and hinders no sign-in; nor does a visitor who was replaced already. */
async function sendAll(guests: Owned): Promise<void> {
  for (const name of await left(guests)) named(guests, name);
  await Promise.all(
    guests.all.map(async ({ syncing }) => {
      await syncing.ready;
      if (syncing.isUnsent) await syncing.flush().catch(pass);
    }),
  );
}

function pass(error: unknown): void {
  if (isRetomaError(error) && (error.retryable || error.code === "client-closed")) throw error;
}

/** What was claimed: each name that a draft has on this device, with its id and the draft that goes on. */
function namesIn({ carts, forms }: ClaimOut): ReadonlyMap<string, { readonly id: string; readonly into: string | null }> {
  return new Map([
    ...carts.map(({ process, key, draft, cart }) => [JSON.stringify([process, key, "cart"]), { id: draft, into: cart }] as const),
    ...forms.map(({ process, key, draft, form }) => [JSON.stringify([process, key]), { id: draft, into: form }] as const),
  ]);
}

/** Nothing of what the customer has now is left under the visitor's name, except what waits still. */
async function bury({ home: { storage, owner } }: Shelf, names: ReturnType<typeof namesIn>): Promise<void> {
  await Promise.all(
    [...names].map(([draft, { id, into }]) =>
      storage.update({ owner, draft }, (kept) => buried(kept, id, draft.endsWith(',"cart"]') ? into : null)).catch(() => undefined),
    ),
  );
}

function buried(kept: Kept, id: string, cart: string | null): Kept {
  const origin = unpack(kept, emptyState(""));
  const { state } = origin;
  if (state.id !== id || kept.snapshot === null) return kept;
  // Of a cart, what waits is sorted by what was in it.
  return cart !== null && state.outbox.changes.length > 0 ? kept : pack(emptied(state, cart), origin);
}

function emptied(state: State, cart: string | null): State {
  const { unstored } = state.stored;
  const merged = cart === null ? {} : { status: "merged", leaves: new Map<string, Json>([["/mergedInto", cart]]) } as const;
  return { ...state, rejected: [], stored: { ...NOTHING, unstored, ...merged } };
}
