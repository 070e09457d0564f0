// @ts-check
/** A cart on two devices: Ana's at the desktop, a guest's on the phone until they sign in. */

import { cartOf, createRetoma } from "retoma";
import { accountsOf } from "./account.js";
import { button } from "./application.js";
import { CartScreen } from "./cart_screen.js";
import { make } from "./fields.js";
import { Help } from "./help.js";
import { memory } from "./memory.js";
import { words } from "./sheets.js";
import { Shopper } from "./shopper.js";

/** @typedef {import("./station.js").Station} Station */
/** @typedef {import("../shop/products.js").Product} Product */

/**
 * Shows them.
 *
 * @param {{ desktop: Station, phone: Station }} stations
 * @param {import("./customer.js").Config} config
 * @param {string} customer
 * @param {import("./guide.js").Guide} guide
 * @returns what begins it all again.
 */
export async function showCart({ desktop, phone }, config, customer, guide) {
  const products = await productsOf();
  const accountAt = accountsOf(config, customer);
  const atDesktop = new Shopper({ account: accountAt(desktop, "web", true), products });
  const atPhone = new Shopper({ account: accountAt(phone, "mobile_web", false), products });
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
  return async () => {
    await Promise.all([atDesktop.startAgain(), atPhone.startAgain()]);
  };
}

/** Goes on with the cart that the page's address carries, on a phone of one's own. */
export async function joinCart(/** @type {Station} */ station, /** @type {import("./customer.js").Config} */ { server: url, publishableKey }) {
  const { screen, language, wire } = station;
  const retoma = createRetoma({ url, publishableKey, channel: "mobile_web", storage: memory(), fetch: wire.fetch });
  const draft = await retoma.redeem().catch(() => null);
  if (draft === null) return screen.replaceChildren(make("div", "idle", words(language, "join-invalid")));
  const shown = new CartScreen({ station, cart: cartOf(draft), products: await productsOf(), isHere: ({ kind }) => kind === "grant" });
  const help = new Help(shown);
  shown.offer([], [button(language, "get-help", "plain", () => void help.offer())]);
  shown.follow();
}

/** @returns {Promise<readonly Product[]>} */
const productsOf = async () => (await fetch("products.json")).json();
