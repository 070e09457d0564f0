// @ts-check
/** The customer's side of help in the store, for a form and for a cart. */

import { button } from "./application.js";
import { icon } from "./fields.js";
import { codeBody, openSheet, words } from "./sheets.js";

/** What can be helped with: a draft or a cart, on a device. @typedef {{ draft: any, screen: HTMLElement, language: import("./language.js").Language, notice: HTMLElement }} Helped */

/** What an event says of help. */
const OF_HELP = new Set(["assist-started", "assist-changed", "assist-ended"]);

/** Help from the store: the code that asks for it, who gives it, and its end. */
export class Help {
  #closeSheet = () => {};
  /** One after the other, so that what is shown is what was told last. */
  #looks = Promise.resolve();

  constructor(/** @type {Helped} */ application) {
    this.application = application;
    this.banner = /** @type {HTMLElement} */ (application.screen.querySelector(".helping"));
    application.draft.onEvent((/** @type {{ type: string }} */ event) => this.#hear(event));
    this.#lookAgain();
  }

  async offer() {
    const { draft, language, screen, notice } = this.application;
    try {
      const handoff = await draft.handoff({ to: "staff", language: language.name, scope: "complete" });
      this.#closeSheet = openSheet(screen, language, "code-title", ...codeBody(language, handoff));
    } catch {
      language.say(notice, "no-connection");
    }
  }

  #hear(/** @type {{ type: string }} */ { type }) {
    if (type === "assist-started") this.#closeSheet();
    if (type === "assist-ended") this.application.language.say(this.application.notice, "help-ended");
    if (OF_HELP.has(type)) this.#lookAgain();
  }

  #lookAgain() {
    this.#looks = this.#looks.then(() => this.#look());
  }

  /** Shows who helps now; without a connection nothing is known of it. */
  async #look() {
    const { helpers } = await this.application.draft.help().catch(() => ({ helpers: [] }));
    this.#show(helpers[0]);
  }

  #show(/** @type {import("retoma").Helper | undefined} */ helper) {
    const { language, notice } = this.application;
    this.banner.hidden = helper === undefined;
    if (!helper) return;
    const { name, store } = helper;
    const who = store === null ? words(language, "helping", { name }) : words(language, "helping-in", { name, store });
    const stop = button(language, "end-help", "plain", () => void helper.stop().catch(() => language.say(notice, "no-connection")));
    this.banner.replaceChildren(icon("hands"), who, stop);
  }
}
