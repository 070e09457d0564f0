// @ts-check
/** Who is there on a device: a guest, or a customer who has signed in. The device remembers it. */

import { createRetoma } from "retoma";
import { Drawer } from "./memory.js";

/** @typedef {import("retoma").Retoma} Retoma */

/**
 * Makes the accounts of one customer on the devices of one story; `story` begins the names under which they remember.
 *
 * @param {import("./customer.js").Config} config
 */
export function accountsOf(config, /** @type {string} */ customer, story = "") {
  return (/** @type {import("./station.js").Station} */ station, /** @type {string} */ channel, /** @type {boolean} */ isIn) =>
    new Account({ station, config, customer, channel, place: `${story}${station.name}`, isIn });
}

export class Account {
  /**
   * `customer` is who signs in here; `isIn`: they are signed in already when the page is first opened; `place` keeps what
   * the device remembers apart from what it remembers of other stories.
   *
   * @param {{ station: import("./station.js").Station, config: import("./customer.js").Config, customer: string, channel: string, place: string, isIn: boolean }} parts
   */
  constructor({ station, config, customer, channel, place, isIn }) {
    this.station = station;
    this.config = config;
    this.customer = customer;
    this.channel = channel;
    this.drawer = new Drawer(`${customer}.${place}`);
    const wasIn = this.drawer.get("is-in");
    this.#remember(wasIn === null ? isIn : wasIn === "yes");
    /** @type {Retoma} */
    this.retoma = this.#connect();
  }

  get isIn() {
    return this.drawer.get("is-in") === "yes";
  }

  /** What the guest has begun comes along, and the page goes on. Returns what became of it. */
  async signIn() {
    const receipt = await this.retoma.signIn(this.#known());
    this.#remember(true);
    return receipt;
  }

  /** What was begun stays the customer's, on the server; this device has nothing more of it. */
  async signOut() {
    await this.retoma.flush();
    await this.retoma.signOut();
    this.retoma.close();
    this.#remember(false);
    this.retoma = this.#connect();
  }

  /** Forgets everything that the device keeps. */
  async forget() {
    await this.retoma.signOut({ discardUnsent: true }).catch(() => undefined);
    this.drawer.empty();
  }

  #remember(/** @type {boolean} */ isIn) {
    this.drawer.set("is-in", isIn ? "yes" : "no");
  }

  #connect() {
    const { config, station, channel, drawer } = this;
    const about = { url: config.server, publishableKey: config.publishableKey, channel, device: station.name, storage: drawer, fetch: station.wire.fetch };
    return createRetoma(this.isIn ? { ...about, ...this.#known() } : about);
  }

  /** The shop's own back end knows who is signed in; here, everybody is who they say they are. */
  #known() {
    const { customer, station } = this;
    const getToken = async () => (await (await station.wire.fetch(`token?customer=${encodeURIComponent(customer)}`, { method: "POST" })).json()).token;
    // The devices of this page share a browser: by a name of their own they keep their things apart.
    return { customer: `${customer} at the ${station.name}`, getToken };
  }
}
