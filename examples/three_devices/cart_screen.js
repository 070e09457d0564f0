// @ts-check
/** The shop on one device: what it sells, the cart, and what shows that it is alive. */

import { CartView } from "../shop/cart_view.js";
import { showProducts } from "../shop/products.js";
import { button, copyOf } from "./application.js";
import { byWhom, icon, make, symbolOf } from "./fields.js";
import { cover, openSheet, words } from "./sheets.js";

/** @typedef {import("retoma").By} By */
/** @typedef {import("retoma").Cart} Cart */
/** @typedef {import("retoma").CartLine} Line */
/** @typedef {import("retoma").CartSnapshot} Snapshot */
/** @typedef {import("../shop/products.js").Product} Product */
/** @typedef {{ readonly sku: string, readonly guest: number, readonly saved: number, readonly result: number }} Decision */

export class CartScreen {
  /** What there was of each line when last looked at. @type {ReadonlyMap<string, number>} */
  #known = new Map();
  /** Whether what comes now is news: what was there before is none. */
  #isFollowing = false;
  #isOver = false;
  #language;
  #products;
  #stops;

  /**
   * `isHere` tells of whom nobody need be told here.
   *
   * @param {{ station: import("./station.js").Station, cart: Cart, products: readonly Product[], isHere: (by: By) => boolean }} parts
   */
  constructor({ station, cart, products, isHere }) {
    this.isHere = isHere;
    this.#language = station.language;
    this.#products = new Map(products.map((product) => [product.sku, product]));
    /** As those call it who help with forms too. */
    this.draft = cart;
    this.screen = station.screen;
    this.language = station.language;
    this.screen.replaceChildren(copyOf("shop"));
    this.language.fill(this.screen);
    this.notice = this.#find(".notice");
    this.view = new CartView({ cart, products, language: this.language, root: this.screen, fetch: station.wire.fetch });
    this.#stops = [
      showProducts(this.#find("[data-part=products]"), products, this.language, (...what) => this.#add(...what)),
      this.language.onUse(() => this.#again()),
      cart.subscribe((snapshot) => this.#show(snapshot)),
    ];
  }

  /** What changes from now on has come from elsewhere, unless it was done here. */
  follow() {
    this.#isFollowing = true;
  }

  /** Shows nothing more. */
  leave() {
    this.#stops.forEach((stop) => stop());
  }

  /** Adds buttons above the cart and below it. */
  offer(/** @type {readonly Node[]} */ above, /** @type {readonly Node[]} */ below) {
    this.#find(".app-bar").append(...above);
    this.#find(".actions").append(make("div", "elsewhere", ...below));
  }

  /** Says what became of the cart of a guest who has signed in; `undo` takes it back. */
  tell(/** @type {import("retoma").ClaimedCart} */ { fate, lines = [] }, /** @type {() => Promise<unknown>} */ undo) {
    if (fate !== "merged") return this.#language.say(this.notice, "receipt-adopted");
    const list = make("ul", "receipt", ...lines.map((line) => this.#decided(line)));
    list.setAttribute("role", "list");
    const back = button(this.#language, "undo", "plain", () => void undo().then(() => this.#undone(close), () => this.#language.say(this.notice, "no-connection")));
    const close = openSheet(this.screen, this.#language, "receipt-title", list, words(this.#language, "receipt-merged"), back);
  }

  #undone(/** @type {() => void} */ close) {
    close();
    this.#language.say(this.notice, "receipt-undone");
  }

  #decided(/** @type {Decision} */ { sku, ...counts }) {
    const [name, count] = [make("strong", ""), make("span", "")];
    name.dataset.sku = sku;
    name.textContent = this.#named(sku);
    this.#language.say(count, "receipt-line", counts);
    return make("li", "", name, count);
  }

  #add(/** @type {string} */ sku, /** @type {Record<string, string>} */ attributes, /** @type {number} */ price) {
    this.draft.add(sku, 1, { attributes, price: { amount: price, currency: "EUR" }, info: { title: this.#named(sku) } });
  }

  #again() {
    this.#language.hush(this.notice);
    for (const named of /** @type {NodeListOf<HTMLElement>} */ (this.screen.querySelectorAll("[data-sku]"))) {
      named.textContent = this.#named(String(named.dataset.sku));
    }
    this.view.again();
    this.draft.lines.forEach((line) => this.#attribute(line));
  }

  #show(/** @type {Snapshot} */ snapshot) {
    if (this.#isOver) return;
    if (snapshot.state === "closed" && snapshot.status === "open") return this.#end();
    this.view.show(snapshot);
    this.#find("[data-part=state]").dataset.state = snapshot.state;
    if (snapshot.status !== "open") return this.#language.hush(this.notice);
    snapshot.lines.forEach((line) => this.#attribute(line));
    if (this.#isFollowing) snapshot.lines.filter((line) => this.#hasArrived(line)).forEach((line) => this.#flash(line));
    this.#known = new Map(snapshot.lines.map(({ key, quantity }) => [key, quantity]));
  }

  /** What is done here shows before it is stored; a number that changes without waiting has come from elsewhere. */
  #hasArrived(/** @type {Line} */ { key, quantity, isPending }) {
    return !isPending && quantity !== (this.#known.get(key) ?? 0);
  }

  #flash(/** @type {Line} */ { key, sku, quantity }) {
    const item = this.view.itemOf(key);
    item?.classList.remove("arrived");
    void item?.offsetWidth; // the animation begins anew only after a layout without it
    item?.classList.add("arrived");
    this.#language.say(this.notice, "cart-news", { name: this.#named(sku), count: quantity });
  }

  #named(/** @type {string} */ sku) {
    const product = this.#products.get(sku);
    return product ? this.#language.of(product.name) : sku;
  }

  /** Says who has put a line into the cart, where it was somebody elsewhere. */
  #attribute(/** @type {Line} */ { key, by }) {
    const item = this.view.itemOf(key);
    if (item === null || by === null || item.querySelector(".by") || this.isHere(by)) return;
    const chip = make("span", "by", icon(symbolOf(by)), make("span", ""));
    this.#language.say(/** @type {HTMLElement} */ (chip.lastElementChild), ...byWhom(by));
    item.querySelector(".facts")?.after(chip);
  }

  /** The customer has ended it, or it ran out. */
  #end() {
    this.#isOver = true;
    cover(this, "gone", "phone-ended");
  }

  #find(/** @type {string} */ selector) {
    return /** @type {HTMLElement} */ (this.screen.querySelector(selector));
  }
}
