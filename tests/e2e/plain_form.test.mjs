/** Promise: a plain form comes back as it was left, goes on elsewhere, and is sent once. Its address is in `PAGE`. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { openBrowser } from "../../examples/three_devices/browser.mjs";

const PAGE = process.env.PAGE;
const AXE = createRequire(new URL("../../sdk_js/package.json", import.meta.url)).resolve("axe-core");

let browser;
let page;
const complaints = [];

before(async () => {
  browser = await openBrowser();
  page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("response", (answer) => answer.status() >= 400 && complaints.push(`${answer.status()} ${answer.url()}`));
  page.on("pageerror", (error) => complaints.push(error.message));
});

after(() => browser.close());

const saved = () => page.locator("[data-retoma=state] [data-state=saved]").waitFor();
const welcomed = (on) => on.getByText("Welcome back. Your answers are here.", { exact: true }).waitFor();
const next = () => page.getByRole("button", { name: "Continue" }).click();

async function accessible() {
  await page.evaluate(await readFile(AXE, "utf8"));
  // What is still fading in has not its own colours yet.
  await page.evaluate("Promise.allSettled(document.getAnimations().filter(({ effect }) => Number.isFinite(effect.getComputedTiming().endTime)).map(({ finished }) => finished))");
  const found = await page.evaluate("axe.run().then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))");
  assert.deepEqual(found, []);
}

test("is filled in over two steps, and asks for what is missing", async () => {
  await page.goto(PAGE);
  await next();
  assert.equal(await page.getByLabel("Full name").isVisible(), true);
  await page.getByLabel("Full name").fill("Ann Doyle");
  await page.getByLabel("Email", { exact: true }).fill("ann@example.com");
  await page.getByLabel("By phone").check();
  await next();
  await page.getByLabel("How do you earn it?").selectOption("self-employed");
  await page.getByLabel(/Net income/).fill("2400.50");
  await page.getByLabel(/password/).fill("correct horse");
  await saved();
});

test("comes back at the step where it was left, without the password", async () => {
  await page.reload();
  await welcomed(page);
  assert.equal(await page.getByLabel(/Net income/).inputValue(), "2400.50".replace(/0$/, ""));
  assert.equal(await page.getByLabel("How do you earn it?").inputValue(), "self-employed");
  assert.equal(await page.getByLabel(/password/).inputValue(), "");
  await accessible();
  await page.getByRole("button", { name: "Back" }).click();
  assert.equal(await page.getByLabel("Full name").inputValue(), "Ann Doyle");
  assert.equal(await page.getByLabel("By phone").isChecked(), true);
});

test("is alive in a second tab", async () => {
  const tab = await page.context().newPage();
  await tab.goto(PAGE);
  await welcomed(tab);
  await page.getByRole("button", { name: "Home" }).click();
  await page.getByLabel("A house").check();
  await page.getByLabel(/Price/).fill("210000");
  await page.getByLabel(/first home/).check();
  await tab.getByRole("button", { name: "Home" }).click();
  await tab.waitForFunction(() => document.querySelector("#price").value === "210000");
  assert.equal(await tab.getByLabel("A house").isChecked(), true);
  await tab.close();
});

test("is sent whole, and then begins afresh", async () => {
  await page.getByRole("button", { name: "Income" }).click();
  await page.getByLabel(/password/).fill("correct horse");
  await page.getByRole("button", { name: "Home" }).click();
  await page.getByRole("button", { name: "Send application" }).click();
  await page.getByText("Thank you, Ann Doyle").waitFor();
  await page.getByRole("link", { name: "Begin another" }).click();
  const resumed = "customElements.whenDefined('retoma-form').then(async () => (await document.querySelector('retoma-form').draft).resume())";
  assert.equal(await page.evaluate(resumed), false);
  assert.equal(await page.getByLabel("Full name").inputValue(), "");
  assert.deepEqual(complaints, [], "the page complains of nothing");
});
