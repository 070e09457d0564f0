// @ts-check
/** The language that the page is read in. */

import { Speaking } from "./speaking.js";
import { TEXTS } from "./texts.js";

/** @typedef {import("./texts.js").TextKey} TextKey */
/** Whatever says the words of the shop, and perhaps others. @typedef {Pick<Speaking<TextKey>, keyof Speaking<TextKey>>} Language */

/** Says the words of the shop. @returns {Language} */
export const shopLanguage = () => new Speaking(TEXTS);
