// @ts-check
/** On the till: fields whose value the server keeps from staff show a hint, and open when they are to be changed. */

import { icon, inWords, isMasked, make } from "./fields.js";

/** @typedef {import("./fields.js").Field} Field */

export class Masks {
  /** @type {Map<Field, HTMLButtonElement>} */
  #veils = new Map();

  /** @param {{ draft: any, fields: import("./fields.js").Fields, language: import("./language.js").Language }} parts */
  constructor({ draft, fields, language }) {
    this.draft = draft;
    this.fields = fields;
    this.language = language;
  }

  /** Veils what is masked now, and nothing else. */
  look() {
    for (const field of this.fields.leaves) {
      const value = this.draft.get(field.path);
      if (isMasked(value)) this.#veil(field, value);
      else this.#unveil(field);
    }
  }

  /** The control below keeps nothing of what staff see: its own text is only ever what they type. */
  #veil(/** @type {Field} */ field, /** @type {any} */ value) {
    const [control] = field.controls;
    if (control === undefined) return;
    const veil = this.#veils.get(field) ?? this.#makeVeil(field, control);
    if (control === document.activeElement) return; // it falls once the person has gone on
    control.value = "";
    field.element.classList.add("veiled");
    const hint = inWords(field, value);
    this.language.say(/** @type {HTMLElement} */ (veil.firstElementChild), ...hint);
    this.language.label(veil, "change-masked", { field: [field.name], hint });
  }

  #makeVeil(/** @type {Field} */ field, /** @type {HTMLElement} */ control) {
    const veil = /** @type {HTMLButtonElement} */ (make("button", "veil", make("span", ""), icon("lock")));
    veil.type = "button";
    veil.addEventListener("click", (event) => {
      event.preventDefault(); // it lies in the control's label, which would take the click for itself
      this.#unveil(field);
      control.focus();
    });
    // Not on blur: what was typed is handed to the draft on focusout, and must be gone from here only after that.
    control.addEventListener("focusout", () => this.look());
    control.after(veil);
    this.#veils.set(field, veil);
    return veil;
  }

  #unveil(/** @type {Field} */ field) {
    field.element.classList.remove("veiled");
  }
}
