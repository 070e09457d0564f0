// @ts-check
/** Somebody of the staff in front of the console: what they do there, and what they wait to see. */

/** Milliseconds that anything on the page may take, on a machine that is busy with other things. */
const PATIENCE_MS = 60_000;
/** Where an answer is entered, among what is saved together. */
const CONTROL = "form[data-save] :is(input:not([type=hidden]), select, textarea)";

export class Clerk {
  /** @param {any} console the page or the frame that shows it, as playwright has it */
  constructor(console) {
    this.console = console;
  }

  /** Signs in by name and password. */
  async signIn(/** @type {{ signInName: string, password: string }} */ { signInName, password }) {
    await this.console.locator("#sign-in-name").fill(signInName);
    await this.console.locator("#password").fill(password);
    await this.console.locator("#password").press("Enter");
    await this.awaitCode();
  }

  /** Waits for the field for the next customer's code. */
  async awaitCode() {
    await this.console.locator("#code").waitFor();
  }

  /** Enters the code that a customer tells, as one hears it. */
  async help(/** @type {string} */ code) {
    await this.console.locator("#code").fill(code.toLowerCase().replace("-", " "));
    await this.console.locator("#code").press("Enter");
    await this.console.waitForURL("**/staff/help/**");
    await this.console.locator("html.live #editor").waitFor();
  }

  /** Goes back to where the next code is entered. */
  async goHome() {
    await this.console.locator(".brand").click();
    await this.awaitCode();
  }

  /** An answer of the form, by its path. */
  field(/** @type {string} */ path) {
    return this.console.locator(fieldOf(path));
  }

  /** Enters an answer, anew where it is masked, and goes on; tells when. */
  async enter(/** @type {string} */ path, /** @type {string | number | boolean} */ value) {
    const anew = this.field(path).locator("details:has(.save):not([open]) > summary");
    if (await anew.isVisible()) await anew.click();
    const control = this.field(path).locator(CONTROL).first();
    const kind = await control.evaluate((/** @type {any} */ { type }) => type);
    const at = performance.timeOrigin + performance.now();
    if (kind === "select-one") await control.selectOption(JSON.stringify(value));
    else if (kind === "radio") await this.field(path).locator(`[type=radio][value='${value}']`).check();
    else await control.fill(String(value));
    await control.blur();
    return at;
  }

  /** Waits until an answer is saved. */
  async saved(/** @type {string} */ path) {
    await this.field(path).locator(".good").waitFor();
  }

  /** Waits until the field of an answer holds a value. */
  async sees(/** @type {string} */ path, /** @type {string} */ value) {
    const holds = (/** @type {any} */ [place, wanted]) => /** @type {any} */ (document.querySelector(place))?.value === wanted;
    await this.console.waitForFunction(holds, [`${fieldOf(path)} ${CONTROL}`, value], { timeout: PATIENCE_MS });
  }

  /** What is to be read in place of a masked answer. */
  async hint(/** @type {string} */ path) {
    return (await this.field(path).locator(".masked").innerText()).trim();
  }

  /** A line of a cart, by what it is called there. */
  line(/** @type {string} */ title) {
    return this.console.locator(".line", { has: this.console.locator("h3", { hasText: new RegExp(`^${title}$`) }) });
  }

  /** Waits until the cart holds exactly this: `{ "Stoneware mug": 2 }`. */
  async seesCart(/** @type {Readonly<Record<string, number>>} */ pieces) {
    const wanted = JSON.stringify(Object.entries(pieces).toSorted());
    const holds = (/** @type {string} */ said) => {
      const number = (/** @type {any} */ line) => Number(line.querySelector("[name=quantity]")?.value);
      const lines = [...document.querySelectorAll(".line")].map((line) => [line.querySelector("h3")?.textContent, number(line)]);
      return JSON.stringify(lines.toSorted()) === said;
    };
    await this.console.waitForFunction(holds, wanted, { timeout: PATIENCE_MS });
  }

  /** Puts pieces of a product into the cart, by its number. */
  async put(/** @type {string} */ sku) {
    await this.console.locator(".new-line [name=sku]").fill(sku);
    await this.console.locator(".new-line button").click();
  }

  /** Completes the form for the customer. */
  async send() {
    await this.console.locator("form[data-send] button").click();
  }

  /** Waits until nothing can be done here any more: it was sent, ordered, or the customer has ended the help. */
  async awaitEnd() {
    await this.console.locator("#standing.barred").waitFor();
  }
}

const fieldOf = (/** @type {string} */ path) => `[data-field]:has([name=path][value="${path}"])`;
