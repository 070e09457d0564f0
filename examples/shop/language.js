// @ts-check
/** The language that the page is read in. */

import { Speaking } from "./speaking.js";
import { TEXTS } from "./texts.js";

/** @typedef {import("./texts.js").TextKey} TextKey */

/** @extends {Speaking<TextKey>} */
export class Language extends Speaking {
  constructor() {
    super(TEXTS);
  }

  /** @type {(() => void)[]} */
  #heard = [];

  /** Calls `fn` whenever another language is chosen. */
  onUse(/** @type {() => void} */ fn) {
    this.#heard.push(fn);
  }

  /** @override */
  use(/** @type {"en" | "es"} */ name) {
    super.use(name);
    this.#heard.forEach((fn) => fn());
  }

  /** An element that says a text. */
  saying(/** @type {"span" | "p" | "h3"} */ tag, /** @type {TextKey} */ key, /** @type {import("./speaking.js").Facts<TextKey>} */ facts = {}) {
    const element = document.createElement(tag);
    this.say(element, key, facts);
    return element;
  }

  /** What a product is called. */
  of(/** @type {Readonly<Record<"en" | "es", string>>} */ names) {
    return names[this.name];
  }

  /** A sum of cents. */
  money(/** @type {number} */ amount, currency = "EUR") {
    return (amount / 100).toLocaleString(this.name, { style: "currency", currency });
  }
}
