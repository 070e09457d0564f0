/** Who has signed in here, and what became of what they had as a visitor; loaded with the first sign-in. */

import { Claim, isForLater, isVain, type Pending, pendingIn, type Wish } from "./claim.js";
import type { Retoma } from "./client.js";
import type { GetToken } from "./credentials.js";
import type { Draft } from "./draft.js";
import type { ClaimOut, ReceiptOut } from "./generated/types.gen.js";
import { over } from "./errors.js";
import type { Inner } from "./inner.js";
import { adoptedOn } from "./late.js";
import { successorIn } from "./leaving.js";
import type { Held, Owned } from "./owned.js";
import { NOTHING_DONE, type Receipt, receiptOf, type SignInOptions } from "./receipts.js";
import type { Unsubscribe } from "./status.js";
import { visitorKey } from "./storage.js";
import { goOn, openIn, openOrClaimedIn } from "./turning.js";
import { askAround, beOnOnesOwn, borrowing, type Word } from "./vouching.js";
import type { WireDraft } from "./wire.js";

export { flushAll, part } from "./leaving.js";

/** Sign-ins that are under way, by page: a second click is the same one. */
const underWay = new WeakMap<Retoma, Promise<Receipt>>();

export class Account {
  readonly #inner: Inner;

  constructor(inner: Inner) {
    this.#inner = inner;
  }

  signIn(options: SignInOptions): Promise<Receipt> {
    return this.#once(() => this.#signIn(options));
  }

  /** Makes up for a claim that an earlier page could not make, once its customer is here again. */
  async makeGood(getToken: GetToken): Promise<void> {
    const { client } = this.#inner;
    const pending = pendingIn(this.#inner);
    if (pending === null || underWay.has(client)) return;
    const who = this.#inner.options.customer ?? (await idOf(getToken));
    if (who === pending.who) await this.#once(() => this.#claim(pending, getToken));
  }

  /** Goes on as the customer that this page's visitor turned out to be in another tab; as nobody, where no tab says who that is. */
  async follow(): Promise<void> {
    const { client, partings } = this.#inner;
    const guests = client.owned;
    const handles = openOrClaimedIn(guests);
    const whom = successorIn(partings);
    // What it has entered would come too late for the visitor's drafts.
    const decide = await (await guests.transport.lay()).hold();
    try {
      await this.#goOnAs(whom, guests, handles);
    } finally {
      // Whoever has asked for something as the visitor learns that nobody answers any more.
      decide(guests === client.owned ? undefined : over("signed-out"));
    }
  }

  async #goOnAs(whom: string, guests: Owned, handles: readonly Held[]): Promise<void> {
    const { client } = this.#inner;
    const word = await askAround(this.#inner, whom, "initial");
    if (guests !== client.owned) return;
    if (word !== null) await this.#become(word, borrowing(this.#inner, whom, word), handles);
    else this.#leave();
    await guests.close(over("signed-out"));
    // Where nobody says who it is, the next visitor has the same place on this device.
    client.owned.shelf.belongTo(guests.shelf.owner ?? "");
    client.onOwner.tell(client.owned);
  }

  #leave(): void {
    const { client } = this.#inner;
    client.become();
    client.onOwner.tell(null);
  }

  async #become({ owner }: Word, getToken: GetToken, handles: readonly Held[]): Promise<void> {
    const { client } = this.#inner;
    client.become(getToken);
    client.owned.shelf.belongTo(owner);
    await goOn(client.owned, handles, adoptedOn(this.#inner.installation));
  }

  /**
   * Lets whoever is at this device have what staff began for nobody, and opens it as theirs: of the visitor that a device of
   * nobody has from now on, or beside what is here.
   *
   * @param visitor - The token that opens it so far.
   */
  async takeIn(visitor: string, { process, key, kind }: Beginning): Promise<Draft> {
    const { client, options, storage } = this.#inner;
    const { isStranger } = await client.owned.transport.lay();
    if (isStranger) storage.set(visitorKey(options.publishableKey), visitor);
    else await this.#claimBeside(visitor);
    const { draft, syncing } = client.owned.hold({ process, key, ...(kind === "cart" ? { kind } : {}) });
    await syncing.open();
    return draft;
  }

  /** Goes on with what was claimed; what was in its place is parked. */
  async #claimBeside(visitor: string): Promise<void> {
    const { owned } = this.#inner.client;
    const open = openIn(owned);
    const { data } = await owned.transport.call<ClaimOut>({ method: "POST", path: "claim", body: { visitor } });
    const taken = [...data.carts, ...data.forms];
    await this.#renew(open, taken);
    for (const { fate, parked } of taken) if (fate === "guest-parked" && parked) await this.activate(parked);
  }

  async activate(parked: string): Promise<void> {
    const { owned } = this.#inner.client;
    const open = openIn(owned);
    await Promise.all(owned.all.filter(({ syncing }) => syncing.isUnsent).map(({ syncing }) => syncing.flush()));
    const { data } = await owned.transport.call<WireDraft>({ method: "POST", path: `drafts/${parked}/activate` });
    await this.#renew(open, [data]);
  }

  async undo({ id }: Pick<Receipt, "id">): Promise<Receipt> {
    if (id === null) return NOTHING_DONE;
    const { owned } = this.#inner.client;
    const open = openIn(owned);
    const { data } = await owned.transport.call<ReceiptOut>({ method: "POST", path: `claims/${id}/undo` });
    await this.#renew(open, [...data.carts, ...data.forms]);
    return receiptOf(data);
  }

  #once(act: () => Promise<Receipt>): Promise<Receipt> {
    const { client } = this.#inner;
    const receipt = underWay.get(client) ?? this.#unlessLeft(act()).finally(() => underWay.delete(client));
    underWay.set(client, receipt);
    return receipt;
  }

  /** Whoever signs out meanwhile need not wait for what nobody has here any more. */
  async #unlessLeft<T>(done: Promise<T>): Promise<T> {
    const { onOwner } = this.#inner.client;
    let stop: Unsubscribe = () => undefined;
    const left = new Promise<never>((_, refuse) => (stop = onOwner.add((next) => next ?? refuse(over("signed-out")))));
    return Promise.race([done, left]).finally(stop);
  }

  async #signIn({ customer = this.#inner.options.customer, getToken = this.#inner.options.getToken, ...wish }: SignInOptions): Promise<Receipt> {
    if (getToken === undefined) throw new TypeError("signIn: there is no getToken.");
    const visitor = this.#inner.storage.get(visitorKey(this.#inner.options.publishableKey)) ?? "";
    const known = pendingIn(this.#inner);
    // What somebody else is about to take along is nobody's but theirs.
    const isOthers = known?.who && known.visitor === visitor && known.who !== (customer ?? (await idOf(getToken)));
    const { client } = this.#inner;
    beOnOnesOwn(client, getToken);
    const receipt = await this.#claim({ visitor: isOthers ? "" : visitor, who: customer ?? null, wish }, getToken);
    // What waited for a token goes on.
    client.owned.wake();
    return receipt;
  }

  /** A sign-in is not hindered by a claim that cannot be made now. */
  async #claim(pending: Pending, getToken: GetToken): Promise<Receipt> {
    const lines = await this.#inner.lines();
    const claim = new Claim(this.#inner, (identified) => lines.forCustomer(getToken, identified), getToken, pending);
    if (isWritten(pending.wish)) claim.remember();
    try {
      return await claim.make();
    } catch (error) {
      if (isVain(error)) claim.remember(null);
      if (!isForLater(error) || !isWritten(pending.wish)) throw error;
      void claim.makeLater(error);
      return { ...NOTHING_DONE, isPending: true };
    }
  }

  /** Drafts of these places are others by now. */
  async #renew(open: readonly Held[], places: readonly Place[]): Promise<void> {
    const { owned } = this.#inner.client;
    const isMeant = ({ draft }: Held): boolean => places.some(({ process, key }) => process === draft.process && key === draft.key);
    await goOn(owned, open.filter(isMeant));
    owned.onEvent.tell(null);
  }
}

type Place = Pick<WireDraft, "process" | "key">;
type Beginning = Pick<WireDraft, "process" | "key" | "kind">;

/** A preview leaves nothing to be done. */
const isWritten = ({ strategy }: Wish): boolean => strategy !== "ask";

async function idOf(getToken: GetToken): Promise<string | null> {
  const reply = await getToken({ reason: "initial" });
  return typeof reply === "object" && reply !== null ? reply.customer : null;
}
