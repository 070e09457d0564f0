/** Promise: a link that was sent by e-mail opens with the code that is then sent; whoever runs this answers `? code` with it. */

import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { openBrowser } from "../../examples/three_devices/browser.mjs";
import { barriers } from "./barriers.mjs";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const browser = await openBrowser();
const page = await (await browser.newContext({ locale: "en-GB", viewport: { width: 360, height: 720 } })).newPage();
const complaints = [];
page.on("pageerror", (error) => complaints.push(error.message));

const heading = (name) => page.getByRole("heading", { name }).waitFor();
const notice = (text) => page.getByText(text).filter({ visible: true }).waitFor();
const field = page.getByLabel("The six digits");

await page.goto(process.argv[2]);
await heading("Carry on with “Mortgage application”");
await page.keyboard.press("Tab");
await page.getByRole("button", { name: "Continue on this device" }).click();
await heading("Is it you?");
assert.deepEqual(await barriers(page), []);
assert.equal(await field.evaluate((input) => input === document.activeElement), true, "the field can be typed into at once");
assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, "nothing is cut off on a small screen");

await page.keyboard.type("000 000");
await page.keyboard.press("Enter");
await notice("That is not the code that was sent last.");
await page.getByRole("button", { name: "Send another code" }).click();
await notice("A code is under way.");

console.log("? code");
const { value: code } = await lines.next();
await field.fill(`${code.slice(0, 3)} ${code.slice(3)}`);
await page.keyboard.press("Enter");
await page.waitForURL(/\/docs/);
assert.deepEqual(complaints, []);
await browser.close();
process.exit(0);
