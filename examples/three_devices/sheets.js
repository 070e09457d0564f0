// @ts-check
/** What lies over a device's screen: sheets that pass a draft on, to a phone or to the store, and what says that it is over. */

import { button } from "./application.js";
import { icon, make } from "./fields.js";

/** @typedef {import("./language.js").Language} Language */
/** @typedef {import("./language.js").TextKey} TextKey */

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

/** Covers the screen with a message, once and for all; the focus goes there from what is covered. */
export function cover(/** @type {{ screen: HTMLElement, language: Language }} */ { screen, language }, /** @type {"done" | "gone"} */ how, /** @type {TextKey} */ title, /** @type {Node[]} */ ...message) {
  const hadFocus = screen.contains(document.activeElement);
  const heading = make("h4", "");
  heading.tabIndex = -1;
  language.say(heading, title);
  const app = /** @type {HTMLElement} */ (screen.querySelector(".app"));
  for (const part of app.children) /** @type {HTMLElement} */ (part).inert = true;
  app.append(make("div", `over ${how}`, icon(how === "done" ? "tick" : "lock"), heading, ...message));
  if (hadFocus) heading.focus({ preventScroll: true });
}

/** An application from which a draft is passed on. @typedef {{ draft: any, screen: HTMLElement, language: Language, notice: HTMLElement }} From */

/** Offers a link to go on with a draft on a phone, until it is used; `here` says how on this page. */
export async function offerLink(/** @type {From} */ from, /** @type {TextKey} */ here) {
  const { draft, screen, language, notice } = from;
  try {
    const handoff = await draft.handoff();
    const close = openSheet(screen, language, "handoff-title", ...linkBody(language, handoff, here));
    const stop = draft.onEvent((/** @type {{ type: string, handoff: string }} */ event) => {
      if (event.type !== "handoff-redeemed" || event.handoff !== handoff.id) return;
      stop();
      close();
      tellContinued(from, handoff);
    });
  } catch {
    language.say(notice, "no-connection");
  }
}

/** Says that another device goes on with the draft, and offers to end that. */
function tellContinued(/** @type {From} */ from, /** @type {{ id: string }} */ handoff) {
  tell(from, "continued", "undo", async () => {
    await from.draft.revoke(handoff);
    from.language.say(from.notice, "continued-undone");
  });
}

/** Tells something above the form, and offers to do something about it, once. */
export function tell(/** @type {From} */ { screen, language, notice }, /** @type {TextKey} */ key, /** @type {TextKey} */ offered, /** @type {() => Promise<unknown>} */ act) {
  screen.querySelector(".continued")?.remove();
  const way = button(language, offered, "plain", () => void act().then(() => told.remove(), () => language.say(notice, "no-connection")));
  const told = make("div", "continued", icon("scan"), words(language, key), way);
  screen.querySelector(".helping")?.before(told);
}

/** The QR code and the link of a handoff to another device. */
function linkBody(/** @type {Language} */ language, /** @type {{ url: string, qrSvg: string, expiresAt: string }} */ handoff, /** @type {TextKey} */ here) {
  const code = make("div", "qr");
  code.innerHTML = handoff.qrSvg; // drawn by our own server
  const link = /** @type {HTMLAnchorElement} */ (make("a", "link"));
  link.href = handoff.url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  language.say(link, "handoff-link");
  const lasts = words(language, "lasts", { time: clock(handoff.expiresAt, language) });
  if (!isOnlyHere(handoff.url)) return [code, words(language, "handoff-how"), link, lasts];
  return [code, words(language, here), link, lasts, words(language, "handoff-own")];
}

/** The short code of a handoff to staff: to be read out letter by letter, or scanned. */
export function codeBody(
  /** @type {Language} */ language,
  /** @type {{ code: string, spelled: readonly string[], qrSvg: string, expiresAt: string }} */ handoff,
) {
  const code = make("output", "short-code", handoff.code);
  const spelled = make("p", "spelled", handoff.spelled.map((each) => each.replaceAll(" ", "\u00a0")).join(", "));
  const scanned = make("div", "qr scanned");
  scanned.innerHTML = handoff.qrSvg; // drawn by our own server
  return [code, spelled, scanned, words(language, "code-how"), words(language, "lasts", { time: clock(handoff.expiresAt, language) })];
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
