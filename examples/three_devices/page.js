// @ts-check
/** The page: three devices of one customer's story, with a form or with a cart, each with its own connection to the same server. */

import { accountsOf } from "./account.js";
import { joinCart, showCart } from "./cart_story.js";
import { Desktop, Phone } from "./customer.js";
import { deedsInCart, deedsInForm, Guide } from "./guide.js";
import { handOver } from "./landing.js";
import { Language } from "./language.js";
import { Station } from "./station.js";
import { showStore } from "./store.js";

const asked = new URLSearchParams(location.search);
const story = asked.get("story") === "cart" ? "cart" : "form";
const customer = asked.get("customer") ?? "ana";
const language = new Language();
const config = await (await fetch("config.json")).json();

chooseLanguage();
chooseStory();
chooseDevice("desktop");
if (location.hash.includes("retoma=")) await joinAsPhone();
else await showAll();

/** A real phone that followed a handoff's link is the phone, and nothing else; the one on the page of three takes it up there. */
async function joinAsPhone() {
  if (await handOver()) return window.close();
  document.documentElement.classList.add("alone");
  chooseDevice("phone");
  void (story === "cart" ? joinCart(stationOf("phone"), config) : new Phone(stationOf("phone"), config).join());
}

async function showAll() {
  const stations = { desktop: stationOf("desktop"), phone: stationOf("phone") };
  showStore(device("store"), language, config);
  hushWhileApart(Object.values(stations).map(({ wire }) => wire));
  const startAgain = story === "cart" ? await showCart(stations, config, customer, new Guide(element("cart-guide"), language, deedsInCart)) : showForm(stations);
  element("again").addEventListener("click", () => void startAgain().then(() => location.reload()));
}

/** Returns what begins it all again. @returns {() => Promise<void>} */
function showForm(/** @type {Record<"desktop" | "phone", Station>} */ stations) {
  const guide = new Guide(element("guide"), language, deedsInForm);
  const accountAt = accountsOf(config, customer, "form.");
  const desktop = new Desktop(accountAt(stations.desktop, "web", false), config);
  const phone = new Phone(stations.phone, config, { device: "phone", account: () => accountAt(stations.phone, "mobile_web", true) });
  desktop.opened = (draft) => {
    draft.subscribe(guide.watch("desktop"));
    draft.onEvent(guide.hear);
  };
  desktop.claimed = () => guide.hear({ type: "claimed" });
  phone.opened = (draft) => draft.subscribe(guide.watch("phone"));
  phone.signedIn = () => guide.hear({ type: "phone-signed-in" });
  void desktop.begin();
  phone.begin(linkInSight);
  // A draft that is completed cannot be discarded, and need not be: the next page load opens another.
  return async () => {
    await Promise.all([desktop.startAgain(), phone.startAgain()]);
  };
}

/** Without an answer, the SDK hints in the console that the origin may not be allowed; here a switch is the reason. */
function hushWhileApart(/** @type {readonly import("./wire.js").Wire[]} */ wires) {
  const { warn } = console;
  console.warn = (...said) => {
    const isHint = String(said[0]).startsWith("Retoma: no answer");
    if (!isHint || wires.every((wire) => wire.mode === "online")) warn(...said);
  };
}

/** What the phone's camera sees: the link that the desktop shows as a QR code. */
function linkInSight() {
  const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector("[data-device=desktop] .sheet .link"));
  return link?.href ?? null;
}

function stationOf(/** @type {string} */ name) {
  return new Station(device(name), language);
}

function device(/** @type {string} */ name) {
  return /** @type {HTMLElement} */ (document.querySelector(`[data-device=${name}]`));
}

function chooseLanguage() {
  const buttons = all("[data-language]");
  const use = (/** @type {"en" | "es"} */ name) => {
    language.use(name);
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.language === name)));
  };
  buttons.forEach((button) => button.addEventListener("click", () => use(/** @type {"en" | "es"} */ (button.dataset.language))));
  use(language.wanted);
}

/** Marks which story is told, and leads to the other; each is a page of its own, with its own connections. */
function chooseStory() {
  for (const part of all("[data-story]")) part.hidden = part.dataset.story !== story;
  for (const way of all("a[data-way]")) {
    const name = String(way.dataset.way);
    way.setAttribute("href", `?${new URLSearchParams({ ...Object.fromEntries(asked), story: name })}`);
    if (name === story) way.setAttribute("aria-current", "page");
  }
}

/** On small screens one device shows at a time. */
function chooseDevice(/** @type {string} */ first) {
  const tabs = all("[data-tab]");
  const show = (/** @type {string | undefined} */ name) => {
    element("devices").dataset.shown = name;
    tabs.forEach((tab) => tab.setAttribute("aria-pressed", String(tab.dataset.tab === name)));
  };
  tabs.forEach((tab) => tab.addEventListener("click", () => show(tab.dataset.tab)));
  show(first);
}

/** @returns {NodeListOf<HTMLElement>} */
function all(/** @type {string} */ selector) {
  return document.querySelectorAll(selector);
}

function element(/** @type {string} */ id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
