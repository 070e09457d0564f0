// @ts-check
/** A device on which somebody shops: as a guest, or signed in, and then with the same cart as on all their devices. */

import { cartOf } from "retoma";
import { button } from "./application.js";
import { CartScreen } from "./cart_screen.js";
import { make } from "./fields.js";
import { Help } from "./help.js";
import { offerLink } from "./sheets.js";

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
  #who = make("h3", "");
  #way = document.createElement("button");

  /** @param {{ account: import("./account.js").Account, products: readonly Product[] }} parts */
  constructor({ account, products }) {
    this.account = account;
    this.station = account.station;
    this.products = products;
    this.cart = cartOf(account.retoma);
    this.#show();
  }

  /** Empties the cart and forgets everything that the device keeps. */
  async startAgain() {
    const { cart } = this;
    if (cart.id !== null) await cart.discard().catch(() => undefined);
    await this.account.forget();
  }

  /** Shows the shop and the cart. */
  #show() {
    this.#screen?.leave();
    this.cart.onEvent((event) => this.heard(event));
    const screen = new CartScreen({ station: this.station, cart: this.cart, products: this.products, isHere: ({ device }) => device === this.station.name });
    this.#screen = screen;
    this.#offer(screen);
    this.#mark();
    this.cart.subscribe((snapshot) => this.shown(snapshot, !this.account.isIn));
    void this.#look(this.cart).then(() => screen.follow());
  }

  /** Says who is there, and what they can do about it. */
  #mark() {
    const { language } = this.station;
    const { isIn } = this.account;
    language.say(this.#who, isIn ? "shopper-known" : "shopper-guest");
    language.say(this.#way, isIn ? "sign-out" : "sign-in");
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
      await (this.account.isIn ? this.#signOut() : this.#signIn());
    } catch {
      if (this.#screen) this.station.language.say(this.#screen.notice, "no-connection");
    }
    pressed.ariaBusy = "false";
  }

  /** The guest's cart comes along, and the page goes on. */
  async #signIn() {
    const { account } = this;
    const receipt = await account.signIn();
    this.#mark();
    void this.#look(this.cart);
    const [decided] = receipt.carts;
    if (decided === undefined) return;
    this.#screen?.tell(decided, () => account.retoma.undo(receipt));
    this.claimed();
  }

  async #signOut() {
    await this.account.signOut();
    this.cart = cartOf(this.account.retoma);
    this.#show();
    this.#way.focus({ preventScroll: true });
  }
}
