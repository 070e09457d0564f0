// @ts-check
/** Somebody in front of the page of three devices: what they do, and what they wait to see. */

import { Clerk } from "./clerk.mjs";

/** Milliseconds that anything on the page may take, on a machine that is busy with other things. */
const PATIENCE_MS = 60_000;

export class Person {
  /** Who is signed in at the console of the page. @type {Clerk | undefined} */
  #clerk;

  /** @param {any} page as playwright has it */
  constructor(page) {
    this.page = page;
    page.setDefaultTimeout(PATIENCE_MS);
  }

  /** Opens the page as a customer whom nobody else is. */
  async arrive(/** @type {string} */ address, customer = crypto.randomUUID()) {
    this.customer = customer;
    await this.#goTo(`${address}/?customer=${customer}`);
    await this.control("desktop", "name").waitFor();
    return this;
  }

  /** Opens the page with the cart, as a customer whom nobody else is. */
  async arriveAtShop(/** @type {string} */ address, customer = crypto.randomUUID()) {
    this.customer = customer;
    await this.#goTo(`${address}/?customer=${customer}&story=cart`);
    await Promise.all(["desktop", "phone"].map((device) => this.on(device).locator(".goods li").first().waitFor()));
    return this;
  }

  async #goTo(/** @type {string} */ address) {
    this.#clerk = undefined; // the frame goes with its page
    await this.page.goto(address);
  }

  /** Puts one piece of a product into the cart. */
  async put(/** @type {string} */ device, /** @type {string} */ product) {
    await this.on(device).getByRole("button", { name: `Add to the cart: ${product}` }).click();
  }

  /** Puts one piece into the cart on every device, at the same moment: one hand alone is slower than the network. */
  async putAtOnce(/** @type {string} */ product) {
    const buttons = this.page.getByRole("button", { name: `Add to the cart: ${product}` });
    await buttons.evaluateAll((/** @type {HTMLElement[]} */ all) => all.forEach((button) => button.click()));
  }

  /** Presses plus at a line that is in the cart. */
  async putMore(/** @type {string} */ device, /** @type {string} */ product) {
    await this.on(device).getByRole("button", { name: `One more: ${product}` }).click();
  }

  /** Signs in or out. */
  async sign(/** @type {string} */ device, /** @type {"in" | "out"} */ way) {
    await this.on(device).locator(`[data-text=sign-${way}]`).click();
    await this.on(device).locator(`[data-text=sign-${way === "in" ? "out" : "in"}]`).waitFor();
  }

  /** Waits until a cart holds exactly this: `{ "Stoneware mug": 2 }`. */
  async seesCart(/** @type {string} */ device, /** @type {Readonly<Record<string, number>>} */ pieces) {
    const wanted = JSON.stringify(Object.entries(pieces).toSorted());
    const holds = (/** @type {any} */ [cart, said]) => {
      const lines = [...cart.querySelectorAll(".lines li")].map((line) => [line.querySelector("h3").textContent, Number(line.querySelector("input").value)]);
      return JSON.stringify(lines.toSorted()) === said;
    };
    const cart = await this.on(device).locator("[data-part=cart]").elementHandle();
    await this.page.waitForFunction(holds, [cart, wanted], { timeout: PATIENCE_MS });
    await this.seesState(device, "saved");
  }

  on(/** @type {string} */ device) {
    return this.page.locator(`[data-device=${device}]`);
  }

  control(/** @type {string} */ device, /** @type {string} */ name) {
    return this.on(device).locator(`[name="${name}"]`);
  }

  /** Fills in a field and moves on, as by the tabulator. */
  async type(/** @type {string} */ device, /** @type {string} */ name, /** @type {string} */ value) {
    await this.control(device, name).fill(value);
    await this.control(device, name).blur();
  }

  async goTo(/** @type {string} */ device, /** @type {string} */ step) {
    await this.on(device).locator(`[data-go=${step}]`).click();
  }

  async switchTo(/** @type {string} */ device, /** @type {string} */ mode) {
    await this.on(device).locator(`.switch input[value=${mode}]`).check({ force: true });
  }

  /** Scans with the phone what the desktop shows; returns the page that opens there. */
  async followOnPhone() {
    await this.on("desktop").locator("[data-text=on-phone]").click();
    await this.on("desktop").locator(".link").waitFor();
    const [landing] = await Promise.all([this.page.waitForEvent("popup"), this.on("phone").locator("[data-text=scan]").click()]);
    landing.setDefaultTimeout(PATIENCE_MS);
    return landing;
  }

  /** Takes up on the phone what the desktop shows. */
  async takeToPhone() {
    const landing = await this.followOnPhone();
    await landing.locator("[data-action=continue]").click();
    await this.control("phone", "name").waitFor();
    await this.on("desktop").locator(".sheet").waitFor({ state: "detached" });
  }

  /** Types a name on the desktop while it is offline, another on the phone, and goes online again. */
  async disagree(/** @type {string} */ onDesktop, /** @type {string} */ onPhone) {
    await this.switchTo("desktop", "offline");
    await this.type("desktop", "name", onDesktop);
    await this.seesState("desktop", "offline");
    await this.type("phone", "name", onPhone);
    await this.seesState("phone", "saved");
    await this.switchTo("desktop", "online");
    await Promise.all(["desktop", "phone"].map((device) => this.on(device).locator(".conflict").waitFor()));
  }

  /** The clerk in the store, who signs in at the console unless they are. */
  async atStore() {
    if (this.#clerk) return this.#clerk;
    const frame = await (await this.on("store").locator("iframe").elementHandle()).contentFrame();
    this.#clerk = new Clerk(frame);
    await frame.locator("#code, #sign-in-name").waitFor();
    if (await frame.locator("#sign-in-name").isVisible()) await this.#clerk.signIn(await this.#credentials());
    return this.#clerk;
  }

  /** By what the clerk signs in, as the page tells. */
  async #credentials() {
    const told = (/** @type {string} */ name) => this.on("store").locator(`[data-credential=${name}]`).textContent();
    return { signInName: await told("signInName"), password: await told("password") };
  }

  /** Has the code read to the clerk, who enters it; returns the clerk. */
  async getHelp(from = "desktop") {
    await this.on(from).locator("[data-text^=get-help]").click();
    const code = await this.on(from).locator(".short-code").textContent();
    const clerk = await this.atStore();
    await clerk.help(code);
    await this.on(from).locator(".sheet").waitFor({ state: "detached" });
    return clerk;
  }

  /** Answers, on one device, all that a new application requires but the name and the e-mail. */
  async answerTheRest(/** @type {string} */ device) {
    await this.goTo(device, "you");
    await this.type(device, "birthday", "1991-04-02");
    await this.control(device, "contact").first().check();
    await this.goTo(device, "income");
    await this.control(device, "income.kind").selectOption("employed");
    await this.type(device, "income.net", "2450");
    await this.goTo(device, "home");
    await this.type(device, "address.street", "Calle Real 12");
    await this.type(device, "address.city", "Vigo");
    await this.control(device, "home.kind").selectOption("flat");
    await this.type(device, "home.price", "210000");
  }

  /** Waits until a field holds a value. */
  async sees(/** @type {string} */ device, /** @type {string} */ name, /** @type {string} */ value) {
    const control = await this.control(device, name).elementHandle();
    const holds = (/** @type {any} */ [element, wanted]) => element.value === wanted;
    await this.page.waitForFunction(holds, [control, value], { timeout: PATIENCE_MS });
  }

  /** What has the focus: its tag, and what it is called. */
  async focused() {
    return this.page.evaluate(() => {
      const { activeElement: one } = document;
      const label = one.labels?.[0] ?? one;
      return `${one.tagName} ${(one.ariaLabel ?? label.innerText).replace(/\s+/g, " ")}`;
    });
  }

  /** Waits until a device says how its saving stands. */
  async seesState(/** @type {string} */ device, /** @type {string} */ state) {
    await this.on(device).locator(`.state[data-state=${state}]`).waitFor();
  }

  /** Waits until a device's log says something. */
  async seesOnWire(/** @type {string} */ device, /** @type {string} */ said) {
    await this.on(device).locator(`.wire [data-text=${said}]`).first().waitFor();
  }
}
