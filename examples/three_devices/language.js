// @ts-check
/** Says texts in the chosen language, and says them again when another is chosen. */

import { TEXTS } from "./texts.js";

/** @typedef {import("./texts.js").TextKey} TextKey */
/** @typedef {readonly [TextKey, Facts?]} Said a text with what is filled in */
/** @typedef {{ readonly [name: string]: string | number | Said }} Facts */

export class Language {
  /** @type {keyof typeof TEXTS} */
  name = "en";
  /** Facts of what was said, by element, for when it is said again. @type {WeakMap<Element, Facts>} */
  #facts = new WeakMap();

  /** A text; facts that are themselves texts are said in the same language. @returns {string} */
  text(/** @type {TextKey} */ key, /** @type {Facts} */ facts = {}) {
    return TEXTS[this.name][key].replace(/\{(\w+)\}/g, (_, name) => this.#fact(facts[name]));
  }

  /** Shows a text in an element from now on. */
  say(/** @type {HTMLElement} */ element, /** @type {TextKey} */ key, /** @type {Facts} */ facts = {}) {
    this.#facts.set(element, facts);
    element.dataset.text = key;
    element.textContent = this.text(key, facts);
  }

  /** Labels an element with a text that is heard and not seen. */
  label(/** @type {HTMLElement} */ element, /** @type {TextKey} */ key, /** @type {Facts} */ facts = {}) {
    this.#facts.set(element, facts);
    element.dataset.label = key;
    element.setAttribute("aria-label", this.text(key, facts));
  }

  /** Shows nothing in an element. */
  hush(/** @type {HTMLElement} */ element) {
    delete element.dataset.text;
    element.textContent = "";
  }

  /** Fills in all texts below an element. */
  fill(/** @type {ParentNode} */ root) {
    for (const element of elements(root, "[data-text]")) element.textContent = this.#again(element, "text");
    for (const element of elements(root, "[data-label]")) element.setAttribute("aria-label", this.#again(element, "label"));
    for (const element of elements(root, "[data-placeholder]")) {
      element.setAttribute("placeholder", this.#again(element, "placeholder"));
    }
  }

  use(/** @type {keyof typeof TEXTS} */ name) {
    this.name = name;
    document.documentElement.lang = name;
    this.fill(document);
  }

  #again(/** @type {HTMLElement} */ element, /** @type {string} */ kind) {
    return this.text(/** @type {TextKey} */ (element.dataset[kind]), this.#facts.get(element));
  }

  #fact(/** @type {string | number | Said | undefined} */ fact) {
    return Array.isArray(fact) ? this.text(fact[0], fact[1]) : typeof fact === "number" ? fact.toLocaleString(this.name) : String(fact ?? "");
  }
}

/** @returns {Iterable<HTMLElement>} */
const elements = (/** @type {ParentNode} */ root, /** @type {string} */ selector) => root.querySelectorAll(selector);
