import type { Account } from "./account.js";
import { Connection, type ConnectionStatus } from "./connection.js";
import type { GetToken } from "./credentials.js";
import type { Draft } from "./draft.js";
import { AuthRequiredError, over } from "./errors.js";
import { type RedeemOptions, takeFragment } from "./handoff.js";
import type { Inner } from "./inner.js";
import type { Inspection } from "./inspecting.js";
import type { DraftStorage } from "./keeping/adapter.js";
import { deviceStorage } from "./keeping/device.js";
import { Shelf } from "./keeping/shelf.js";
import { LaterLine, load, online } from "./line.js";
import type { Lines } from "./lines.js";
import type { ListedDraft, ListOptions } from "./listing.js";
import type { RetomaOptions } from "./options.js";
import { Owned } from "./owned.js";
import { Partings } from "./partings.js";
import type { Passing } from "./passing.js";
import type { AnyForm } from "./paths.js";
import type { Receipt, SignInOptions } from "./receipts.js";
import { Listeners, type Unsubscribe } from "./status.js";
import { attempt, installationOf, usableStorage } from "./storage.js";
import { pageSurroundings, type Surroundings } from "./surroundings.js";
import type { Timer } from "./timer.js";
import type { Page } from "./wire.js";

export type { RetomaOptions } from "./options.js";

/**
 * A connection to a Retoma server, for one page.
 *
 * @example
 * const retoma = createRetoma({ url: "https://retoma.example", publishableKey: "pk_…" });
 */
export class Retoma {
  readonly #durable: DraftStorage | null;
  readonly #connection: Connection;
  readonly #closing = new AbortController();
  /** What parts need that are loaded later. */
  readonly #inner: Inner;
  /** @internal Hears null when somebody has signed out, and whose drafts these are once all of theirs is forgotten. */
  readonly onOwner = new Listeners<Owned | null>();
  #laid: Lines | null = null;
  /** @internal The drafts of the customer or visitor of this moment. */
  owned: Owned;
  /** Drafts that were passed to this page: each has an owner of its own. */
  #passed: readonly Owned[] = [];
  /** The signed-in customer's id, once it is known. */
  #customer: string | null = null;
  #redemption: Promise<Draft | null> | null = null;
  #getToken: GetToken | undefined;

  /** @internal Made by {@link createRetoma}. */
  constructor(options: RetomaOptions, timer: Timer) {
    const storage = options.storage ?? usableStorage();
    const installation = installationOf(storage);
    this.#inner = {
      client: this,
      options,
      timer,
      storage,
      installation,
      grantKey: `retoma.grant.${options.publishableKey}.${installation}`,
      partings: new Partings(options.publishableKey),
      lines: () => this.#lines(),
      newShelf: () => this.#newShelf(),
    };
    this.#getToken = options.getToken;
    this.#connection = new Connection();
    this.#durable = deviceStorage(options);
    this.owned = this.#newOwned();
    this.#settleIn(options.customer);
    this.#listenTo(options.surroundings ?? pageSurroundings);
  }

  /** The drafts of this customer or visitor. */
  readonly drafts = {
    /**
     * Newest first: "continue where you left off". A visitor who has never entered anything has none.
     *
     * @example
     * const { items } = await retoma.drafts.list({ status: "open" });
     */
    list: async (options: ListOptions = {}): Promise<Page<ListedDraft>> => (await online()).listDrafts(this.owned.transport, options),

    /**
     * Calls `fn` with the newest drafts, and again whenever one is opened, changed or closed, here or elsewhere.
     *
     * @param options - Which drafts; by itself the open ones.
     * @example
     * const stop = retoma.drafts.watch((drafts) => showMenu(drafts));
     */
    watch: (fn: (drafts: readonly ListedDraft[]) => void, options: ListOptions = { status: "open" }): Unsubscribe => this.#watch(fn, options),
  };

  /**
   * The draft of a process; the same object each time, until it is completed or discarded. Sends nothing yet, except
   * what an earlier page has left unsent.
   *
   * @param options - `key`: tells one of several drafts of the process.
   * @example
   * const draft = retoma.draft<Mortgage>("mortgage-application");
   */
  draft<T = AnyForm>(process: string, { key = "default", ...kind }: { readonly key?: string; /** @internal */ readonly kind?: "cart" } = {}): Draft<T> {
    return this.owned.hold({ process, key, ...kind }).draft as Draft<T>;
  }

  /**
   * Opens the draft that a handoff passes to this device.
   *
   * @param tokenOrUrl - The handoff; without it the one in the page's address, which is taken out of it, or the draft
   *   that was passed to this tab before it was reloaded.
   * @param options - `show`: shows two digits, where the owner is to pick them first; the page behind a link does so by itself.
   * @returns null where there is none.
   * @throws ClosedError `handoff-invalid` for one that is used, expired or unknown; RetomaError `match-required` without `show`.
   * @example
   * const draft = (await retoma.redeem()) ?? retoma.draft("mortgage-application");
   */
  async redeem<T = AnyForm>(tokenOrUrl?: string, options?: RedeemOptions): Promise<Draft<T> | null> {
    // A page may ask twice while it starts; the address carries the handoff only the first time.
    const handoff = tokenOrUrl ?? takeFragment();
    if (handoff !== null) this.#redemption = this.passing().then((passing) => passing.redeem(handoff, options));
    else if (attempt(() => sessionStorage.getItem(this.#inner.grantKey))) this.#redemption ??= this.passing().then((passing) => passing.takeUp());
    return this.#redemption as Promise<Draft<T> | null>;
  }

  /** How the connection stands. */
  get status(): ConnectionStatus {
    return this.#connection.status;
  }

  /** `durable` where edits outlive the page, `memory` where this device keeps nothing, or not yet. */
  get persistence(): DraftStorage["persistence"] {
    return this.owned.shelf.persistence;
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
   * Sends now what waits in any draft of this owner, also what earlier pages have left.
   *
   * @throws NetworkError and others if that fails; what waits is kept and tried again.
   * @example
   * await retoma.flush();
   */
  async flush(): Promise<void> {
    await Promise.all(this.#everybody.map((await parting()).flushAll));
  }

  /**
   * Forgets everything that this device keeps of the customer or visitor, here and in all tabs.
   *
   * @param options - `discardUnsent`: also what the server does not have yet.
   * @throws UnsentChangesError if something is unsent and not to be discarded.
   * @example
   * await retoma.signOut();
   */
  async signOut(options: { readonly discardUnsent?: boolean } = {}): Promise<void> {
    await (await parting()).part(this.#inner, this.#everybody, options.discardUnsent);
    await this.#leaveAll();
  }

  /**
   * Signs a customer in who was a visitor here: what they have begun becomes theirs, and all drafts of this page go on.
   *
   * Never fails for the server's sake: where that cannot be now, the page goes on as the visitor's, and it is made up for as
   * soon as it can be, also after a reload.
   *
   * @returns what became of each cart and form.
   * @throws AuthRequiredError where `getToken` gives none; RetomaError `preview-outdated`; ClosedError `signed-out` where
   *   somebody signs out meanwhile.
   * @example
   * const receipt = await retoma.signIn({ customer: user.id, getToken });
   * for (const { parked, saved } of receipt.forms) if (parked) offer(parked, saved);
   */
  async signIn(options: SignInOptions): Promise<Receipt> {
    return (await this.#account()).signIn(options);
  }

  /**
   * Goes on with a draft that was parked; the one that is active now is parked for it. The choice can be changed again.
   *
   * @param parked - Its id, as a receipt or a list says it.
   * @example
   * if (confirm("Go on with what you have entered here?")) await retoma.activate(form.parked);
   */
  async activate(parked: string): Promise<void> {
    return (await this.#account()).activate(parked);
  }

  /**
   * Takes back within 24 hours what a sign-in has brought together: what the visitor had is then parked.
   *
   * @returns the receipt as it is now.
   * @throws RetomaError `undo-expired`.
   * @example
   * undo.onclick = () => retoma.undo(receipt);
   */
  async undo(receipt: Pick<Receipt, "id">): Promise<Receipt> {
    return (await this.#account()).undo(receipt);
  }

  /**
   * How everything stands, for whoever looks for a fault: no values.
   *
   * @example
   * console.table((await retoma.inspect()).drafts);
   */
  async inspect(): Promise<Inspection> {
    const { inspect } = await import("./inspecting.js");
    return inspect(this, this.#laid?.notices);
  }

  /**
   * Ends all exchange with the server. What waits stays on the device for the next page.
   *
   * @example
   * retoma.close();
   */
  close(): void {
    this.#everybody.forEach((owned) => void owned.close(over("client-closed")));
    this.#closing.abort();
  }

  /** @internal Follows drafts that were passed to this page. */
  pass(owned: Owned): void {
    this.#passed = [...this.#passed, owned];
  }

  /** @internal Goes on as the customer who has signed in here; the drafts of the visitor are whoever's who asks. */
  become(getToken?: GetToken): void {
    this.#getToken = getToken;
    this.#laid = null;
    this.owned = this.#newOwned();
  }

  get #everybody(): readonly Owned[] {
    return [this.owned, ...this.#passed];
  }

  /** @internal What takes drafts up that somebody passes to this page. */
  passing(): Promise<Passing> {
    return online().then(({ Passing }) => new Passing(this.#inner));
  }

  #account(): Promise<Account> {
    return parting().then(({ Account }) => new Account(this.#inner));
  }

  #newOwned(): Owned {
    const { installation, options, timer } = this.#inner;
    const isCustomers = this.#getToken;
    const shelf = this.#newShelf();
    const owned: Owned = new Owned({
      transport: new LaterLine(async () => (await this.#lines()).own, timer),
      shelf,
      installation,
      company: () => shelf.owner && `retoma:${options.publishableKey}:${shelf.owner}`,
      identified: (id) => isCustomers && this.#identify(owned, id),
      heard: (trouble) => this.#connection.heard(trouble),
    });
    return owned;
  }

  /** What is entered is kept from now on, where it is known whose it is. The customer of the options may have left. */
  #settleIn(customer?: string): void {
    if (customer) this.owned.shelf.belongTo(`customer:${customer}`);
    else if (!this.#getToken) this.owned.shelf.belongTo(`visitor:${this.#inner.installation}`);
  }

  #newShelf(): Shelf {
    const shelf = new Shelf(this.#durable);
    shelf.onError.add((error) => this.#inner.options.onStorageError?.(error));
    return shelf;
  }

  /** Edits of one person are never sent as another's, who has signed in without this page being told. */
  #identify(owned: Owned, customer: string): void {
    // Of somebody who has signed out it tells nothing any more.
    if (owned !== this.owned) return;
    this.#customer ??= customer;
    if (this.#customer !== customer) throw new AuthRequiredError({ code: "other-customer", message: "Another is signed in." });
    this.owned.shelf.belongTo(`customer:${customer}`);
  }

  /** The way to the server, loaded with the first word. */
  async #lines(): Promise<Lines> {
    const { Lines } = await online();
    const own = this.owned;
    return (this.#laid ??= new Lines({
      inner: this.#inner,
      getToken: this.#getToken,
      connection: this.#connection,
      closed: this.#closing.signal,
      identified: (customer) => this.#identify(own, customer),
      signedIn: () => this.#everybody.forEach((owned) => owned.wake()),
    }));
  }

  #watch(fn: (drafts: readonly ListedDraft[]) => void, options: ListOptions): Unsubscribe {
    const stopping = new AbortController();
    online().then(({ watchDrafts }) => watchDrafts(this, options, fn, stopping.signal)).catch(() => undefined);
    return () => stopping.abort();
  }

  /**
   * Ends what belongs to whoever was here. At once: nobody who comes next may speak or be shown as them.
   *
   * @param age - How many milliseconds ago they have left in another tab.
   */
  async #leaveAll(age = 0): Promise<void> {
    const gone = this.#everybody;
    this.#laid?.forget();
    this.become(this.#inner.options.getToken);
    attempt(() => sessionStorage.removeItem(this.#inner.grantKey));
    this.#customer = null;
    this.#redemption = null;
    this.#passed = [];
    this.onOwner.tell(null);
    await Promise.all(
      gone.map(async (owned) => {
        await owned.close(over("signed-out"), false);
        // A tab that wakes up late must not forget what the next person has entered: the other tab has forgotten the rest.
        if (age < PARTING_MS) await owned.shelf.forget();
      }),
    );
    // Not earlier: the next visitor has the same place on this device.
    this.#settleIn();
    // Whoever awaits signOut() may end their own session before anybody is asked who comes next.
    setTimeout(() => this.onOwner.tell(this.owned));
  }

  #listenTo(surroundings: Surroundings): void {
    const each = (act: (owned: Owned) => void) => (): void => this.#everybody.forEach(act);
    const wake = each((owned) => owned.wake());
    const leave = each((owned) => owned.leave());
    const look = (): void => this.#lookForParting();
    const { signal } = this.#closing;
    globalThis.addEventListener?.("storage", look, { signal });
    // A page that comes back from the browser's cache has heard nothing meanwhile.
    const stop = surroundings.watch({ wake: () => (look(), wake()), leave, hurry: each((owned) => owned.hurry()) });
    signal.addEventListener("abort", stop);
  }

  /** Leaves with the customer who has signed out in another tab. */
  #lookForParting(): void {
    const age = this.#inner.partings.hear(this.owned.shelf.owner);
    if (age === null) return;
    // Who has signed in goes on with what is here. Without a network it stays the visitor's, who comes too late.
    if (age < 0) this.#account().then((account) => account.follow(), () => undefined);
    else void this.#leaveAll(age);
  }
}

/** What a page needs when its owner leaves, or turns out to be a customer. */
const parting = (): Promise<typeof import("./account.js")> => load(() => import("./account.js"));

/** What tabs write at the moment of a sign-out is forgotten by each of them once more. */
const PARTING_MS = 5000;
