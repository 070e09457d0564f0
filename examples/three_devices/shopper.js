// @ts-check
/** A device on which somebody shops: as a guest, or signed in, and then with the same cart as on all their devices. */

import { cartOf, createRetoma } from "retoma";
import { claim } from "../shop/account.js";
import { button } from "./application.js";
import { CartScreen } from "./cart_screen.js";
import { make } from "./fields.js";
import { Help } from "./help.js";
import { Drawer } from "./memory.js";
import { offerLink } from "./sheets.js";

/** @typedef {import("retoma").Retoma} Retoma */
/** @typedef {import("retoma").CartSnapshot} Snapshot */
/** @typedef {import("../shop/products.js").Product} Product */

export class Shopper {
  /** Hears what the device shows. @type {(snapshot: Snapshot, isGuest: boolean) => void} */
  shown = () => {};
  /** Hears what happens to the cart. @type {(event: { type: string }) => void} */
  heard = () => {};
  /** Hears that a guest has signed in. */
  claimed = () => {};
  /** @type {CartScreen | null} */
  #screen = null;

  /** `customer` is who signs in here; `isIn`: they are signed in already when the page is first opened. @param {{ station: import("./station.js").Station, config: import("./customer.js").Config, products: readonly Product[], customer: string, channel: string, isIn: boolean }} parts */
  constructor({ station, config, products, customer, channel, isIn }) {
    /** @type {import("./station.js").Station} */
    this.station = station;
    this.config = config;
    this.products = products;
    this.customer = customer;
    this.channel = channel;
    this.drawer = new Drawer(`${customer}.${station.name}`);
    const wasIn = this.drawer.get("is-in");
    const begins = wasIn === null ? isIn : wasIn === "yes";
    /** @type {Retoma} */
    this.retoma = this.#connect(begins);
    this.cart = cartOf(this.retoma);
    this.#show(begins);
  }

  /** Empties the cart and forgets everything that the device keeps. */
  async startAgain() {
    const { cart } = this;
    if (cart.id !== null) await cart.discard().catch(() => undefined);
    await this.retoma.signOut({ discardUnsent: true }).catch(() => undefined);
    this.drawer.empty();
  }

  /** Goes on as a guest, or as the customer. */
  #become(/** @type {boolean} */ isIn) {
    this.#screen?.leave();
    this.retoma.close();
    this.retoma = this.#connect(isIn);
    this.cart = cartOf(this.retoma);
    return this.#show(isIn);
  }

  /** Shows the shop and the cart. */
  #show(/** @type {boolean} */ isIn) {
    this.drawer.set("is-in", isIn ? "yes" : "no");
    this.cart.onEvent((event) => this.heard(event));
    const screen = new CartScreen({ station: this.station, cart: this.cart, products: this.products, isHere: ({ device }) => device === this.station.name });
    this.#screen = screen;
    this.#offer(screen, isIn);
    this.cart.subscribe((snapshot) => this.shown(snapshot, !isIn));
    void this.#look(this.cart).then(() => screen.follow());
    return screen;
  }

  #connect(/** @type {boolean} */ isIn) {
    const { config, station, channel, drawer, customer } = this;
    const { fetch } = station.wire;
    const about = { url: config.server, publishableKey: config.publishableKey, channel, device: station.name, storage: drawer, fetch };
    // The devices of this page share a browser: by a name of their own they keep their things apart.
    return createRetoma(isIn ? { ...about, customer: `${customer} at the ${station.name}`, getToken: async () => (await this.#token()).token } : about);
  }

  /** The shop's own back end knows who is signed in; here, everybody is who they say they are. */
  async #token() {
    return (await this.station.wire.fetch(`token?customer=${encodeURIComponent(this.customer)}`, { method: "POST" })).json();
  }

  /** Shows the cart that there is. Without an answer, what is stored shows when it comes. */
  async #look(/** @type {import("retoma").Cart} */ cart) {
    await cart.ready;
    if (cart.id === null) await cart.resume().catch(() => undefined);
  }

  #offer(/** @type {CartScreen} */ screen, /** @type {boolean} */ isIn) {
    const { language } = this.station;
    const who = make("h3", "");
    language.say(who, isIn ? "shopper-known" : "shopper-guest");
    const sign = button(language, isIn ? "sign-out" : "sign-in", "plain sign", () => void this.#sign(sign, isIn));
    const help = new Help(screen, { canEnd: true });
    const onPhone = button(language, "on-phone", "plain", () => void offerLink(screen, "handoff-cart"));
    const getHelp = button(language, "get-help", "plain", () => void help.offer());
    screen.offer([who, sign], this.station.name === "desktop" ? [onPhone, getHelp] : [getHelp]);
  }

  async #sign(/** @type {HTMLButtonElement} */ pressed, /** @type {boolean} */ isIn) {
    if (pressed.ariaBusy === "true") return;
    pressed.ariaBusy = "true";
    const screen = this.#screen;
    try {
      await (isIn ? this.#signOut() : this.#signIn());
      /** @type {HTMLElement | null} */ (this.station.screen.querySelector(".sign"))?.focus({ preventScroll: true });
    } catch {
      if (screen) this.station.language.say(screen.notice, "no-connection");
      pressed.ariaBusy = "false";
    }
  }

  /** The guest's cart comes along; where that does not come about, they stay a guest, and can try again. */
  async #signIn() {
    const { config, drawer, retoma, station } = this;
    await retoma.flush();
    const receipt = await claim(retoma, { server: config.server, key: config.publishableKey, storage: drawer, getToken: () => this.#token(), fetch: station.wire.fetch });
    const screen = this.#become(true);
    if (receipt?.carts[0]) {
      screen.tell(receipt.carts[0], () => this.retoma.undo(receipt));
      this.claimed();
    }
  }

  /** The cart stays the customer's, on the server; this device has nothing more of it. */
  async #signOut() {
    await this.retoma.flush();
    await this.retoma.signOut();
    this.#become(false);
  }
}
