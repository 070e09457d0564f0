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
const retoma = createRetoma({ url: server, publishableKey: key, ...(customer ? { customer, getToken } : {}) });
const cart = cartOf((await retoma.redeem().catch(() => null)) ?? retoma);

const view = new CartView({ cart, products, language, root: document });
showProducts(/** @type {HTMLElement} */ (document.querySelector("[data-part=products]")), products, language, (sku, attributes, price) => cart.add(sku, 1, { attributes, price: { amount: price, currency: "EUR" } }));
offerAccount(customer !== null);
cart.subscribe((snapshot) => view.show(snapshot));
chooseLanguage();
await cart.ready;
await cart.resume().catch(() => undefined);

function offerAccount(/** @type {boolean} */ isIn) {
  const button = element("sign");
  language.say(button, isIn ? "sign-out" : "sign-in");
  button.onclick = async () => {
    if (button.ariaBusy === "true") return;
    button.setAttribute("aria-busy", "true");
    await (isIn ? signOut(retoma) : enter()).catch(() => view.tell("not-now"));
    button.removeAttribute("aria-busy");
  };
}

/** The guest's cart is Ana's from now on, with what she has saved. */
async function enter() {
  const receipt = await signIn(retoma);
  offerAccount(true);
  if (receipt.carts.some(({ fate }) => fate === "merged")) view.tellUndoable("together", () => retoma.undo(receipt));
  await cart.resume().catch(() => undefined);
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
