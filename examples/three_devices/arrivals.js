// @ts-check
/** Shows what just came from elsewhere, and from whom. */

import { byWhom, icon, inWords, make, symbolOf } from "./fields.js";

/** @typedef {import("./fields.js").Field} Field */

export class Arrivals {
  /** What each field held when last looked at. @type {Map<string, { said: string, author: any }>} */
  #known = new Map();

  /** @param {{ draft: any, fields: import("./fields.js").Fields, language: import("./language.js").Language, notice: HTMLElement }} parts */
  constructor({ draft, fields, language, notice }) {
    this.draft = draft;
    this.fields = fields;
    this.language = language;
    this.notice = notice;
  }

  /** Looks at the draft again; returns the fields that others have changed since. @returns {readonly Field[]} */
  look() {
    const arrived = this.fields.leaves.filter((field) => this.#hasArrived(field));
    arrived.forEach((field) => this.#show(field));
    return arrived;
  }

  /** What the person typed here is no longer somebody else's. */
  forget(/** @type {Field} */ field) {
    field.element.querySelector(".by")?.remove();
    field.controls.forEach((control) => control.removeAttribute("aria-description"));
  }

  /** One's own edit shows before it is stored; a value that changes together with its author came from elsewhere. */
  #hasArrived(/** @type {Field} */ field) {
    const now = { said: JSON.stringify(this.draft.get(field.path)) ?? "", author: this.#author(field) };
    const before = this.#known.get(field.path);
    this.#known.set(field.path, now);
    // What nobody has written is not there in the draft that goes on in place of another.
    if (before === undefined || now.author === before.author || !now.author) return false;
    return now.said !== before.said;
  }

  #author(/** @type {Field} */ { path }) {
    return this.draft.author(path) ?? this.draft.author(path.slice(0, path.lastIndexOf("/")) || path);
  }

  #show(/** @type {Field} */ field) {
    const by = this.#author(field);
    this.forget(field);
    const chip = make("span", "by", icon(symbolOf(by)), make("span", ""));
    chip.ariaHidden = "true";
    this.language.say(/** @type {HTMLElement} */ (chip.lastElementChild), ...byWhom(by));
    field.element.querySelector(".name")?.after(chip);
    field.controls.forEach((control) => control.setAttribute("aria-description", this.language.text(...byWhom(by))));
    this.#flash(field.element);
    const value = inWords(field, this.draft.get(field.path));
    this.language.say(this.notice, "news", { by: byWhom(by), field: [field.name], value });
  }

  #flash(/** @type {HTMLElement} */ element) {
    element.classList.remove("arrived");
    void element.offsetWidth; // the animation begins anew only after a layout without it
    element.classList.add("arrived");
  }
}
