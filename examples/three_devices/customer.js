// @ts-check
/** The customer's own devices: the desktop that begins, and the phone that goes on. */

import { createRetoma } from "retoma";
import { Application, button } from "./application.js";
import { icon, make } from "./fields.js";
import { Help } from "./help.js";
import { memory } from "./memory.js";
import { offerLink, words } from "./sheets.js";

/** @typedef {{ server: string, publishableKey: string, process: string, staffToken: string, staffName: string }} Config */
/** @typedef {import("./station.js").Station} Station */

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

  async begin() {
    // Without an answer it goes on trying by itself, and what is stored shows when it comes.
    await this.draft.open().catch(() => undefined);
    const { station, draft } = this;
    const { screen, language } = station;
    const application = new Application({ screen, draft, language, send: "send", ended: "desktop-ended" }).begin();
    const help = new Help(application, { canEnd: true });
    application.actions.add(
      button(language, "on-phone", "plain", () => void offerLink(application, "handoff-here")),
      button(language, "get-help", "plain", () => void help.offer()),
    );
  }
}

/** A phone that knows nobody, until it is shown a code. */
export class Phone {
  /** What to call with the draft, once there is one. @type {(draft: any) => void} */
  opened = () => {};

  /** `label`: what others see in place of the phone's make. */
  constructor(/** @type {Station} */ station, /** @type {Config} */ { server: url, publishableKey }, /** @type {{ device?: string }} */ label = {}) {
    this.station = station;
    const { fetch } = station.wire;
    this.retoma = createRetoma({ url, publishableKey, channel: "mobile_web", ...label, storage: memory(), fetch });
  }

  /** Waits for a link to be in sight. `look` gives what the camera sees: a link, or null. */
  begin(/** @type {() => string | null} */ look) {
    const { screen, language } = this.station;
    const problem = make("p", "problem");
    problem.setAttribute("role", "status");
    const scan = button(language, "scan", "main", () => void this.#scan(look(), problem));
    scan.prepend(icon("scan"));
    const camera = make("div", "camera", icon("scan"));
    screen.replaceChildren(make("div", "idle", camera, words(language, "scan-idle"), words(language, "scan-how"), scan, problem));
  }

  /** Goes on with the draft that the page's address carries. */
  async join() {
    try {
      const draft = await this.retoma.redeem();
      if (draft !== null) this.#open(draft);
    } catch {
      this.station.screen.replaceChildren(make("div", "idle", words(this.station.language, "join-invalid")));
    }
  }

  async #scan(/** @type {string | null} */ link, /** @type {HTMLElement} */ problem) {
    const { language } = this.station;
    if (link === null) return language.say(problem, "scan-nothing");
    try {
      this.#open(await this.retoma.redeem(link));
    } catch (error) {
      language.say(problem, /** @type {any} */ (error).code === "handoff-invalid" ? "scan-invalid" : "no-connection");
    }
  }

  #open(/** @type {any} */ draft) {
    this.opened(draft);
    const { screen, language } = this.station;
    const application = new Application({ screen, draft, language, send: "send", ended: "phone-ended" }).begin();
    const help = new Help(application, { canEnd: false });
    application.actions.add(button(language, "get-help-short", "plain", () => void help.offer()));
  }
}
