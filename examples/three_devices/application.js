// @ts-check
/** The application form on one device, bound to a draft: a plain form, and what shows that it is alive. */

import { bindForm, isRetomaError } from "retoma";
import { Arrivals } from "./arrivals.js";
import { Conflicts } from "./conflicts.js";
import { Fields, make, reveal } from "./fields.js";
import { Gaps } from "./gaps.js";
import { cover } from "./sheets.js";

/** @typedef {import("./language.js").TextKey} TextKey */

const STEPS = ["you", "income", "home"];
/** What a person reads when the application cannot be completed, by the code of the error. @type {Record<string, TextKey>} */
const REFUSALS = { "conflicts-open": "choose-first", "revision-conflict": "look-again", "no-answer": "no-connection" };

export class Application {
  #step = "you";
  #isOver = false;
  #isResting = false;
  /** What the draft said last. @type {any} */
  #said = null;

  /**
   * @param {{ screen: HTMLElement, draft: any, language: import("./language.js").Language, ended: TextKey,
   *   onward?: Node[] }} parts `ended`: what to say when this device's access is over; `onward`: what to offer then, and
   *   when the application is completed.
   */
  constructor({ screen, draft, language, ended, onward = [] }) {
    this.screen = screen;
    this.draft = draft;
    this.language = language;
    this.ended = ended;
    this.onward = onward;
    screen.replaceChildren(copyOf("application"));
    this.form = /** @type {HTMLFormElement} */ (this.#find("form"));
    this.notice = this.#find(".notice");
    this.fields = new Fields(this.form);
    language.fill(screen);
    const parts = { draft, fields: this.fields, language, notice: this.notice };
    this.arrivals = new Arrivals(parts);
    this.conflicts = new Conflicts(parts);
    this.gaps = new Gaps(parts);
    this.actions = new Actions(this);
  }

  /** Shows the draft and follows it. */
  begin() {
    this.form.addEventListener("input", (event) => this.#typed(event));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    for (const way of this.#ways) way.addEventListener("click", () => this.goTo(String(way.dataset.go)));
    this.goTo(this.draft.position?.step ?? "you", { isMine: false });
    bindForm(this.draft, this.form, { ui: false });
    this.draft.subscribe((/** @type {any} */ snapshot) => this.#show(snapshot));
    this.draft.onEvent((/** @type {any} */ event) => this.#hear(event));
    return this;
  }

  /** Shows a step; one's own going is remembered for the next device. */
  goTo(/** @type {string} */ step, { isMine = true } = {}) {
    this.#step = STEPS.includes(step) ? step : "you";
    for (const each of this.fields.steps) each.hidden = each.dataset.step !== this.#step;
    for (const way of this.#ways) this.#markWay(way);
    this.actions.show(this.#step);
    this.form.scrollTop = 0;
    if (isMine && this.draft.status === "open" && this.draft.state !== "closed") this.draft.goTo(this.#step);
  }

  /** Shows nothing new meanwhile: to whoever signs out, the end of their draft on this device is no news. */
  rest(/** @type {boolean} */ isResting) {
    this.#isResting = isResting;
    if (!isResting && this.#said !== null) this.#show(this.#said);
  }

  /** Goes one step on or back. */
  move(/** @type {number} */ by) {
    this.goTo(STEPS[STEPS.indexOf(this.#step) + by] ?? this.#step);
  }

  async complete() {
    try {
      await this.draft.complete();
    } catch (error) {
      const { code, facts } = isRetomaError(error) ? /** @type {any} */ (error) : { code: "" };
      const missing = code === "validation-failed" ? this.gaps.ask(facts.errors) : [];
      if (missing[0]) this.#askFor(missing[0], missing.length);
      else this.language.say(this.notice, REFUSALS[code] ?? "not-now");
    }
  }

  /** Leads to the first of the fields that are missing. */
  #askFor(/** @type {import("./fields.js").Field} */ field, /** @type {number} */ count) {
    this.language.say(this.notice, "still-missing", { count });
    this.#markLacking();
    this.goTo(field.step);
    field.controls[0]?.focus();
    reveal(field.element);
  }

  /** Nothing more happens here. */
  #end(/** @type {"done" | "gone"} */ how, /** @type {TextKey} */ title, /** @type {Node[]} */ ...message) {
    this.#isOver = true;
    cover(this, how, title, ...message, ...this.onward);
  }

  /** The buttons that lead to the steps. @returns {NodeListOf<HTMLElement>} */
  get #ways() {
    return this.screen.querySelectorAll("[data-go]");
  }

  #markWay(/** @type {HTMLElement} */ way) {
    way.removeAttribute("aria-current");
    if (way.dataset.go !== this.#step) return;
    way.setAttribute("aria-current", "step");
    way.classList.remove("fresh");
  }

  #typed(/** @type {Event} */ event) {
    const field = this.fields.of(event.target);
    if (field && event.isTrusted) this.arrivals.forget(field);
  }

  #show(/** @type {any} */ snapshot) {
    this.#said = snapshot;
    if (this.#isResting) return;
    this.#showState(snapshot.state);
    if (this.#isOver) return;
    if (snapshot.status === "completed") return this.#celebrate();
    if (snapshot.state === "closed") return this.#end("gone", this.ended);
    this.gaps.look();
    const arrived = this.arrivals.look();
    this.conflicts.show(snapshot.conflicts);
    const disputed = snapshot.conflicts.map((/** @type {any} */ { path }) => this.fields.at(path)?.step);
    this.#markLacking();
    this.#markFresh([...arrived.map((field) => field.step), ...disputed]);
  }

  #showState(/** @type {string} */ state) {
    const shown = this.#find(".state");
    shown.dataset.state = state;
    this.language.say(shown, /** @type {TextKey} */ (`state-${state}`));
  }

  /** News on a step that is not on screen puts a dot on its name. */
  #markFresh(/** @type {readonly (string | undefined)[]} */ steps) {
    for (const step of steps.filter((each) => each !== this.#step)) {
      this.screen.querySelector(`[data-go="${step}"]`)?.classList.add("fresh");
    }
  }

  /** A step on which something is asked for says so on its name. */
  #markLacking() {
    const { steps } = this.gaps;
    for (const way of this.#ways) way.classList.toggle("lacking", steps.has(String(way.dataset.go)));
  }

  #celebrate() {
    this.#end("done", "done-title", make("p", "who-completed"));
  }

  #hear(/** @type {{ type: string, actor: string }} */ event) {
    const who = this.screen.querySelector(".who-completed");
    if (event.type !== "draft-completed" || who === null) return;
    this.language.say(/** @type {HTMLElement} */ (who), event.actor === "staff" ? "done-by-store" : "done-by-customer");
  }

  #find(/** @type {string} */ selector) {
    return /** @type {HTMLElement} */ (this.screen.querySelector(selector));
  }
}

/** The buttons below the form: through the steps, and whatever a device adds. */
class Actions {
  constructor(/** @type {Application} */ application) {
    const { language } = application;
    this.footer = /** @type {HTMLElement} */ (application.screen.querySelector(".actions"));
    this.back = button(language, "back", "plain", () => application.move(-1));
    this.next = button(language, "next", "main", () => application.move(1));
    this.send = button(language, "send", "main", () => void application.complete());
    this.footer.append(make("div", "walk", this.back, this.next, this.send));
  }

  show(/** @type {string} */ step) {
    this.back.hidden = step === STEPS[0];
    this.next.hidden = step === STEPS.at(-1);
    this.send.hidden = !this.next.hidden;
  }

  /** Adds ways to go on elsewhere. */
  add(/** @type {Node[]} */ ...buttons) {
    this.footer.append(make("div", "elsewhere", ...buttons));
  }
}

/**
 * A button that says something and does it.
 *
 * @param {import("./language.js").Language} language
 * @param {TextKey} key
 * @param {string} className
 * @param {() => void} act
 */
export function button(language, key, className, act) {
  const made = /** @type {HTMLButtonElement} */ (make("button", className));
  made.type = "button";
  language.say(made, key);
  made.addEventListener("click", act);
  return made;
}

/** A copy of one of the page's templates. */
export function copyOf(/** @type {string} */ id) {
  return /** @type {DocumentFragment} */ (/** @type {HTMLTemplateElement} */ (document.getElementById(id)).content.cloneNode(true));
}
