// @ts-check
/** The customer's own devices: the desktop that begins, and the phone that goes on. */

import { createRetoma } from "retoma";
import { Application, button } from "./application.js";
import { icon, make } from "./fields.js";
import { Help } from "./help.js";
import { memory } from "./memory.js";
import { following } from "./landing.js";
import { offerLink, tell, words } from "./sheets.js";
import { signIn } from "./sign_in.js";

/** @typedef {{ server: string, publishableKey: string, process: string, console: string, signInName: string, password: string }} Config */
/** @typedef {import("./station.js").Station} Station */

/** A desktop at which somebody fills in the form: as a guest, or signed in. */
export class Desktop {
  /** What to call with the draft that is shown from now on. @type {(draft: any) => void} */
  opened = () => {};
  /** Hears that a guest has signed in. */
  claimed = () => {};

  constructor(/** @type {import("./account.js").Account} */ account, /** @type {Config} */ { process }) {
    this.account = account;
    this.station = account.station;
    this.process = process;
    this.draft = account.retoma.draft(process);
  }

  async begin() {
    const { account, station } = this;
    this.draft = account.retoma.draft(this.process);
    this.opened(this.draft);
    // Without an answer it goes on trying by itself, and what is stored shows when it comes.
    await this.draft.open().catch(() => undefined);
    const { screen, language } = station;
    const application = new Application({ screen, draft: this.draft, language, ended: "desktop-ended" }).begin();
    const help = new Help(application);
    application.actions.add(
      button(language, "on-phone", "plain", () => void offerLink(application, "handoff-here")),
      button(language, "get-help", "plain", () => void help.offer()),
      signIn(application, account, {
        signedIn: (receipt) => this.#go(application, receipt),
        leaving: (isLeaving) => application.rest(isLeaving),
        signedOut: () => this.#leave(),
      }),
    );
  }

  /** A guest again, with a form of their own. */
  async #leave() {
    await this.begin();
    /** @type {HTMLElement | null} */ (this.station.screen.querySelector(".sign"))?.focus({ preventScroll: true });
  }

  /** Throws the draft away, with everything that the device keeps. */
  async startAgain() {
    await this.draft.discard().catch(() => undefined);
    await this.account.forget();
  }

  /** The form is theirs; where they had begun one before, that one goes on, and they may choose. */
  #go(/** @type {Application} */ application, /** @type {import("retoma").Receipt} */ { isPending, forms: [form] }) {
    const { language, notice, screen } = application;
    if (isPending) return language.say(notice, "no-connection");
    if (form === undefined) return;
    this.claimed();
    // What was handed on as a guest's is over; whoever signs in needs no link.
    screen.querySelector(".continued")?.remove();
    if (!form.parked) return language.say(notice, "form-claimed");
    const { parked } = form;
    tell(application, "form-saved", "form-choose", async () => {
      await this.account.retoma.activate(parked);
      language.say(notice, "form-claimed");
    });
  }
}

/** A phone that knows nobody, until it is shown a code, or its owner signs in. */
export class Phone {
  /** What to call with the draft, once there is one. @type {(draft: any) => void} */
  opened = () => {};
  /** Hears that its owner has signed in, and sees their form. */
  signedIn = () => {};
  /** @type {() => string | null} */
  #look = () => null;
  /** Its owner's, once they have signed in. @type {import("./account.js").Account | null} */
  #owned = null;

  /** `label`: what others see in place of the phone's make; `account`: of whoever may sign in here, once a link is over. */
  constructor(/** @type {Station} */ station, /** @type {Config} */ { server: url, publishableKey, process }, /** @type {{ device?: string, account?: () => import("./account.js").Account }} */ { account, ...label } = {}) {
    this.station = station;
    this.process = process;
    this.account = account;
    const { fetch } = station.wire;
    this.retoma = createRetoma({ url, publishableKey, channel: "mobile_web", ...label, storage: memory(), fetch });
  }

  /** Waits for a link to be in sight. `look` gives what the camera sees: a link, or null. */
  begin(/** @type {() => string | null} */ look) {
    this.#look = look;
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

  /** Follows the link as a phone does: to its page, which asks before anything is used up. */
  async #scan(/** @type {string | null} */ link, /** @type {HTMLElement} */ problem) {
    const { language } = this.station;
    if (link === null) return language.say(problem, "scan-nothing");
    language.say(problem, "scan-followed");
    try {
      const draft = await this.retoma.redeem(await following(link));
      if (draft !== null) this.#open(draft);
    } catch (error) {
      language.say(problem, /** @type {any} */ (error).code === "handoff-invalid" ? "scan-invalid" : "no-connection");
    }
  }

  #open(/** @type {any} */ draft) {
    this.opened(draft);
    const { screen, language } = this.station;
    const application = new Application({ screen, draft, language, ...this.#afterwards() }).begin();
    const help = new Help(application);
    application.actions.add(button(language, "get-help-short", "plain", () => void help.offer()));
  }

  /** What can be done once the link is over. @returns {{ ended: import("./language.js").TextKey, onward?: HTMLElement[] }} */
  #afterwards() {
    const { language } = this.station;
    if (!this.account) return { ended: "phone-ended" };
    const onward = [button(language, "sign-in", "main", () => this.#signIn()), button(language, "scan", "plain", () => this.begin(this.#look))];
    return { ended: "phone-over", onward };
  }

  /** Forgets everything that the phone keeps of its owner, from before too. */
  async startAgain() {
    await this.#own().forget();
  }

  #own() {
    this.#owned ??= /** @type {() => import("./account.js").Account} */ (this.account)();
    return this.#owned;
  }

  /** Whoever can sign in needs no link. */
  #signIn() {
    const draft = this.#own().retoma.draft(this.process);
    void draft.open().then(this.signedIn, () => undefined);
    this.#open(draft);
  }
}
