// @ts-check
/** The customer's own devices: the desktop that begins, and the phone that goes on. */

import { createRetoma } from "retoma";
import { Application, button } from "./application.js";
import { icon, make } from "./fields.js";
import { memory } from "./memory.js";
import { codeBody, linkBody, openSheet, words } from "./sheets.js";

/** @typedef {{ server: string, publishableKey: string, process: string, staffToken: string, staffName: string }} Config */
/** @typedef {import("./station.js").Station} Station */
/** @typedef {(snapshot: any) => void} Watch */

/** A signed-in customer at a desktop. */
export class Desktop {
  constructor(/** @type {Station} */ station, /** @type {Config} */ config, /** @type {string} */ customer) {
    this.station = station;
    const { fetch } = station.wire;
    this.retoma = createRetoma({
      url: config.server,
      publishableKey: config.publishableKey,
      channel: "web",
      device: "desktop",
      storage: memory(),
      fetch,
      // The shop's own back end knows who is signed in; here, everybody is who they say they are.
      getToken: async () => (await (await fetch(`token?customer=${encodeURIComponent(customer)}`, { method: "POST" })).json()).token,
    });
    this.draft = this.retoma.draft(config.process);
  }

  async begin(/** @type {Watch} */ watch) {
    await this.draft.open();
    const { station, draft } = this;
    const { screen, language } = station;
    const ended = () => [words(language, "desktop-ended")];
    const application = new Application({ screen, draft, language, send: "send", ended, watch }).begin();
    const help = new Help(application, { canEnd: true });
    application.actions.add(
      button(language, "on-phone", "plain", () => void this.#offerLink().catch(() => this.#sorry(application))),
      button(language, "get-help", "plain", () => void help.offer()),
    );
  }

  async #offerLink() {
    const { screen, language } = this.station;
    const handoff = await this.draft.handoff();
    const close = openSheet(screen, language, "handoff-title", ...linkBody(language, handoff));
    this.draft.onEvent((/** @type {{ type: string }} */ { type }) => type === "handoff-redeemed" && close());
  }

  #sorry(/** @type {Application} */ application) {
    application.language.say(application.notice, "no-connection");
  }
}

/** A phone that knows nobody, until it is shown a code. */
export class Phone {
  constructor(/** @type {Station} */ station, /** @type {Config} */ config, /** @type {{ readonly label?: string }} */ { label } = {}) {
    this.station = station;
    const { server: url, publishableKey } = config;
    const device = label === undefined ? {} : { device: label };
    this.retoma = createRetoma({ url, publishableKey, channel: "mobile_web", ...device, storage: memory(), fetch: station.wire.fetch });
  }

  /** Waits for a link to be in sight. `look` gives what the camera sees: a link, or null. */
  begin(/** @type {() => string | null} */ look, /** @type {Watch} */ watch) {
    const { screen, language } = this.station;
    const problem = make("p", "problem");
    problem.setAttribute("role", "status");
    const scan = button(language, "scan", "main", () => void this.#scan(look(), problem, watch));
    scan.prepend(icon("scan"));
    const camera = make("div", "camera", icon("scan"));
    screen.replaceChildren(make("div", "idle", camera, words(language, "scan-idle"), words(language, "scan-how"), scan, problem));
  }

  /** Goes on with the draft that the page's address carries. */
  async join(/** @type {Watch} */ watch) {
    try {
      const draft = await this.retoma.redeem();
      if (draft !== null) this.#open(draft, watch);
      return draft !== null;
    } catch {
      this.station.screen.replaceChildren(make("div", "idle", words(this.station.language, "join-invalid")));
      return true;
    }
  }

  async #scan(/** @type {string | null} */ link, /** @type {HTMLElement} */ problem, /** @type {Watch} */ watch) {
    const { language } = this.station;
    if (link === null) return language.say(problem, "scan-nothing");
    try {
      this.#open(await this.retoma.redeem(link), watch);
    } catch (error) {
      language.say(problem, /** @type {any} */ (error).code === "handoff-invalid" ? "scan-invalid" : "no-connection");
    }
  }

  #open(/** @type {any} */ draft, /** @type {Watch} */ watch) {
    const { screen, language } = this.station;
    const ended = () => [words(language, "phone-ended")];
    const application = new Application({ screen, draft, language, send: "send", ended, watch }).begin();
    const help = new Help(application, { canEnd: false });
    application.actions.add(button(language, "get-help-short", "plain", () => void help.offer()));
  }
}

/** Help from the store: the code that asks for it, who gives it, and its end. */
class Help {
  #handoff = { id: "", code: "", expiresAt: "" };
  #closeSheet = () => {};

  /** `canEnd`: only the owner of a draft may take a handoff back. */
  constructor(/** @type {Application} */ application, /** @type {{ readonly canEnd: boolean }} */ { canEnd }) {
    this.application = application;
    this.canEnd = canEnd;
    this.banner = /** @type {HTMLElement} */ (application.screen.querySelector(".helping"));
    application.draft.onEvent((/** @type {any} */ event) => this.#hear(event));
  }

  async offer() {
    const { draft, language, screen, notice } = this.application;
    try {
      this.#handoff = await draft.handoff({ to: "staff" });
      this.#closeSheet = openSheet(screen, language, "code-title", ...codeBody(language, this.#handoff));
    } catch {
      language.say(notice, "no-connection");
    }
  }

  #hear(/** @type {{ type: string }} */ { type }) {
    if (type === "assist-started") this.#begin();
    if (type === "assist-ended") this.#end();
  }

  #begin() {
    const { language } = this.application;
    this.#closeSheet();
    const isOurs = this.canEnd && this.#handoff.id !== "";
    const end = isOurs ? [button(language, "end-help", "plain", () => void this.#revoke())] : [];
    this.banner.replaceChildren(icon("hands"), words(language, "helping"), ...end);
    this.banner.hidden = false;
  }

  async #revoke() {
    const { draft, language, notice } = this.application;
    await draft.revoke(this.#handoff).catch(() => language.say(notice, "no-connection"));
  }

  #end() {
    this.banner.hidden = true;
    this.application.language.say(this.application.notice, "help-ended");
  }
}
