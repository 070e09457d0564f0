// @ts-check
/** The customer's side of help in the store, for a form and for a cart. */

import { button } from "./application.js";
import { icon } from "./fields.js";
import { codeBody, openSheet, words } from "./sheets.js";

/** What can be helped with: a draft or a cart, on a device. @typedef {{ draft: any, screen: HTMLElement, language: import("./language.js").Language, notice: HTMLElement }} Helped */

/** Help from the store: the code that asks for it, who gives it, and its end. */
export class Help {
  #closeSheet = () => {};

  /** `canEnd`: only the owner of a draft may take a handoff back. */
  constructor(/** @type {Helped} */ application, /** @type {{ readonly canEnd: boolean }} */ { canEnd }) {
    this.application = application;
    this.canEnd = canEnd;
    this.banner = /** @type {HTMLElement} */ (application.screen.querySelector(".helping"));
    application.draft.onEvent((/** @type {any} */ event) => this.#hear(event));
  }

  async offer() {
    const { draft, language, screen, notice } = this.application;
    try {
      const handoff = await draft.handoff({ to: "staff", language: language.name });
      this.#closeSheet = openSheet(screen, language, "code-title", ...codeBody(language, handoff));
    } catch {
      language.say(notice, "no-connection");
    }
  }

  #hear(/** @type {{ type: string, handoff: string }} */ { type, handoff }) {
    if (type === "assist-started") this.#begin(handoff);
    if (type === "assist-ended") this.#end();
  }

  #begin(/** @type {string} */ handoff) {
    const { language } = this.application;
    this.#closeSheet();
    const end = this.canEnd ? [button(language, "end-help", "plain", () => void this.#revoke(handoff))] : [];
    this.banner.replaceChildren(icon("hands"), words(language, "helping"), ...end);
    this.banner.hidden = false;
  }

  async #revoke(/** @type {string} */ id) {
    const { draft, language, notice } = this.application;
    await draft.revoke({ id }).catch(() => language.say(notice, "no-connection"));
  }

  #end() {
    this.banner.hidden = true;
    this.application.language.say(this.application.notice, "help-ended");
  }
}
