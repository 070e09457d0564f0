// @ts-check
/** The language that the page is read in. */

import { TEXTS as OF_SHOP } from "../shop/texts.js";
import { Speaking } from "./speaking.js";
import { TEXTS } from "./texts.js";

/** @typedef {import("./texts.js").TextKey | import("../shop/texts.js").TextKey} TextKey */
/** @typedef {import("./speaking.js").Said<TextKey>} Said */
/** @typedef {import("./speaking.js").Facts<TextKey>} Facts */

/** Where the tab remembers it. */
const PLACE = "language";

/** Says the words of this page, and those of the shop on its devices. @extends {Speaking<TextKey>} */
export class Language extends Speaking {
  constructor() {
    super({ en: { ...OF_SHOP.en, ...TEXTS.en }, es: { ...OF_SHOP.es, ...TEXTS.es } });
  }

  /** The one that was chosen before, else the browser's. @returns {"en" | "es"} */
  get wanted() {
    return (sessionStorage.getItem(PLACE) ?? navigator.language).startsWith("es") ? "es" : "en";
  }

  /** @override */
  use(/** @type {"en" | "es"} */ name) {
    sessionStorage.setItem(PLACE, name);
    super.use(name);
  }
}
