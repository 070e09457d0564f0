// @ts-check
/** The till in the store: a clerk who helps the customer whose code they are told, with a form or with a cart. */

import { assistOf, createRetoma } from "retoma";
import { Application, button } from "./application.js";
import { icon, make } from "./fields.js";
import { memory } from "./memory.js";
import { words } from "./sheets.js";

/** @typedef {import("./customer.js").Config} Config */
/** @typedef {import("./station.js").Station} Station */
/** @typedef {import("./texts.js").TextKey} TextKey */

/** What the clerk reads when a code is refused, by the status of the answer. @type {Record<number, TextKey>} */
const REFUSALS = { 404: "code-invalid", 429: "code-wait" };

export class Till {
  /** `serve` shows what a code has opened, and offers `next` in the end. */
  constructor(/** @type {Station} */ station, /** @type {Config} */ config, /** @type {(draft: any, next: () => void) => void} */ serve) {
    this.station = station;
    this.serve = serve;
    this.name = config.staffName;
    this.retoma = createRetoma({
      url: config.server,
      publishableKey: config.publishableKey,
      channel: "store",
      device: "till",
      storage: memory(),
      fetch: station.wire.fetch,
      // In a demo only: a real till gets its clerk's token when the clerk signs in.
      getToken: () => config.staffToken,
    });
  }

  /** Waits for the next code. */
  #beginAgain() {
    this.begin();
    /** @type {HTMLElement | null} */ (this.station.screen.querySelector("input.code"))?.focus({ preventScroll: true });
  }

  /** Waits for a code. */
  begin() {
    const { screen, language } = this.station;
    const { form, input } = this.#codeForm();
    const problem = make("p", "problem");
    problem.setAttribute("role", "status");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#help(input.value, problem).then((isServing) => isServing || input.focus());
    });
    const hello = words(language, "till-idle", { name: this.name });
    screen.replaceChildren(make("div", "idle", make("div", "camera", icon("till")), hello, words(language, "till-how"), form, problem));
    language.fill(screen);
  }

  #codeForm() {
    const input = /** @type {HTMLInputElement} */ (make("input", "code"));
    Object.assign(input, { maxLength: 9, autocomplete: "off", spellcheck: false, autocapitalize: "characters", required: true });
    input.dataset.label = "code";
    input.dataset.placeholder = "code-example";
    input.addEventListener("input", () => (input.value = spaced(input.value)));
    const submit = button(this.station.language, "help-customer", "main", () => undefined);
    submit.type = "submit";
    const form = /** @type {HTMLFormElement} */ (make("form", "code-form", input, submit));
    form.noValidate = true; // the browser would complain in its own language
    return { form, input };
  }

  /** Tells whether the code was good. */
  async #help(/** @type {string} */ code, /** @type {HTMLElement} */ problem) {
    const { language } = this.station;
    if (!isWhole(code)) return language.say(problem, "code-length");
    try {
      this.serve(await assistOf(this.retoma).redeem(code), () => this.#beginAgain());
      return true;
    } catch (error) {
      language.say(problem, REFUSALS[/** @type {any} */ (error).status] ?? "no-connection");
    }
  }
}

/** Shows forms at a till. */
export function servingForms(/** @type {Station} */ { screen, language }) {
  return (/** @type {any} */ draft, /** @type {() => void} */ next) => {
    const onward = [button(language, "next-customer", "main", next)];
    const application = new Application({ screen, draft, language, send: "complete", ended: "till-ended", onward });
    greet(screen, language);
    application.begin();
  };
}

/** Says on whose behalf the clerk is at work. */
export function greet(/** @type {HTMLElement} */ screen, /** @type {import("./language.js").Language} */ language) {
  const banner = /** @type {HTMLElement} */ (screen.querySelector(".helping"));
  banner.append(icon("hands"), words(language, "till-serving"));
  banner.hidden = false;
}

const isWhole = (/** @type {string} */ code) => code.length === "BCDF-GHJK".length;

/** A code as it is read out: capitals, in two halves. */
function spaced(/** @type {string} */ text) {
  const plain = text.toUpperCase().replace(/[^A-Z]/g, "").slice(0, 8);
  return plain.length > 4 ? `${plain.slice(0, 4)}-${plain.slice(4)}` : plain;
}
