// @ts-check
/** The page: three devices of one customer's story, each with its own connection to the same server. */

import { Desktop, Phone } from "./customer.js";
import { Guide } from "./guide.js";
import { Language } from "./language.js";
import { Station } from "./station.js";
import { Till } from "./till.js";

const language = new Language();
const config = await (await fetch("config.json")).json();

chooseLanguage();
chooseDevice("desktop");
if (location.hash.includes("retoma=")) joinAsPhone();
else showAll();

/** A real phone that followed a handoff's link is the phone, and nothing else. */
function joinAsPhone() {
  document.documentElement.classList.add("alone");
  chooseDevice("phone");
  void new Phone(stationOf("phone"), config).join();
}

function showAll() {
  const guide = new Guide(element("guide"), language);
  const [atDesktop, atPhone, atTill] = [stationOf("desktop"), stationOf("phone"), stationOf("till")];
  hushWhileApart([atDesktop.wire, atPhone.wire, atTill.wire]);
  const customer = new URLSearchParams(location.search).get("customer") ?? "ana";
  const desktop = new Desktop(atDesktop, config, customer);
  const phone = new Phone(atPhone, config, { device: "phone" });
  const till = new Till(atTill, config);
  desktop.draft.subscribe(guide.watch("desktop"));
  desktop.draft.onEvent(guide.hear);
  phone.opened = (draft) => draft.subscribe(guide.watch("phone"));
  void desktop.begin();
  phone.begin(linkInSight);
  till.begin();
  element("again").addEventListener("click", () => void startAgain(desktop.draft));
}

/** Without an answer, the SDK hints in the console that the origin may not be allowed; here a switch is the reason. */
function hushWhileApart(/** @type {readonly import("./wire.js").Wire[]} */ wires) {
  const { warn } = console;
  console.warn = (...said) => {
    const isHint = String(said[0]).startsWith("Retoma: no answer");
    if (!isHint || wires.every((wire) => wire.mode === "online")) warn(...said);
  };
}

/** A draft that is completed cannot be discarded, and need not be: the next page load opens another. */
async function startAgain(/** @type {any} */ draft) {
  await draft.discard().catch(() => undefined);
  location.reload();
}

/** What the phone's camera sees: the link that the desktop shows as a QR code. */
function linkInSight() {
  const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector("[data-device=desktop] .sheet .link"));
  return link?.href ?? null;
}

function stationOf(/** @type {string} */ device) {
  return new Station(/** @type {HTMLElement} */ (document.querySelector(`[data-device=${device}]`)), language);
}

function chooseLanguage() {
  const buttons = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-language]"));
  const use = (/** @type {"en" | "es"} */ name) => {
    language.use(name);
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.language === name)));
  };
  buttons.forEach((button) => button.addEventListener("click", () => use(/** @type {"en" | "es"} */ (button.dataset.language))));
  use(navigator.language.startsWith("es") ? "es" : "en");
}

/** On small screens one device shows at a time. */
function chooseDevice(/** @type {string} */ first) {
  const tabs = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-tab]"));
  const show = (/** @type {string | undefined} */ name) => {
    element("devices").dataset.shown = name;
    tabs.forEach((tab) => tab.setAttribute("aria-pressed", String(tab.dataset.tab === name)));
  };
  tabs.forEach((tab) => tab.addEventListener("click", () => show(tab.dataset.tab)));
  show(first);
}

function element(/** @type {string} */ id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
