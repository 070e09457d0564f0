/** Takes up drafts that somebody passes to this page; loaded with the first. */

import type { Draft } from "./draft.js";
import { AuthRequiredError, isRetomaError } from "./errors.js";
import { adopt } from "./exchange.js";
import { type Grant, Grants } from "./grants.js";
import type { RedeemOptions } from "./handoff.js";
import type { Inner } from "./inner.js";
import { Shelf } from "./keeping/shelf.js";
import { LeasedLine } from "./leased.js";
import { type Answer, LaterLine, load } from "./line.js";
import { type Held, Owned } from "./owned.js";
import type { Transport } from "./transport.js";
import { freshId } from "./storage.js";
import { readTicket } from "./tickets.js";
import type { LetIn, Passed, Redemption, WireDraft } from "./wire.js";

/** Between two looks whether the digits of this device were picked. */
const ASK_AGAIN_MS = 3000;
const NEVER = new AbortController().signal;

/** A draft in the hands of staff; no lease is theirs in what is their own. */
export interface Assisted {
  readonly draft: Draft;
  readonly leased: LeasedLine | null;
}

export class Passing {
  readonly #inner: Inner;
  readonly #grants: Grants;

  constructor(inner: Inner) {
    this.#inner = inner;
    this.#grants = new Grants(inner.grantKey);
  }

  /** Uses a handoff up, and remembers in this tab what it gave access to. */
  async redeem(handoff: string, options: RedeemOptions = {}): Promise<Draft> {
    const ticket = readTicket(handoff);
    const lines = await this.#inner.lines();
    const { device } = lines;
    const body = { ...ticket, ...(device === undefined ? {} : { device }) };
    const ask = (): Promise<Answer<Redemption>> => lines.public.call({ method: "POST", path: "handoffs/redeem", body });
    const { data } = await this.#onceMatched(ask, options);
    const grant = { token: data.grant, draft: data.draft, visitor: data.visitor?.token };
    this.#grants.set(grant);
    const own = await this.#takeIn(grant);
    if (own) return own;
    const { draft, syncing } = this.#accept(grant);
    adopt(syncing, { data: data.draft, etag: null });
    return draft;
  }

  /** What was nobody's is theirs who are here from now on; where that cannot be yet, this tab has it, and asks again. */
  async #takeIn({ visitor, draft }: Grant): Promise<Draft | null> {
    if (!visitor) return null;
    const account = load(() => import("./account.js"));
    const own = await account.then(({ Account }) => new Account(this.#inner).takeIn(visitor, draft)).catch(() => null);
    if (own) this.#grants.forget();
    return own;
  }

  /** Asks again until the digits that are shown here have been picked. */
  async #onceMatched<T>(ask: () => Promise<T>, { show }: RedeemOptions): Promise<T> {
    for (let shown = ""; ; await this.#inner.timer.wait(ASK_AGAIN_MS, NEVER)) {
      try {
        return await ask();
      } catch (error) {
        if (!show || !isRetomaError(error, "match-required")) throw error;
        const digits = String(error.facts["digits"]);
        if (digits !== shown) show((shown = digits));
      }
    }
  }

  /** Goes on with the draft that this tab had before it was reloaded, unless it was ended meanwhile. */
  async takeUp(): Promise<Draft | null> {
    const grant = this.#grants.get();
    if (grant === null) return null;
    const own = await this.#takeIn(grant);
    if (own) return own;
    const { draft, syncing } = this.#accept(grant);
    const refusal = await syncing.confirm().catch((error: unknown) => error);
    const isEnded = refusal instanceof AuthRequiredError && !syncing.isUnsent;
    if (!isEnded && draft.id !== null) return draft;
    this.#grants.forget();
    return null;
  }

  /** Opens a draft as staff: by the code that a customer has read out, or one that is nobody's yet. */
  async assist(how: string, body: unknown): Promise<Assisted> {
    const line = this.#inner.client.owned.transport;
    const headers = { "Idempotency-Key": freshId("") };
    return this.#help((await line.call<Passed>({ method: "POST", path: `assist/${how}`, body, headers })).data);
  }

  /** Opens the draft that an assist is about: its customer was asked, or it is an emergency. */
  async assistIn(assist: LetIn): Promise<Assisted> {
    const line = this.#inner.client.owned.transport;
    const { data: draft } = await line.call<WireDraft>({ method: "GET", path: `drafts/${assist.draft}` });
    return this.#help({ draft, assist });
  }

  /** What staff see of a draft is never stored. Whoever may only look needs no lease, and is given none. */
  async #help({ draft: wire, assist }: Passed): Promise<Assisted> {
    const line = this.#inner.client.owned.transport;
    const leased = assist ? new LeasedLine(() => line.lay(), this.#inner.timer, assist.id) : null;
    const { draft, syncing } = this.#hold(leased ?? line, wire, new Shelf(null));
    adopt(syncing, { data: wire, etag: null });
    await leased?.take().catch(() => undefined);
    void leased?.keepFor(draft);
    return { draft, leased };
  }

  #accept({ token, draft }: Grant): Held {
    const { lines, timer, newShelf } = this.#inner;
    const shelf = newShelf();
    shelf.belongTo(`grant:${draft.id}`);
    return this.#hold(new LaterLine(async () => (await lines()).forToken(token), timer), draft, shelf);
  }

  /** Each draft that was passed to this page has an owner of its own. */
  #hold(transport: LaterLine<Transport>, { id, process, key }: Grant["draft"], shelf: Shelf): Held {
    const { client, installation } = this.#inner;
    const alone = { company: () => null, only: id, identified: () => undefined, heard: () => undefined };
    const owned = new Owned({ transport, shelf, installation, ...alone });
    client.pass(owned);
    return owned.hold({ process, key }, id);
  }
}
