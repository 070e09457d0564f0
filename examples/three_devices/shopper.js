// @ts-check
/** A device on which somebody shops: as a guest, or signed in, and then with the same cart as on all their devices. */

import { cartOf } from "retoma";
import { button } from "./application.js";
import { CartScreen } from "./cart_screen.js";
import { make } from "./fields.js";
import { Help } from "./help.js";
import { offerLink } from "./sheets.js";
import { signIn } from "./sign_in.js";

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
    this.cart.subscribe((snapshot) => this.shown(snapshot, !this.account.isIn));
    void this.#look(this.cart).then(() => screen.follow());
  }

  /** Shows the cart that there is. Without an answer, what is stored shows when it comes. */
  async #look(/** @type {import("retoma").Cart} */ cart) {
    await cart.ready;
    if (cart.id === null) await cart.resume().catch(() => undefined);
  }

  #offer(/** @type {CartScreen} */ screen) {
    const { account, station } = this;
    const { language } = station;
    const who = make("h3", "");
    language.say(who, account.isIn ? "shopper-known" : "shopper-guest");
    const sign = signIn(screen, account, { signedIn: (receipt) => this.#go(screen, who, receipt), signedOut: () => this.#leave() });
    const help = new Help(screen);
    const onPhone = button(language, "on-phone", "plain", () => void offerLink(screen, "handoff-cart"));
    const getHelp = button(language, "get-help", "plain", () => void help.offer());
    screen.offer([who, sign], station.name === "desktop" ? [onPhone, getHelp] : [getHelp]);
  }

  /** The guest's cart has come along, and the page goes on. */
  #go(/** @type {CartScreen} */ screen, /** @type {HTMLElement} */ who, /** @type {import("retoma").Receipt} */ receipt) {
    this.station.language.say(who, "shopper-known");
    void this.#look(this.cart);
    const [decided] = receipt.carts;
    if (decided === undefined) return;
    screen.tell(decided, () => this.account.retoma.undo(receipt));
    this.claimed();
  }

  /** A guest again, with a cart of their own. */
  #leave() {
    this.cart = cartOf(this.account.retoma);
    this.#show();
    /** @type {HTMLElement | null} */ (this.station.screen.querySelector(".sign"))?.focus({ preventScroll: true });
  }
}
