import type { Draft } from "../draft.js";
import { AuthRequiredError, over, RejectedError } from "../errors.js";
import type { Handoff, HandoffOptions, HandoffTo } from "../handoff.js";
import type { Help } from "../help.js";
import { online } from "../line.js";
import type { Owned } from "../owned.js";
import { toJson } from "../pointer.js";
import type { Rejected, State } from "../rebasing.js";
import { Listeners, type Unsubscribe } from "../status.js";
import type { DraftEvent, HistoryItem, Page } from "../wire.js";
import { lineKey } from "./identity.js";
import type { Adding, CartCompletion, CartLine, LineInfo, LineRef } from "./lines.js";
import { ShownCart } from "./shown.js";
import { type CartSnapshot, type CartWarning, takeCart } from "./snapshot.js";
import { noted, pieces, type Wish, wished } from "./steps.js";

/**
 * The cart of a customer, filled here and everywhere else at once. After its order the same object is the next cart.
 *
 * @example
 * const cart = cartOf(retoma);
 * cart.add("tee", 2, { attributes: { size: "M" } });
 * cart.subscribe(({ lines, count, totals }) => render(lines, count, totals));
 */
export class Cart extends ShownCart {
  readonly #find: () => Draft;
  readonly #owner: () => Owned | null;
  #draft: Draft;
  readonly #listeners = new Listeners<CartSnapshot>();
  readonly #warned = new Listeners<CartWarning>();
  readonly #happened = new Listeners<DraftEvent>();
  /** Warnings that were told, by id. */
  readonly #told = new Set<string>();
  #snapshot: CartSnapshot | null = null;

  /**
   * @internal Carts come from {@link cartOf}.
   *
   * @param find - The draft that is the cart of whoever is signed in.
   * @param owner - Who that is; nobody for a cart that was passed to this page.
   */
  constructor(find: () => Draft, owner: () => Owned | null) {
    super();
    this.#find = find;
    this.#owner = owner;
    this.#draft = this.#follow();
  }

  /**
   * Resolves once what this device has kept of the cart is shown; asks the server nothing.
   *
   * @example
   * await cart.ready;
   */
  get ready(): Promise<void> {
    return this.#there.ready;
  }

  /**
   * Shows the cart that there is; makes none, and asks nothing for a visitor who never added anything.
   *
   * Where there is none yet, one that the customer begins on another device appears by itself, as {@link Cart.subscribe}
   * tells.
   *
   * @returns whether there is one.
   * @example
   * if (await cart.resume()) badge.textContent = String(cart.count);
   */
  async resume(): Promise<boolean> {
    const { acting } = this.#there;
    return (await online()).resumeCart(acting, this.#owner());
  }

  /**
   * Puts pieces into the cart. Whoever adds the same product meets on the same line.
   *
   * @returns the line's key.
   * @throws RejectedError `invalid-quantity` or `invalid-identity`.
   * @example
   * cart.add("tee", 2, { attributes: { size: "M" }, price: { amount: 1990, currency: "EUR" } });
   */
  add(sku: string, quantity = 1, more: Adding = {}): string {
    const { info, ...about } = toJson(more) as unknown as Adding;
    const wish = { op: "add", sku, quantity: pieces(quantity), ...about } as const;
    const key = lineKey(wish);
    this.#act(true, (state) => wished(state, wish, key));
    if (info) this.inform(key, info);
    return key;
  }

  /**
   * Puts more pieces into a line: the plus of a stepper. One that is gone stays gone.
   *
   * @example
   * plus.onclick = () => cart.increment(line);
   */
  increment(line: LineRef, by = 1): void {
    this.#change(line, (key) => ({ op: "add", line: key, quantity: pieces(by) }));
  }

  /**
   * Takes pieces out of a line, down to none: the minus of a stepper.
   *
   * @example
   * minus.onclick = () => cart.decrement(line);
   */
  decrement(line: LineRef, by = 1): void {
    this.#change(line, (key) => ({ op: "decrement", line: key, quantity: pieces(by) }));
  }

  /**
   * Lets a line have exactly so many pieces: a number that somebody typed. None takes the line away.
   *
   * @example
   * input.onchange = () => cart.setQuantity(line, input.valueAsNumber);
   */
  setQuantity(line: LineRef, quantity: number): void {
    const exact = pieces(quantity, 0);
    this.#change(line, (key, shown) => {
      if (exact === shown.quantity) return null;
      return exact === 0 ? { op: "remove", line: key } : { op: "set_quantity", line: key, quantity: exact };
    });
  }

  /**
   * Takes a line away as it is on screen. What others have added unseen stays, and a warning tells.
   *
   * @example
   * cart.remove(line);
   */
  remove(line: LineRef): void {
    this.#change(line, (key) => ({ op: "remove", line: key }));
  }

  /**
   * Writes notes about a line; null takes one away.
   *
   * @example
   * cart.inform(line, { gift: "Happy birthday" });
   */
  inform(line: LineRef, info: LineInfo): void {
    const notes = Object.entries(toJson(info) as LineInfo);
    const shown = this.#line(line);
    if (shown) notes.forEach(([name, value]) => this.#act(false, (state) => noted(state, name, value, shown)));
  }

  /**
   * Takes away all that is on screen, also what cannot be had.
   *
   * @example
   * cart.clear();
   */
  clear(): void {
    // Line by line, so that of each what was seen of it goes.
    this.#all.forEach((line) => this.remove(line));
  }

  /**
   * Remembers the step that the person is at.
   *
   * @example
   * cart.goTo("delivery");
   */
  goTo(step: string, cursor?: string): void {
    this.#there.goTo(step, cursor);
  }

  /**
   * Calls `fn` at once and on every change, until the returned function is called.
   *
   * @example
   * const stop = cart.subscribe(({ lines, count, totals, state }) => render(lines, count, totals, state));
   */
  subscribe(fn: (snapshot: CartSnapshot) => void): Unsubscribe {
    fn(this.now());
    return this.#listeners.add(fn);
  }

  /**
   * Calls `fn` once with everything that the customer should know; it stays in {@link Cart.warnings} until dismissed.
   *
   * @example
   * cart.onWarning(({ code, sku }) => code === "removed-elsewhere" && say(`${sku} was removed on another device.`));
   */
  onWarning(fn: (warning: CartWarning) => void): Unsubscribe {
    return this.#warned.add(fn);
  }

  /**
   * Calls `fn` with everything that happens to the cart, here or elsewhere: `draft-changed`, `completion-started` …
   *
   * @example
   * cart.onEvent(({ type }) => type === "draft-completed" && showThanks(cart.completion?.orderRef));
   */
  onEvent(fn: (event: DraftEvent) => void): Unsubscribe {
    return this.#happened.add(fn);
  }

  /**
   * Takes a warning, or something refused, off the list, once the customer has read of it.
   *
   * @example
   * for (const warning of cart.warnings) await cart.dismiss(warning);
   */
  async dismiss(read: CartWarning | Rejected): Promise<void> {
    if (!("id" in read)) return this.#there.dismiss(read);
    await this.#there.acting.syncing.apply((state) => ({ ...state, rejected: state.rejected.filter(({ warned }) => warned?.id !== read.id) }));
  }

  /**
   * Resolves once everything so far is on the server, however long that takes.
   *
   * @throws RejectedError if something was refused meanwhile; AuthRequiredError if it waits for the customer, who has
   *   taken this cart along by signing in elsewhere on this device; ClosedError.
   * @example
   * await cart.saved();
   */
  async saved(): Promise<void> {
    await this.ready;
    const before = this.rejected.length;
    const known = new Set(this.warnings.map(({ id }) => id));
    // A warning is no refusal.
    await this.#there.acting.syncing.saved().catch((error: unknown) => {
      if (!(error instanceof RejectedError)) throw error;
    });
    const refused = this.rejected[before];
    if (refused) throw new RejectedError({ code: refused.code, message: "Refused." });
    const waits = this.warnings.some((warning) => warning.code === "waits-for-sign-in" && !known.has(warning.id));
    if (waits) throw new AuthRequiredError({ code: "draft-merged", message: "This waits for a sign-in." });
  }

  /**
   * Sends now what waits.
   *
   * @throws NetworkError and others if that fails; what waits is kept and tried again.
   * @example
   * await cart.flush();
   */
  flush(): Promise<void> {
    return this.#there.flush();
  }

  /**
   * Fetches what is new.
   *
   * @example
   * await cart.refresh();
   */
  refresh(): Promise<void> {
    return this.#there.refresh();
  }

  /**
   * Begins to order the cart as it is on screen, after sending what waits. The shop makes the order and says so.
   *
   * Asked again while that goes on, the answer is the same.
   *
   * @param options - `priceHash`: the totals that the customer accepted.
   * @throws PriceChangedError; QuantityUnavailableError; RetomaError `completing` where another device is at it,
   *   `completion-unknown`, `validation-unavailable`; ConflictError `revision-conflict` if it changed since it was seen;
   *   RejectedError for an empty cart; ClosedError.
   * @example
   * const { id, attempt } = await cart.complete({ priceHash: cart.totals.priceHash });
   */
  async complete(options: { readonly priceHash?: string } = {}): Promise<CartCompletion> {
    return (await online()).completeCart(this.#there.acting, options);
  }

  /**
   * Goes on with the next cart, once this one is ordered; the next {@link Cart.add} does it too.
   *
   * @returns whether there is something in it already.
   * @example
   * if (cart.status === "completed") await cart.restart();
   */
  async restart(): Promise<boolean> {
    return (await online()).nextCart(this.#there.acting, this.#owner());
  }

  /**
   * Throws the cart away, here and on the server.
   *
   * @example
   * await cart.discard();
   */
  discard(): Promise<void> {
    return this.#there.discard();
  }

  /**
   * What was done to this cart, newest first.
   *
   * @example
   * const { items } = await cart.history({ limit: 10 });
   */
  history(page: { readonly limit?: number; readonly cursor?: string } = {}): Promise<Page<HistoryItem>> {
    return this.#there.history(page);
  }

  /**
   * Lets another device, or staff, go on with this cart, as {@link Draft.handoff} does. Sends first what waits.
   *
   * @example
   * const { url, qrSvg } = await cart.handoff();
   */
  handoff<To extends HandoffTo = "device">(options: HandoffOptions<To> = {}): Promise<Handoff<To>> {
    return this.#there.handoff(options);
  }

  /**
   * Ends a handoff, and whatever access it has given.
   *
   * @example
   * await cart.revoke(handoff);
   */
  revoke(handoff: Pick<Handoff, "id">): Promise<void> {
    return this.#there.revoke(handoff);
  }

  /**
   * Who of staff helps with this cart now, and what ends it, as {@link Draft.help} says.
   *
   * @example
   * const { helpers } = await cart.help();
   * for (const { name, stop } of helpers) offer(`${name} is helping you`, stop);
   */
  help(): Promise<Help> {
    return this.#there.help();
  }

  /** Another draft takes the place of one that came to an end that no cart should; one that was passed to this page is the only one. */
  get #there(): Draft {
    const { syncing, target } = this.#draft.acting;
    const isLost = syncing.ended !== null && syncing.ended.code !== "client-closed";
    if (isLost && target.kind) this.#draft = this.#follow();
    return this.#draft;
  }

  /** Follows the cart of whoever is there now. */
  #follow(): Draft {
    const draft = this.#find();
    this.#snapshot = null;
    draft.subscribe(() => this.#changed(draft));
    draft.onEvent((event) => this.#happened.tell(event));
    return draft;
  }

  #changed(draft: Draft): void {
    if (draft !== this.#draft) return;
    this.#snapshot = null;
    const now = this.now();
    this.#listeners.tell(now);
    now.warnings.forEach((warning) => this.#warn(warning));
  }

  #warn(warning: CartWarning): void {
    if (this.#told.has(warning.id)) return;
    this.#told.add(warning.id);
    this.#warned.tell(warning);
  }

  #line(ref: LineRef): CartLine | undefined {
    const key = typeof ref === "string" ? ref : ref.key;
    return this.#all.find((line) => line.key === key);
  }

  get #all(): readonly CartLine[] {
    return [...this.lines, ...this.unavailable];
  }

  #change(ref: LineRef, wishFor: (key: string, shown: CartLine) => Wish | null): void {
    const shown = this.#line(ref);
    const wish = shown && wishFor(shown.key, shown);
    if (wish) this.#act(false, (state) => wished(state, wish, shown.key, shown));
  }

  /** Whatever is added to a cart that is over begins the next one; a cart that was passed to this page has none. */
  #act(isAdd: boolean, change: (state: State) => State): void {
    const { syncing, target } = this.#there.acting;
    if (syncing.ended) throw syncing.ended;
    if (this.state === "closed" && !(target.kind && isAdd)) throw over("draft-closed");
    syncing.update(change);
  }

  /** @internal */
  protected now(): CartSnapshot {
    this.#snapshot ??= takeCart(this.#draft);
    return this.#snapshot;
  }
}
