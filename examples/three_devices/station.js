// @ts-check
/** What surrounds each device: the switch of its connection, and the log of what went over it. */

import { copyOf } from "./application.js";
import { make } from "./fields.js";
import { Wire } from "./wire.js";

/** @typedef {import("./language.js").Language} Language */

/** How many lines of the log are kept. */
const LINES = 40;

export class Station {
  constructor(/** @type {HTMLElement} */ device, /** @type {Language} */ language) {
    this.name = String(device.dataset.device);
    this.screen = /** @type {HTMLElement} */ (device.querySelector(".screen"));
    this.language = language;
    device.append(copyOf("wire-log"));
    this.log = /** @type {HTMLElement} */ (device.querySelector(".wire ol"));
    this.wire = new Wire((line) => this.#note(line));
    this.#addSwitch(device);
    language.fill(device);
  }

  #addSwitch(/** @type {HTMLElement} */ device) {
    const copy = copyOf("wire-switch");
    copy.querySelectorAll("input").forEach((input) => {
      input.name = `wire-${this.name}`;
      input.addEventListener("change", () => {
        device.dataset.wire = input.value;
        this.wire.switchTo(/** @type {import("./wire.js").Mode} */ (input.value));
      });
    });
    device.querySelector(".strip")?.append(copy);
  }

  /** @type {import("./wire.js").Note} */
  #note = ({ what, said, tone }) => {
    const outcome = make("span", "");
    this.language.say(outcome, ...said);
    const line = make("li", tone, make("code", "", what), outcome);
    this.log.prepend(line);
    this.log.children[LINES]?.remove();
  };
}
