// @ts-check
/** Asks, at the fields, for what an application lacks that was to be completed. */

import { make } from "./fields.js";

/** @typedef {import("./fields.js").Field} Field */

export class Gaps {
  /** The words at each field that was asked for, until it holds something. @type {Map<Field, HTMLElement>} */
  #asked = new Map();

  /** @param {{ draft: any, fields: import("./fields.js").Fields, language: import("./language.js").Language }} parts */
  constructor({ draft, fields, language }) {
    this.draft = draft;
    this.fields = fields;
    this.language = language;
  }

  /** The steps on which something is still asked for. */
  get steps() {
    return new Set([...this.#asked.keys()].map((field) => field.step));
  }

  /** Asks for the fields that the server's errors mean; returns them in the order of the form. */
  ask(/** @type {readonly { readonly pointer: string }[]} */ errors) {
    const meant = this.fields.leaves.filter((field) => errors.some(({ pointer }) => this.#isMeant(field, pointer)));
    meant.filter((field) => !this.#asked.has(field)).forEach((field) => this.#mark(field));
    return meant;
  }

  /** Looks at the draft again: what holds something now is no longer asked for. */
  look() {
    [...this.#asked.keys()].filter((field) => !this.#isEmpty(field)).forEach((field) => this.#unmark(field));
  }

  /** What is absent has no place of its own in an error, whose pointer is then that of the object around it. */
  #isMeant(/** @type {Field} */ field, /** @type {string} */ pointer) {
    if (field.path === pointer) return true;
    return field.path.startsWith(`${pointer}/`) && this.#isEmpty(field) && field.controls.some((control) => control.required);
  }

  #isEmpty(/** @type {Field} */ { path }) {
    return ["", null, undefined].includes(this.draft.get(path));
  }

  #mark(/** @type {Field} */ field) {
    const words = make("span", "ask");
    words.id = `ask-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
    this.language.say(words, "missing");
    field.element.append(words);
    field.element.classList.add("missing");
    for (const bearer of bearersOf(field)) {
      bearer.setAttribute("aria-invalid", "true");
      bearer.setAttribute("aria-describedby", words.id);
    }
    this.#asked.set(field, words);
  }

  #unmark(/** @type {Field} */ field) {
    this.#asked.get(field)?.remove();
    this.#asked.delete(field);
    field.element.classList.remove("missing");
    for (const bearer of bearersOf(field)) {
      bearer.removeAttribute("aria-invalid");
      bearer.removeAttribute("aria-describedby");
    }
  }
}

/** What tells that a field is not right: the group where there is one, for a radio button alone never is. */
const bearersOf = (/** @type {Field} */ { element, controls }) => (element.role === "radiogroup" ? [element] : controls);
