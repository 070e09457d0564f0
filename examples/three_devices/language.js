// @ts-check
/** The language that the page is read in. */

import { Speaking } from "./speaking.js";
import { TEXTS } from "./texts.js";

/** @typedef {import("./texts.js").TextKey} TextKey */
/** @typedef {import("./speaking.js").Said<TextKey>} Said */
/** @typedef {import("./speaking.js").Facts<TextKey>} Facts */

/** @extends {Speaking<TextKey>} */
export class Language extends Speaking {
  constructor() {
    super(TEXTS);
  }
}
