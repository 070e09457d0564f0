// @ts-check
/** Sheets that slide over a device's screen: passing the application on, to a phone or to the store. */

import { button } from "./application.js";
import { make } from "./fields.js";

/** @typedef {import("./language.js").Language} Language */
/** @typedef {import("./texts.js").TextKey} TextKey */

/** Opens a sheet over an application; returns what closes it. */
export function openSheet(/** @type {HTMLElement} */ screen, /** @type {Language} */ language, /** @type {TextKey} */ title, /** @type {Node[]} */ ...body) {
  screen.querySelector(".sheet")?.remove();
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const heading = make("h4", "");
  heading.tabIndex = -1;
  language.say(heading, title);
  const close = () => {
    sheet.remove();
    before?.focus({ preventScroll: true });
  };
  const sheet = make("section", "sheet", heading, ...body, button(language, "close", "plain", close));
  sheet.setAttribute("role", "dialog");
  language.label(sheet, title);
  sheet.addEventListener("keydown", (event) => event.key === "Escape" && close());
  screen.querySelector(".app")?.append(sheet);
  heading.focus({ preventScroll: true });
  return () => sheet.remove();
}

/** The QR code and the link of a handoff to another device. */
export function linkBody(/** @type {Language} */ language, /** @type {{ url: string, qrSvg: string, expiresAt: string }} */ handoff) {
  const code = make("div", "qr");
  code.innerHTML = handoff.qrSvg; // drawn by our own server
  const link = /** @type {HTMLAnchorElement} */ (make("a", "link"));
  link.href = handoff.url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  language.say(link, "handoff-link");
  const lasts = words(language, "lasts", { time: clock(handoff.expiresAt, language) });
  if (!isOnlyHere(handoff.url)) return [code, words(language, "handoff-how"), link, lasts];
  return [code, words(language, "handoff-here"), link, lasts, words(language, "handoff-own")];
}

/** The short code of a handoff to staff. */
export function codeBody(/** @type {Language} */ language, /** @type {{ code: string, expiresAt: string }} */ handoff) {
  const code = make("output", "short-code", handoff.code);
  return [code, words(language, "code-how"), words(language, "lasts", { time: clock(handoff.expiresAt, language) })];
}

/** A paragraph that says something. */
export function words(/** @type {Language} */ language, /** @type {TextKey} */ key, /** @type {import("./language.js").Facts} */ facts = {}) {
  const made = make("p", "");
  language.say(made, key, facts);
  return made;
}

const clock = (/** @type {string} */ time, /** @type {Language} */ language) =>
  new Date(time).toLocaleTimeString(language.name, { timeStyle: "short" });

/** Whether an address leads every device to itself. */
const isOnlyHere = (/** @type {string} */ url) => ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname);
