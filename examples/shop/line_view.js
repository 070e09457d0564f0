// @ts-check
/** One line of the cart, with its stepper. */

import { made } from "./elements.js";
import { drawing } from "./products.js";

/** @typedef {import("retoma").CartLine} Line */

export class LineView {
  #quantity = made("input", { type: "text", inputMode: "numeric", autocomplete: "off", maxLength: 3 });
  #less = made("button", { type: "button" }, "−");
  #more = made("button", { type: "button" }, "+");
  #remove = made("button", { type: "button", class: "remove" });
  #price = made("span", { class: "price" });
  #language;
  #cart;
  #key;
  #left;
  item;

  /**
   * `left` is called where the line has gone with whatever had the focus.
   *
   * @param {{ cart: import("retoma").Cart, key: string, product: import("./products.js").Product | undefined,
   *   language: import("./language.js").Language, left: () => void }} parts
   */
  constructor({ cart, key, product, language, left }) {
    this.#cart = cart;
    this.#key = key;
    this.#language = language;
    this.#left = left;
    const stepper = made("div", { class: "stepper" }, this.#less, this.#quantity, this.#more);
    const name = product ? language.of(product.name) : "";
    const about = made("div", {}, made("h3", {}, name), made("p", { class: "facts" }, made("span", { class: "of" }), this.#price));
    this.item = made("li", {}, drawing(product ?? { sku: "" }), about, stepper, this.#remove);
    this.item.style.setProperty("--hue", String(product?.hue ?? 0));
    this.#listen();
    this.#label(name);
  }

  /** Shows the line as it is; a number that is being typed is left alone. */
  show(/** @type {Line} */ { quantity, attributes, price, isPending }) {
    if (document.activeElement !== this.#quantity || this.#isStepped) this.#quantity.value = String(quantity);
    this.#price.textContent = price ? this.#language.money(price.amount, price.currency) : "";
    /** @type {HTMLElement} */ (this.item.querySelector(".of")).textContent = Object.values(attributes).join(", ");
    this.item.classList.toggle("pending", isPending);
  }

  #isStepped = true;

  #listen() {
    this.#less.addEventListener("click", () => this.#leaving(() => this.#cart.decrement(this.#key)));
    this.#more.addEventListener("click", () => this.#cart.increment(this.#key));
    this.#remove.addEventListener("click", () => this.#leaving(() => this.#cart.remove(this.#key)));
    this.#quantity.addEventListener("focus", () => this.#quantity.select());
    this.#quantity.addEventListener("input", () => (this.#isStepped = false));
    this.#quantity.addEventListener("change", () => this.#leaving(() => this.#type()));
  }

  #type() {
    this.#isStepped = true;
    const typed = Number(this.#quantity.value);
    const isNumber = this.#quantity.value.trim() !== "" && Number.isInteger(typed) && typed >= 0;
    if (isNumber) this.#cart.setQuantity(this.#key, typed);
    this.#quantity.value = String(this.#cart.lines.find(({ key }) => key === this.#key)?.quantity ?? 0);
  }

  /** After the last piece there is no button left that could keep the focus. */
  #leaving(/** @type {() => void} */ act) {
    act();
    if (!this.item.isConnected) this.#left();
  }

  #label(/** @type {string} */ name) {
    this.#less.setAttribute("aria-label", this.#language.text("less", { name }));
    this.#more.setAttribute("aria-label", this.#language.text("more", { name }));
    this.#quantity.setAttribute("aria-label", this.#language.text("how-many", { name }));
    this.#remove.setAttribute("aria-label", this.#language.text("remove-what", { name }));
    this.#remove.textContent = this.#language.text("remove");
  }
}
