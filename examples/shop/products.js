// @ts-check
/** What the shop sells. */

import { made } from "./elements.js";

/** @typedef {import("./language.js").Language} Language */
/** @typedef {{ sku: string, price: number, sizes?: readonly string[], hue: number, name: Record<"en" | "es", string>, about: Record<"en" | "es", string> }} Product */

/** How each looks, in a few lines. */
const DRAWINGS = {
  tee: "M22 12 10 18l5 10 5-2.500V52h24V25.500l5 2.500 5-10-12-6c-2 5-18 5-20 0Z",
  mug: "M14 20h28v26a6 6 0 0 1-6 6H20a6 6 0 0 1-6-6zM42 26h5a6 6 0 0 1 6 6v3a6 6 0 0 1-6 6h-5M22 13c-2-3 2-4 0-7m8 7c-2-3 2-4 0-7",
  lamp: "M20 54h24M32 54V38L20 24M14 30 34 16l-3-6-21 3zM16 34c3 2 7 0 7-4",
  basket: "M9 27h46l-4 26H13zM18 27c0-20 28-20 28 0M15 36h34M14 44h36M24 27l2 26m14-26-2 26",
  blanket: "M12 16h34a6 6 0 0 1 6 6v24H18a6 6 0 0 1-6-6zM12 40a6 6 0 0 1 6-6h34M20 46v6m8-6v6m8-6v6m8-6v6",
  notebook: "M16 10h30a3 3 0 0 1 3 3v38a3 3 0 0 1-3 3H16zM23 10v44M30 21h12M30 28h8",
};

/**
 * Shows them in a list, until the returned function is called.
 *
 * @param {(sku: string, attributes: Record<string, string>, price: number) => void} add
 */
export function showProducts(/** @type {HTMLElement} */ list, /** @type {readonly Product[]} */ products, /** @type {Language} */ language, add) {
  list.replaceChildren(...products.map((product) => card(product, language, add)));
  return language.onUse(() => list.querySelectorAll("li").forEach((item, index) => name(item, /** @type {Product} */ (products[index]), language)));
}

/** @param {(sku: string, attributes: Record<string, string>, price: number) => void} add */
function card(/** @type {Product} */ product, /** @type {Language} */ language, add) {
  const sizes = made("select", { class: "size" }, ...(product.sizes ?? []).map((size) => made("option", { value: size }, size)));
  sizes.value = product.sizes?.[1] ?? "";
  const button = made("button", { type: "button", class: "main" });
  button.addEventListener("click", () => add(product.sku, product.sizes ? { size: sizes.value } : {}, product.price));
  const buy = made("p", { class: "buy" }, made("span", { class: "price" }), ...(product.sizes ? [sizes] : []), button);
  const item = made("li", {}, drawing(product), made("h2"), made("p", { class: "about" }), buy);
  item.style.setProperty("--hue", String(product.hue));
  name(item, product, language);
  return item;
}

/** Says what a product is, in the language of the moment. */
function name(/** @type {HTMLElement} */ item, /** @type {Product} */ product, /** @type {Language} */ language) {
  const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (item.querySelector(selector));
  part("h2").textContent = language.of(product.name);
  part(".about").textContent = language.of(product.about);
  part(".price").textContent = language.money(product.price);
  part("button").textContent = language.text("add");
  part("button").setAttribute("aria-label", language.text("add-what", { name: language.of(product.name) }));
  if (product.sizes) part("select").setAttribute("aria-label", language.text("size"));
}

/** A picture of a product. */
export function drawing(/** @type {{ sku: string }} */ { sku }) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", "0 0 64 64");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(picture.namespaceURI ?? "", "path");
  path.setAttribute("d", DRAWINGS[/** @type {keyof typeof DRAWINGS} */ (sku)] ?? "");
  picture.append(path);
  return picture;
}
