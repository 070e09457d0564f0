/**
 * Promise: the page behind a link says whose it is and where it leads, uses nothing up by itself, and can be worked by
 * keyboard alone. Whoever runs this makes links: `plain`, `sensitive` (which needs digits), `nowhere` (of a
 * process without a page); picks digits: `right`, `wrong`.
 *
 * With PICTURES set to a folder, every state is painted there, by day and by night, large and small, in both languages.
 */

import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { openBrowser } from "../../examples/three_devices/browser.mjs";
import { barriers } from "./barriers.mjs";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const complaints = [];
const browser = await openBrowser();
const LOOKS = [
  { locale: "en-GB", viewport: { width: 360, height: 740 }, colorScheme: "light" },
  { locale: "es-ES", viewport: { width: 360, height: 740 }, colorScheme: "dark" },
  { locale: "es-ES", viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  { locale: "en-GB", viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
];

/** What whoever runs this says to a question. */
async function asked(question) {
  console.log(`? ${question}`);
  return (await lines.next()).value;
}

async function opened(look, link) {
  const page = await (await browser.newContext({ ...look, reducedMotion: "reduce" })).newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => /Content.Security|Refused/i.test(message.text()) && complaints.push(message.text()));
  await page.goto(link);
  return page;
}

/** One view is shown, has no barrier, and fits the screen. */
async function inView(page, name, look) {
  await page.locator(`[data-view="${name}"]`).waitFor();
  if (name === "choice") await page.locator('[data-name="about"]').waitFor();
  assert.deepEqual(await barriers(page), [], name);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `${name}: nothing is cut off`);
  const { PICTURES } = process.env;
  const { locale, viewport, colorScheme } = look;
  if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}-${locale.slice(0, 2)}-${viewport.width}-${colorScheme}.png`, fullPage: true });
}

/** The page is the tenant's: their name at its head and in the tab, and nothing of ours. */
async function leads(page, look) {
  const name = look.locale === "es-ES" ? "Banco Acme" : "Acme Bank";
  assert.match(await page.locator("header").innerText(), new RegExp(`^${name}`));
  assert.ok((await page.title()).endsWith(`· ${name}`), await page.title());
  assert.equal(await page.getByText("Retoma", { exact: true }).filter({ visible: true }).count(), 0);
}

const press = async (page, key) => page.keyboard.press(key);
/** Goes on by Tab until the button of this action has the focus, and presses Enter. */
async function choose(page, action) {
  for (let step = 0; step < 12; step += 1) {
    if (await page.evaluate((name) => document.activeElement?.dataset.action === name, action)) return press(page, "Enter");
    await press(page, "Tab");
  }
  throw new Error(`${action} cannot be reached by keyboard`);
}

for (const look of LOOKS) {
  // Looking at it, scripts and all, uses nothing up, a hundred times as little as once.
  const plain = await asked("plain");
  const page = await opened(look, plain);
  await inView(page, "choice", look);
  const facts = await page.locator('[data-view="choice"]').innerText();
  assert.match(facts, look.locale === "es-ES" ? /Solicitud de hipoteca/ : /Mortgage application/);
  await leads(page, look);
  assert.match(facts, /127\.0\.0\.1/);
  const foot = await page.locator('[data-action="continue"]').evaluate((button) => button.getBoundingClientRect().bottom);
  assert.ok(foot <= look.viewport.height, "the main button is in sight at once");
  const colour = await page.locator('[data-action="continue"]').evaluate((button) => getComputedStyle(button).backgroundColor);
  if (look.colorScheme === "light") assert.equal(colour, "rgb(122, 31, 61)");
  await choose(page, "decline");
  await inView(page, "decline", look);
  await choose(page, "reconsider");
  await inView(page, "choice", look);
  await choose(page, "decline");
  await choose(page, "end");
  await inView(page, "declined", look);
  await page.reload();
  await inView(page, "unusable", look);
  await page.goto(`${plain.split("#")[0]}?x#cut`);
  await inView(page, "incomplete", look);
  assert.match(await page.locator("header").innerText(), /^Retoma/);

  // A process without a page: it is said before anything is opened, and the link stays what it was.
  await page.goto(`${await asked("nowhere")}`);
  for (let visit = 0; visit < 2; visit += 1) {
    await page.reload();
    await inView(page, "nowhere", look);
    await leads(page, look);
  }
  await page.context().close();

  // The digits wait, over a reload too; a wrong pick is told.
  const guarded = await opened(look, await asked("sensitive"));
  await inView(guarded, "choice", look);
  await choose(guarded, "continue");
  await inView(guarded, "match", look);
  const digits = await guarded.locator('[data-name="digits"]').innerText();
  await guarded.reload();
  await guarded.locator('[data-view="match"]').waitFor();
  assert.equal(await guarded.locator('[data-name="digits"]').innerText(), digits);
  await leads(guarded, look);
  assert.equal(await asked(`wrong ${digits}`), "done");
  await inView(guarded, "refused", look);
  await guarded.context().close();
}

const [look] = LOOKS;
const guarded = await opened(look, await asked("sensitive"));
await inView(guarded, "choice", look);
await choose(guarded, "continue");
await inView(guarded, "match", look);
await choose(guarded, "stop");
await choose(guarded, "reconsider");
await inView(guarded, "match", look);
assert.equal(await asked(`right ${await guarded.locator('[data-name="digits"]').innerText()}`), "done");
await guarded.waitForURL(/\/docs/);

const silent = await (await browser.newContext({ ...look, javaScriptEnabled: false })).newPage();
await silent.goto(await asked("plain"));
await silent.getByRole("heading", { name: "This page needs JavaScript" }).waitFor();
assert.deepEqual(complaints, []);
await browser.close();
process.exit(0);
