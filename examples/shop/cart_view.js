// @ts-check
/** The cart on the screen: its lines with their steppers, what it comes to, and its order. */

import { isRetomaError } from "retoma";
import { made } from "./elements.js";
import { LineView } from "./line_view.js";

/** @typedef {import("retoma").Cart} Cart */
/** @typedef {import("retoma").CartSnapshot} Snapshot */
/** @typedef {import("./products.js").Product} Product */
/** @typedef {import("./texts.js").TextKey} TextKey */

export class CartView {
  #cart;
  #language;
  #products;
  #root;
  #fetch;
  /** By key: an element stays the same while its line is there, and with it the focus. @type {Map<string, LineView>} */
  #lines = new Map();
  #list = made("ul", { class: "lines" });
  #total = made("output");
  #sum;
  #order = made("button", { type: "button", class: "main order" });
  /** What was told and not read yet. @type {Set<HTMLElement>} */
  #told = new Set();

  /**
   * `root` holds the places of its parts, and perhaps more; `fetch` reaches the shop.
   *
   * @param {{ cart: Cart, products: readonly Product[], language: import("./language.js").Language, root: ParentNode,
   *   fetch?: typeof fetch }} parts
   */
  constructor({ cart, products, language, root, fetch = (...asked) => globalThis.fetch(...asked) }) {
    this.#cart = cart;
    this.#language = language;
    this.#root = root;
    this.#fetch = fetch;
    this.#products = new Map(products.map((product) => [product.sku, product]));
    this.#list.setAttribute("role", "list");
    this.#sum = made("p", { class: "total" }, language.saying("span", "total"), this.#total);
    this.#order.addEventListener("click", () => void this.#complete());
  }

  /** Shows a cart. */
  show(/** @type {Snapshot} */ snapshot) {
    const { count, state, status, warnings, rejected } = snapshot;
    this.#part("badge").textContent = String(status === "open" ? count : 0);
    const isSaid = status === "open" && (count > 0 || state !== "saved") && state in SAID;
    if (isSaid) this.#language.say(this.#part("state"), SAID[/** @type {keyof typeof SAID} */ (state)]);
    else this.#language.hush(this.#part("state"));
    this.#notice([...warnings.map((warning) => this.#warning(warning)), ...rejected.map((refused) => this.#refusal(refused))]);
    this.#shows(status === "open" ? this.#filled(snapshot) : this.#over(snapshot));
  }

  /** Says everything again, in another language. */
  again() {
    this.#lines.clear();
    this.#cart.subscribe((snapshot) => this.show(snapshot))();
  }

  /** Tells something that no list holds, and offers what can be done about it. */
  tell(/** @type {TextKey} */ key, /** @type {HTMLElement[]} */ ...offered) {
    const note = this.#note(this.#language.text(key), () => this.#told.delete(note), ...offered);
    this.#told.add(note);
    this.#part("notices").append(note);
    return note;
  }

  /** Tells something that can be taken back. */
  tellUndoable(/** @type {TextKey} */ key, /** @type {() => Promise<unknown>} */ undo) {
    const button = made("button", { type: "button" }, this.#language.text("undo"));
    const note = this.tell(key, button);
    const undone = () => {
      this.#told.delete(note);
      note.remove();
      this.#focus();
    };
    button.addEventListener("click", () => void undo().then(undone, () => this.tell("not-now")));
  }

  /** Where a line is on the screen. */
  itemOf(/** @type {string} */ key) {
    return this.#lines.get(key)?.item ?? null;
  }

  /** What an open cart shows. */
  #filled(/** @type {Snapshot} */ { lines, totals, isPending }) {
    if (lines.length === 0) return [this.#language.saying("p", "empty")];
    const views = lines.map((line) => this.#lines.get(line.key) ?? this.#lineView(line));
    this.#lines = new Map(views.map((view, index) => [lines[index]?.key ?? "", view]));
    views.forEach((view, index) => view.show(/** @type {Snapshot["lines"][0]} */ (lines[index])));
    arrange(this.#list, views.map(({ item }) => item));
    this.#total.textContent = isPending ? this.#language.text("counting") : totals.amounts.map(({ amount, currency }) => this.#language.money(amount, currency)).join(" + ");
    this.#language.fill(this.#sum);
    this.#language.say(this.#order, "order");
    this.#order.setAttribute("aria-disabled", String(isPending));
    return [this.#list, this.#sum, this.#order];
  }

  #lineView(/** @type {Snapshot["lines"][0]} */ { key, sku }) {
    return new LineView({ cart: this.#cart, key, product: this.#products.get(sku), language: this.#language, left: () => this.#focus() });
  }

  /** What a cart shows that is being ordered, or was. */
  #over(/** @type {Snapshot} */ { status, completion }) {
    if (status !== "completed") return [this.#language.saying("p", status === "unknown" ? "unknown" : "ordering")];
    const on = made("button", { type: "button" });
    this.#language.say(on, "go-on");
    on.addEventListener("click", () => void this.#cart.restart().catch(() => undefined).then(() => this.#focus()));
    return [made("div", { class: "thanks" }, this.#language.saying("h3", "thanks"), this.#language.saying("p", "ordered", { order: completion?.orderRef ?? "" }), on)];
  }

  /** Completes the cart as it is on the screen, and asks the shop for its order; a second click asks for the same. */
  async #complete() {
    if (this.#order.getAttribute("aria-disabled") === "true") return;
    try {
      await this.#cart.complete({ priceHash: this.#cart.totals.priceHash });
      const answer = await this.#fetch("orders", { method: "POST", body: JSON.stringify({ cart: this.#cart.id }) });
      if (answer.status === 409) this.tell("price-changed");
      this.#focus();
    } catch (error) {
      this.tell(isRetomaError(error, "price-changed") ? "price-changed" : isRetomaError(error, "completing") ? "elsewhere" : "not-now");
    }
  }

  #shows(/** @type {readonly Node[]} */ parts) {
    const inside = this.#part("inside");
    if (parts.length !== inside.childNodes.length || parts.some((part, index) => part !== inside.childNodes[index])) inside.replaceChildren(...parts);
  }

  #notice(/** @type {readonly HTMLElement[]} */ notes) {
    this.#part("notices").replaceChildren(...this.#told, ...notes);
  }

  #warning(/** @type {import("retoma").CartWarning} */ warning) {
    const product = this.#products.get(warning.sku ?? "");
    const name = product ? this.#language.of(product.name) : (warning.sku ?? "");
    const key = /** @type {TextKey} */ (warning.code);
    return this.#note(this.#language.text(key, { name, count: warning.quantity ?? 0 }), () => void this.#cart.dismiss(warning));
  }

  #refusal(/** @type {import("retoma").Rejected} */ refused) {
    return this.#note(this.#language.text("refused"), () => void this.#cart.dismiss(refused));
  }

  #note(/** @type {string} */ text, /** @type {() => void} */ dismissed, /** @type {HTMLElement[]} */ ...offered) {
    const button = made("button", { type: "button" }, this.#language.text("dismiss"));
    const note = made("p", { class: "note" }, made("span", {}, text), ...offered, button);
    note.setAttribute("role", "alert");
    button.addEventListener("click", () => {
      note.remove();
      dismissed();
      this.#focus();
    });
    return note;
  }

  /** What has had the focus is gone; the cart itself is what comes closest. */
  #focus() {
    this.#part("cart").focus({ preventScroll: true });
  }

  #part(/** @type {string} */ name) {
    return /** @type {HTMLElement} */ (this.#root.querySelector(`[data-part=${name}]`));
  }
}

/** How a cart stands, in words. @satisfies {Record<string, TextKey>} */
const SAID = /** @type {const} */ ({
  "saved": "cart-saved",
  "saving": "cart-saving",
  "kept": "cart-kept",
  "offline": "cart-offline",
  "needs-auth": "cart-needs-auth",
  "memory-only": "cart-memory-only",
});

/** Lets a list have these items, and moves none that is in its place: what has the focus keeps it. */
function arrange(/** @type {HTMLElement} */ list, /** @type {readonly HTMLElement[]} */ items) {
  [...list.children].filter((item) => !items.includes(/** @type {HTMLElement} */ (item))).forEach((item) => item.remove());
  items.forEach((item, index) => list.children[index] !== item && list.insertBefore(item, list.children[index] ?? null));
}
