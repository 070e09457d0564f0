/** `<retoma-form>`: keeps the form within it, on pages that have no build step. */

import { bindForm } from "./form/index.js";
import { createRetoma, type Draft, type Retoma } from "./index.js";

/**
 * Makes `<retoma-form>` known to the page; `/sdk/retoma.js` does it by itself.
 *
 * Its attributes are `url` and `key` (of the server and the business) and `process`; `ui="off"` leaves out the
 * interface. Its property `draft` is a promise of the draft. A handoff in the page's address is redeemed.
 *
 * @example
 * defineRetomaForm();
 * // <retoma-form url="https://retoma.example" key="pk_…" process="mortgage-application"><form>…</form></retoma-form>
 */
export function defineRetomaForm(): void {
  if (globalThis.customElements === undefined || customElements.get("retoma-form") !== undefined) return;
  /** One connection for all forms of a page: they share a visitor, a stream and a handoff. */
  const connections = new Map<string, Retoma>();

  class RetomaForm extends HTMLElement {
    #draft: Promise<Draft> | null = null;
    #unbind: (() => void) | null = null;
    readonly #waiting = new MutationObserver(() => this.#begin());

    /** The draft that the form is kept in. */
    get draft(): Promise<Draft> {
      this.#draft ??= this.#open();
      return this.#draft;
    }

    connectedCallback(): void {
      // A script in the head meets the element before the form within it.
      this.#waiting.observe(this, { childList: true, subtree: true });
      this.#begin();
    }

    disconnectedCallback(): void {
      this.#waiting.disconnect();
      this.#unbind?.();
      this.#unbind = null;
    }

    #begin(): void {
      const form = this.querySelector("form");
      if (form === null) return;
      this.#waiting.disconnect();
      void this.draft.then((draft) => this.#bind(draft, form));
    }

    #bind(draft: Draft, form: HTMLFormElement): void {
      if (!this.isConnected || this.#unbind !== null) return;
      this.#unbind = bindForm(draft, form, { ui: this.getAttribute("ui") !== "off" });
    }

    #open(): Promise<Draft> {
      const process = this.#attribute("process");
      const retoma = this.#connection();
      const own = (): Draft => retoma.draft(process);
      // A link that was used or has expired leaves the person with their own draft.
      return retoma.redeem().then((passed) => (passed?.process === process ? passed : own()), own);
    }

    #connection(): Retoma {
      const [url, publishableKey] = [this.#attribute("url"), this.#attribute("key")];
      const known = connections.get(`${publishableKey} ${url}`) ?? createRetoma({ url, publishableKey });
      connections.set(`${publishableKey} ${url}`, known);
      return known;
    }

    #attribute(name: string): string {
      const value = this.getAttribute(name);
      if (!value) throw new TypeError(`<retoma-form> needs the attribute ${name}.`);
      return value;
    }
  }

  customElements.define("retoma-form", RetomaForm);
}
