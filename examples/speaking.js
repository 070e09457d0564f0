// @ts-check
/** Says texts in the chosen language, and says them again when another is chosen. Served to every example that has two. */

/** @typedef {"en" | "es"} Name */

/**
 * @template {string} Key
 * @typedef {readonly [Key, Facts<Key>?]} Said a text with what is filled in
 */
/**
 * @template {string} Key
 * @typedef {{ readonly [name: string]: string | number | Said<Key> }} Facts
 */

/** @template {string} Key */
export class Speaking {
  /** @type {Name} */
  name = "en";
  /** @type {Readonly<Record<Name, Readonly<Record<Key, string>>>>} */
  #texts;
  /** Facts of what was said, by element, for when it is said again. @type {WeakMap<Element, Facts<Key>>} */
  #facts = new WeakMap();
  /** @type {Set<() => void>} */
  #heard = new Set();

  constructor(/** @type {Readonly<Record<Name, Readonly<Record<Key, string>>>>} */ texts) {
    this.#texts = texts;
  }

  /** A text; facts that are themselves texts are said in the same language. @returns {string} */
  text(/** @type {Key} */ key, /** @type {Facts<Key>} */ facts = {}) {
    return this.#texts[this.name][key].replace(/\{(\w+)\}/g, (_, name) => this.#fact(facts[name]));
  }

  /** Shows a text in an element from now on. */
  say(/** @type {HTMLElement} */ element, /** @type {Key} */ key, /** @type {Facts<Key>} */ facts = {}) {
    this.#facts.set(element, facts);
    element.dataset.text = key;
    element.textContent = this.text(key, facts);
  }

  /** Labels an element with a text that is heard and not seen. */
  label(/** @type {HTMLElement} */ element, /** @type {Key} */ key, /** @type {Facts<Key>} */ facts = {}) {
    this.#facts.set(element, facts);
    element.dataset.label = key;
    element.setAttribute("aria-label", this.text(key, facts));
  }

  /** An element that says a text. */
  saying(/** @type {"span" | "p" | "h3"} */ tag, /** @type {Key} */ key, /** @type {Facts<Key>} */ facts = {}) {
    const element = document.createElement(tag);
    this.say(element, key, facts);
    return element;
  }

  /** What something is called that has a name in each language. */
  of(/** @type {Readonly<Record<Name, string>>} */ names) {
    return names[this.name];
  }

  /** A sum of cents. */
  money(/** @type {number} */ amount, currency = "EUR") {
    return (amount / 100).toLocaleString(this.name, { style: "currency", currency });
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

  use(/** @type {Name} */ name) {
    this.name = name;
    document.documentElement.lang = name;
    this.fill(document);
    this.#heard.forEach((fn) => fn());
  }

  /** Calls `fn` whenever another language is chosen, until the returned function is called. */
  onUse(/** @type {() => void} */ fn) {
    this.#heard.add(fn);
    return () => void this.#heard.delete(fn);
  }

  #again(/** @type {HTMLElement} */ element, /** @type {string} */ kind) {
    return this.text(/** @type {Key} */ (element.dataset[kind]), this.#facts.get(element));
  }

  #fact(/** @type {string | number | Said<Key> | undefined} */ fact) {
    return Array.isArray(fact) ? this.text(fact[0], fact[1]) : typeof fact === "number" ? fact.toLocaleString(this.name) : String(fact ?? "");
  }
}

/** @returns {Iterable<HTMLElement>} */
const elements = (/** @type {ParentNode} */ root, /** @type {string} */ selector) => root.querySelectorAll(selector);
