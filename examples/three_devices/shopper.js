// @ts-check
/** A device on which somebody shops: as a guest, or signed in, and then with the same cart as on all their devices. */

import { cartOf, createRetoma } from "retoma";
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
  #isIn = false;
  #who = make("h3", "");
  #way = document.createElement("button");

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

  /** Shows the shop and the cart. */
  #show(/** @type {boolean} */ isIn) {
    this.#screen?.leave();
    this.cart.onEvent((event) => this.heard(event));
    const screen = new CartScreen({ station: this.station, cart: this.cart, products: this.products, isHere: ({ device }) => device === this.station.name });
    this.#screen = screen;
    this.#offer(screen);
    this.#mark(isIn);
    this.cart.subscribe((snapshot) => this.shown(snapshot, !this.#isIn));
    void this.#look(this.cart).then(() => screen.follow());
  }

  /** Says who is there, and what they can do about it. */
  #mark(/** @type {boolean} */ isIn) {
    const { language } = this.station;
    this.#isIn = isIn;
    this.drawer.set("is-in", isIn ? "yes" : "no");
    language.say(this.#who, isIn ? "shopper-known" : "shopper-guest");
    language.say(this.#way, isIn ? "sign-out" : "sign-in");
  }

  #connect(/** @type {boolean} */ isIn) {
    const { config, station, channel, drawer } = this;
    const { fetch } = station.wire;
    const about = { url: config.server, publishableKey: config.publishableKey, channel, device: station.name, storage: drawer, fetch };
    // The devices of this page share a browser: by a name of their own they keep their things apart.
    return createRetoma(isIn ? { ...about, ...this.#known() } : about);
  }

  /** Who signs in: their name on this device, and their tokens. The shop's own back end knows who that is; here, everybody is who they say they are. */
  #known() {
    const { customer, station } = this;
    const getToken = async () => (await (await station.wire.fetch(`token?customer=${encodeURIComponent(customer)}`, { method: "POST" })).json()).token;
    return { customer: `${customer} at the ${station.name}`, getToken };
  }

  /** Shows the cart that there is. Without an answer, what is stored shows when it comes. */
  async #look(/** @type {import("retoma").Cart} */ cart) {
    await cart.ready;
    if (cart.id === null) await cart.resume().catch(() => undefined);
  }

  #offer(/** @type {CartScreen} */ screen) {
    const { language } = this.station;
    this.#who = make("h3", "");
    this.#way = button(language, "sign-in", "plain sign", () => void this.#sign());
    const help = new Help(screen, { canEnd: true });
    const onPhone = button(language, "on-phone", "plain", () => void offerLink(screen, "handoff-cart"));
    const getHelp = button(language, "get-help", "plain", () => void help.offer());
    screen.offer([this.#who, this.#way], this.station.name === "desktop" ? [onPhone, getHelp] : [getHelp]);
  }

  async #sign() {
    const pressed = this.#way;
    if (pressed.ariaBusy === "true") return;
    pressed.ariaBusy = "true";
    try {
      await (this.#isIn ? this.#signOut() : this.#signIn());
      this.#way.focus({ preventScroll: true });
    } catch {
      if (this.#screen) this.station.language.say(this.#screen.notice, "no-connection");
    }
    pressed.ariaBusy = "false";
  }

  /** The guest's cart comes along, and the page goes on. */
  async #signIn() {
    const { retoma } = this;
    const receipt = await retoma.signIn(this.#known());
    this.#mark(true);
    void this.#look(this.cart);
    const [decided] = receipt.carts;
    if (decided === undefined) return;
    this.#screen?.tell(decided, () => retoma.undo(receipt));
    this.claimed();
  }

  /** The cart stays the customer's, on the server; this device has nothing more of it. */
  async #signOut() {
    await this.retoma.flush();
    await this.retoma.signOut();
    this.retoma.close();
    this.retoma = this.#connect(false);
    this.cart = cartOf(this.retoma);
    this.#show(false);
  }
}
