/**
 * Promise: no clerk needs a mouse or a finger, from signing in to the hand-back. The console is at `argv[2]`, the password
 * in `argv[3]`; whoever runs this answers `? code NAME` with a code. Nothing but keys is sent, and nothing is given the focus.
 */

import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { openBrowser } from "../../examples/three_devices/browser.mjs";

const [address, password] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const browser = await openBrowser();
const TEXTS = {
  "en-GB": { open: "Marta", name: "Full name", income: "3. Income", over: "Hand back", saved: "Saved" },
  "es-ES": { open: "Marta", name: "Nombre completo", income: "3. Ingresos", over: "Devolver", saved: "Guardado" },
};

async function asked(question) {
  console.log(`? ${question}`);
  return (await lines.next()).value;
}

/** What the element that has the focus is called, by its text or by its label. */
function focused() {
  const { activeElement: element } = document;
  return [...(element.labels ?? [])].map((label) => label.textContent).join(" ").trim() || element.textContent.trim();
}

/** Goes on by Tab until something that begins like this has the focus, which is to be seen. */
async function reach(page, text) {
  const passed = [];
  for (let step = 0; step < 40; step += 1) {
    const name = await page.evaluate(focused);
    if (name.startsWith(text)) return assert.ok(await page.locator(":focus-visible").count(), `${text}: the focus is seen`);
    passed.push(name.slice(0, 20));
    await page.keyboard.press("Tab");
  }
  return assert.fail(`no way to ${text} by keyboard: ${passed}`);
}

async function day(locale) {
  const t = TEXTS[locale];
  const page = await (await browser.newContext({ locale, viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" })).newPage();
  const { keyboard } = page;
  await page.goto(address);
  await page.locator("#sign-in-name:focus").waitFor();
  await keyboard.type("marta");
  await keyboard.press("Tab");
  await keyboard.type(password);
  await keyboard.press("Enter");
  await page.locator("#code:focus").waitFor();

  await keyboard.type(await asked("code Ana Rey"));
  await keyboard.press("Enter");
  await page.waitForURL("**/staff/help/**");
  const place = page.url();
  await page.locator("[data-field]").first().waitFor();

  await reach(page, t.name);
  await keyboard.press("ControlOrMeta+a");
  await keyboard.type("Ana Sol");
  await keyboard.press("Tab");
  await page.locator("[data-field] .good", { hasText: t.saved }).first().waitFor();
  assert.equal(await page.evaluate(() => document.activeElement === document.body), false, "saving leaves the focus where it was");

  await page.reload();
  await reach(page, t.over);
  await keyboard.press("Enter");
  await page.waitForURL("**/hand-back");
  await reach(page, locale === "es-ES" ? "Con un código QR" : "With a QR code");
  for (let down = 0; down < 3; down += 1) await keyboard.press("ArrowDown");
  await keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "step", "the next stop is the step");
  for (let down = 0; down < 3; down += 1) await keyboard.press("ArrowDown");
  assert.equal(await page.evaluate(() => document.activeElement.selectedOptions[0].text), t.income);
  await reach(page, t.over);
  await keyboard.press("Enter");
  await page.getByRole("status").first().waitFor();
  assert.equal(await page.locator("#code").count(), 1, "at the start again");

  await reach(page, t.open);
  await keyboard.press("Enter");
  await page.locator(".person[open]").waitFor();
  await keyboard.press("Escape");
  await page.goto(place);
  assert.equal(await page.locator("[data-field]").count(), 0, "it is the customer's again");
  await page.context().close();
}

for (const locale of Object.keys(TEXTS)) await day(locale);
await browser.close();
process.exit(0);
