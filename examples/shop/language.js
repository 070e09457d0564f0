// @ts-check
/** The language that the page is read in. */

import { Speaking } from "./speaking.js";
import { TEXTS } from "./texts.js";

/** @typedef {import("./texts.js").TextKey} TextKey */
/** Whatever says all the words of the shop, and perhaps others. @typedef {Speaking<TextKey>} Language */

/** Says the words of the shop. @returns {Language} */
export const shopLanguage = () => new Speaking(TEXTS);
