// @ts-check
/** The page: what the shop sells, and the cart of whoever looks at it. */

import { cartOf, createRetoma } from "retoma";
import { getToken, signIn, signOut } from "./account.js";
import { CartView } from "./cart_view.js";
import { shopLanguage } from "./language.js";
import { showProducts } from "./products.js";

const { server = "", key = "" } = document.body.dataset;
const language = shopLanguage();
const [products, { customer }] = await Promise.all(["products.json", "session"].map(async (name) => (await fetch(name)).json()));
/** What the browser remembers between page loads. */
const storage = {
  get: (/** @type {string} */ name) => localStorage.getItem(name),
  set: (/** @type {string} */ name, /** @type {string} */ value) => localStorage.setItem(name, value),
};
const retoma = createRetoma({ url: server, publishableKey: key, storage, ...(customer ? { customer, getToken } : {}) });
const cart = cartOf((await retoma.redeem().catch(() => null)) ?? retoma);

const view = new CartView({ cart, products, language, root: document });
showProducts(/** @type {HTMLElement} */ (document.querySelector("[data-part=products]")), products, language, (sku, attributes, price) => cart.add(sku, 1, { attributes, price: { amount: price, currency: "EUR" } }));
offerAccount();
cart.subscribe((snapshot) => view.show(snapshot));
chooseLanguage();
await cart.ready;
await cart.resume().catch(() => undefined);

function offerAccount() {
  const button = element("sign");
  language.say(button, customer ? "sign-out" : "sign-in");
  button.addEventListener("click", async () => {
    button.setAttribute("aria-busy", "true");
    await (customer ? signOut(retoma) : signIn(retoma, { server, key, storage, getToken })).catch(() => view.tell("not-now"));
    button.removeAttribute("aria-busy");
  });
}

function chooseLanguage() {
  const buttons = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-language]"))];
  const use = (/** @type {"en" | "es"} */ name) => {
    localStorage.setItem("language", name);
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset["language"] === name)));
    language.use(name);
    view.again();
  };
  buttons.forEach((button) => button.addEventListener("click", () => use(/** @type {"en" | "es"} */ (button.dataset["language"]))));
  use((localStorage.getItem("language") ?? navigator.language).startsWith("es") ? "es" : "en");
}

/** @returns {HTMLElement} */
function element(/** @type {string} */ id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
