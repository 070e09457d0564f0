// @ts-check
/** The button that signs a guest in, and a customer out. */

import { button } from "./application.js";

/** @typedef {{ application: import("./application.js").Application, account: import("./account.js").Account,
 *   signedIn: (receipt: import("retoma").Receipt) => void, signedOut: () => Promise<unknown> }} Parts */

export class SignIn {
  constructor(/** @type {Parts} */ parts) {
    this.parts = parts;
    this.button = button(parts.application.language, "sign-in", "plain sign", () => void this.#press());
    this.#mark();
  }

  #mark() {
    const { application, account } = this.parts;
    application.language.say(this.button, account.isIn ? "sign-out" : "sign-in");
  }

  async #press() {
    if (this.button.ariaBusy === "true") return;
    this.button.ariaBusy = "true";
    const { application, account, signedIn, signedOut } = this.parts;
    try {
      if (account.isIn) await account.signOut().then(signedOut);
      else signedIn(await account.signIn());
      this.#mark();
    } catch {
      application.language.say(application.notice, "no-connection");
    }
    this.button.ariaBusy = "false";
  }
}
