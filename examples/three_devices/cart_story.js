// @ts-check
/** Three devices and one cart: Ana's at the desktop, a guest's on the phone until they sign in, and the clerk's view of it. */

import { cartOf } from "retoma";
import { CartScreen } from "./cart_screen.js";
import { Shopper } from "./shopper.js";
import { greet, Till } from "./till.js";

/** @typedef {import("./station.js").Station} Station */
/** @typedef {import("../shop/products.js").Product} Product */

/**
 * Shows them.
 *
 * @param {{ desktop: Station, phone: Station, till: Station }} stations
 * @param {import("./customer.js").Config} config
 * @param {string} customer
 * @param {import("./guide.js").Guide} guide
 * @returns what begins it all again.
 */
export async function showCart({ desktop, phone, till }, config, customer, guide) {
  /** @type {readonly Product[]} */
  const products = await (await fetch("products.json")).json();
  const atDesktop = new Shopper({ station: desktop, config, products, customer, channel: "web", isIn: true });
  const atPhone = new Shopper({ station: phone, config, products, customer, channel: "mobile_web", isIn: false });
  for (const [name, shopper] of Object.entries({ desktop: atDesktop, phone: atPhone })) {
    const watch = guide.watch(name);
    shopper.heard = guide.hear;
    shopper.claimed = () => guide.hear({ type: "claimed" });
    shopper.shown = (snapshot, isGuest) => {
      watch(snapshot);
      if (isGuest && snapshot.count > 0) guide.hear({ type: "guest-added" });
      if (snapshot.state === "offline" && snapshot.isPending) guide.hear({ type: "apart" });
    };
  }
  new Till(till, config, servingCarts(till, products)).begin();
  return async () => {
    await Promise.all([atDesktop.startAgain(), atPhone.startAgain()]);
  };
}

/** Shows carts at a till. */
function servingCarts(/** @type {Station} */ station, /** @type {readonly Product[]} */ products) {
  const { language } = station;
  return (/** @type {any} */ draft, /** @type {() => void} */ next) => {
    const screen = new CartScreen({ station, cart: cartOf(draft), products, onward: { say: (button) => language.say(button, "next-customer"), act: () => (screen.leave(), next()) } });
    screen.follow();
    greet(station.screen, station.language);
  };
}
