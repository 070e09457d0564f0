// @ts-check
/** Shows a conflict in its place: both values, who wrote each, and the choice. */

import { byWhom, icon, inWords, make, reveal, symbolOf } from "./fields.js";

export class Conflicts {
  /** The card of each open conflict. @type {Map<string, { card: HTMLElement, shown: any }>} */
  #cards = new Map();

  /** @param {{ draft: any, fields: import("./fields.js").Fields, language: import("./language.js").Language, notice: HTMLElement }} parts */
  constructor({ draft, fields, language, notice }) {
    this.draft = draft;
    this.fields = fields;
    this.language = language;
    this.notice = notice;
  }

  /** Shows the open conflicts and no others. */
  show(/** @type {readonly any[]} */ conflicts) {
    for (const [id, { shown }] of this.#cards) {
      if (!conflicts.some((conflict) => conflict.id === id)) this.#settle(id, shown);
    }
    for (const conflict of conflicts) {
      if (this.#cards.get(conflict.id)?.shown.revision !== conflict.revision) this.#put(conflict);
    }
  }

  #settle(/** @type {string} */ id, /** @type {any} */ shown) {
    const field = this.fields.at(shown.path);
    this.#cards.get(id)?.card.remove();
    this.#cards.delete(id);
    field?.element.classList.remove("disputed");
    if (field) this.language.say(this.notice, "settled", { field: [field.name] });
  }

  #put(/** @type {any} */ conflict) {
    const field = this.fields.at(conflict.path);
    if (field === undefined) return;
    const card = this.#card(conflict, field);
    this.#cards.get(conflict.id)?.card.remove();
    this.#cards.set(conflict.id, { card, shown: conflict });
    field.element.classList.add("disputed");
    field.element.after(card);
    this.#announce(conflict, field);
    reveal(card);
  }

  #announce(/** @type {any} */ { stored, arriving }, /** @type {import("./fields.js").Field} */ field) {
    const name = /** @type {const} */ ([field.name]);
    const values = { stored: inWords(field, stored.value), arriving: inWords(field, arriving.value) };
    this.language.say(this.notice, "conflict-said", { field: name, ...values });
  }

  #card(/** @type {any} */ conflict, /** @type {import("./fields.js").Field} */ field) {
    const title = make("h4", "");
    title.id = `${conflict.id}-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
    this.language.say(title, "two-answers");
    const card = make("section", "conflict", title, this.#side(conflict, "stored", field), this.#side(conflict, "arriving", field));
    card.setAttribute("aria-labelledby", title.id);
    card.setAttribute("role", "group");
    return card;
  }

  #side(/** @type {any} */ conflict, /** @type {"stored" | "arriving"} */ name, /** @type {import("./fields.js").Field} */ field) {
    const { by } = conflict[name];
    const value = make("strong", "");
    this.language.say(value, ...inWords(field, conflict[name].value));
    const [whom, place] = [make("span", ""), make("span", "")];
    this.language.say(whom, ...byWhom(by));
    this.language.say(place, `side-${name}`);
    const who = make("span", "who", icon(symbolOf(by)), whom, make("span", "place", " · ", place));
    return make("div", `side ${name}`, make("p", "", value, who), this.#choice(conflict, name, field));
  }

  #choice(/** @type {any} */ conflict, /** @type {"stored" | "arriving"} */ name, /** @type {import("./fields.js").Field} */ field) {
    const button = /** @type {HTMLButtonElement} */ (make("button", name === "stored" ? "plain" : "main"));
    button.type = "button";
    this.language.say(button, name === "stored" ? "keep-this" : "use-that");
    button.addEventListener("click", () => {
      this.draft.resolve(conflict, name);
      field.controls[0]?.focus({ preventScroll: true });
      reveal(field.element);
    });
    return button;
  }
}
