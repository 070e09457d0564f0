// @ts-check
/**
 * Two devices in real browsers, on a real server on the same machine: how soon a keystroke is kept, and seen.
 *
 * Takes SERVER, KEY and PORT (of the page that is served here) from the environment; prints JSON.
 */

import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { openBrowser } from "../../examples/three_devices/browser.mjs";

/** @typedef {{ at: number, value: string }} Moment */
/** @typedef {import("playwright-core").Page} Page */

const { SERVER = "", KEY = "", PORT = "" } = process.env;
const DIST = new URL("../../sdk_js/dist/", import.meta.url);
const ORIGIN = `http://127.0.0.1:${PORT}`;
const KEYSTROKES = 200;
const TYPED = 1000;
const KILLS = 20;
const RHYTHM_MS = 90;

const site = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? "/", ORIGIN);
  const isSdk = pathname.startsWith("/sdk/");
  response.setHeader("Content-Type", isSdk ? "text/javascript" : "text/html");
  createReadStream(isSdk ? new URL(pathname.slice(5), DIST) : new URL("page.html", import.meta.url)).pipe(response);
});
await new Promise((done) => site.listen(Number(PORT), "127.0.0.1", () => done(null)));
const browser = await openBrowser();

let count = 0;
const address = (process = `measured-${++count}`) => `${ORIGIN}/?${new URLSearchParams({ server: SERVER, key: KEY, process })}`;

/** @param {string} at */
async function device(at) {
  const context = await browser.newContext();
  return { context, page: await visit(await context.newPage(), at) };
}

/** @param {Page} page @param {string} at */
async function visit(page, at) {
  await page.goto(at);
  await page.waitForFunction("window.isReady");
  return page;
}

/** A desktop, and a phone with the same draft. */
async function twoDevices() {
  const at = address();
  const desktop = await device(at);
  await desktop.page.fill("textarea", "-");
  const url = await desktop.page.evaluate(`draft.saved().then(() => draft.handoff({ url: ${JSON.stringify(at)} })).then((handoff) => handoff.url)`);
  const phone = await device(String(url).replace(/^.*#/, `${at}#retoma=`));
  await phone.page.waitForFunction("document.querySelector('textarea').value === '-'");
  return { desktop, phone };
}

/** Milliseconds from each moment to the first later one that shows at least as much. @param {Moment[]} from @param {Moment[]} to */
const delays = (from, to) => from.map(({ at, value }) => (to.find((later) => later.at >= at && later.value.startsWith(value))?.at ?? Infinity) - at);

/** @param {Page} page @param {string} name @returns {Promise<Moment[]>} */
const moments = (page, name) => page.evaluate(name);

/** One keystroke after another, each awaited on the other device. @param {(page: Page) => Promise<unknown>} after */
async function seenElsewhere(/** @type {"typed" | "left"} */ since, after) {
  const { desktop, phone } = await twoDevices();
  for (let typed = 0; typed < KEYSTROKES; typed++) {
    await desktop.page.focus("textarea");
    await desktop.page.keyboard.press("End");
    await desktop.page.keyboard.press("x");
    await after(desktop.page);
    await phone.page.waitForFunction(`seen.at(-1)?.value.length === ${typed + 2}`, null, { polling: 20 });
  }
  const from = (await moments(desktop.page, since)).filter(({ value }) => value.endsWith("x"));
  const measured = delays(from, await moments(phone.page, "seen"));
  await Promise.all([desktop.context.close(), phone.context.close()]);
  return measured;
}

/** Steady typing: when is each keystroke kept on this device? */
async function keptHere() {
  const { context, page } = await device(address());
  await page.focus("textarea");
  await page.keyboard.type("x".repeat(KEYSTROKES), { delay: RHYTHM_MS });
  await page.evaluate("draft.saved()");
  const measured = delays(await moments(page, "typed"), await moments(page, "kept"));
  await context.close();
  return measured;
}

/** How many requests steady typing costs, once the draft is open. @param {number} perField keystrokes between two Tabs */
async function requests(perField) {
  const { context, page } = await device(address());
  await page.fill("textarea", "-");
  await page.evaluate("draft.saved()");
  let sent = 0;
  page.on("request", (request) => (sent += Number(request.url().startsWith(SERVER))));
  for (let typed = 0; typed < TYPED; typed += perField) {
    await page.focus(typed % (2 * perField) === 0 ? "textarea" : "input");
    await page.keyboard.type("x".repeat(perField), { delay: RHYTHM_MS });
  }
  await page.evaluate("draft.saved()");
  await context.close();
  return sent;
}

/** Tabs that are killed at any moment, half of them without a network: what comes back of what they had called kept? */
async function kills() {
  const total = { kills: KILLS, typed: 0, kept: 0, survived: 0, lost: 0 };
  for (let kill = 0; kill < KILLS; kill++) {
    const { typed, kept, restored } = await killed(kill % 2 === 1);
    total.typed += typed;
    total.kept += kept;
    total.survived += restored;
    total.lost += Math.max(0, kept - restored);
  }
  return total;
}

/** @param {boolean} isOffline */
async function killed(isOffline) {
  const context = await browser.newContext();
  if (isOffline) await context.route(`${SERVER}/**`, (route) => route.abort());
  const at = address();
  const page = await context.newPage();
  let kept = 0;
  await page.exposeFunction("tell", (/** @type {string} */ value) => (kept = value.length));
  await visit(page, at);
  await page.focus("textarea");
  page.keyboard.type("x".repeat(400), { delay: 10 + Math.random() * 40 }).catch(() => undefined);
  await new Promise((done) => setTimeout(done, 300 + Math.random() * 3000));
  const typed = await page.evaluate("typed.length");
  const claimed = kept;
  await crash(page);
  const again = await visit(await context.newPage(), at);
  const isBack = `document.querySelector("textarea").value.length >= ${claimed}`;
  await again.waitForFunction(isBack, null, { timeout: 5000 }).catch(() => undefined);
  const restored = await again.evaluate("document.querySelector('textarea').value.length");
  await context.close();
  return { typed: Number(typed), kept: claimed, restored: Number(restored) };
}

/** Ends the program behind a tab, as a crash or the system does. @param {Page} page */
async function crash(page) {
  const crashed = page.waitForEvent("crash");
  page.goto("chrome://crash").catch(() => undefined);
  await crashed;
}

/** @param {string} name @param {() => Promise<any>} measure */
async function told(name, measure) {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${name}\n`);
  return measure();
}

const results = {
  durable: await told("kept here", keptHere),
  seen: await told("seen elsewhere", () => seenElsewhere("typed", async () => undefined)),
  blurred: await told("seen elsewhere, after leaving the field", () => seenElsewhere("left", (page) => page.keyboard.press("Tab"))),
  requests: await told("requests", () => requests(TYPED)),
  fields: await told("requests, many fields", () => requests(25)),
  kills: await told("killed tabs", kills),
};
await browser.close();
site.close();
process.stdout.write(JSON.stringify(results));
