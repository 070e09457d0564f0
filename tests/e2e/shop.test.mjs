/** Promise: a cart begun as a guest on the phone goes on, signed in, on the desktop, and is ordered once. Its address is in `PAGE`. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser } from "../../examples/three_devices/browser.mjs";
import { barriers } from "./barriers.mjs";

const PAGE = process.env.PAGE;

let browser;
let phone;
let desktop;
const complaints = [];

async function device(options) {
  const page = await (await browser.newContext({ locale: "en-GB", ...options })).newPage();
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("response", (answer) => answer.status() >= 400 && complaints.push(`${answer.status()} ${answer.url()}`));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(PAGE);
  await page.getByRole("heading", { level: 1 }).waitFor();
  return page;
}

before(async () => {
  browser = await openBrowser();
  phone = await device({ viewport: { width: 390, height: 844 } });
  desktop = await device({ viewport: { width: 1280, height: 860 } });
});

after(() => browser.close());

const add = (on, name) => on.getByRole("button", { name: `Add to the cart: ${name}` }).click();
const total = (on, text) => on.locator(".total output", { hasText: text }).waitFor();
const pieces = (on, count) => on.locator("[data-part=badge]", { hasText: new RegExp(`^${count}$`) }).waitFor();
const quantity = (on, name) => on.getByLabel(`How many: ${name}`).inputValue();

async function signIn(on) {
  await on.getByRole("button", { name: "Sign in as Ana" }).click();
  await on.getByRole("button", { name: "Sign out" }).waitFor();
}

const accessible = async (on) => assert.deepEqual(await barriers(on, ["minor", "moderate", "serious", "critical"]), []);

test("makes no cart for who only looks", async () => {
  await pieces(phone, 0);
  await phone.getByText("Nothing in it yet.").waitFor();
  await accessible(phone);
});

test("is filled by a guest on the phone, and by Ana on the desktop", async () => {
  await add(phone, "Linen shirt");
  await add(phone, "Linen shirt");
  await total(phone, "€58.00");
  await signIn(desktop);
  await add(desktop, "Stoneware mug");
  await total(desktop, "€14.00");
});

test("goes along when the guest signs in, and is one cart on both", async () => {
  await signIn(phone);
  for (const each of [phone, desktop]) await total(each, "€72.00");
  assert.deepEqual([await quantity(desktop, "Linen shirt"), await quantity(phone, "Stoneware mug")], ["2", "1"]);
  await accessible(phone);
});

test("is two again where that is undone, and one after all", async () => {
  await phone.locator(".note", { hasText: "one cart now" }).getByRole("button", { name: "Undo" }).click();
  for (const each of [phone, desktop]) await total(each, "€14.00");
  await phone.locator(".note").waitFor({ state: "detached" });
  await add(phone, "Linen shirt");
  await add(phone, "Linen shirt");
  for (const each of [phone, desktop]) await total(each, "€72.00");
});

test("is changed by stepper, by typing, and by keyboard alone", async () => {
  await phone.getByRole("button", { name: "One more: Stoneware mug" }).click();
  await total(desktop, "€86.00");
  await desktop.getByLabel("How many: Linen shirt").fill("3");
  await desktop.keyboard.press("Tab");
  assert.equal(await desktop.evaluate("document.activeElement.getAttribute('aria-label')"), "One more: Linen shirt");
  await desktop.keyboard.press("Enter");
  await total(phone, "€144.00");
  assert.equal(await desktop.evaluate("document.activeElement.getAttribute('aria-label')"), "One more: Linen shirt");
  await phone.getByRole("button", { name: "Remove: Stoneware mug" }).click();
  assert.equal(await phone.evaluate("document.activeElement.id"), "cart");
  await total(desktop, "€116.00");
});

test("keeps what is done without a network, through a reload", async () => {
  await phone.route("**/v1/**", (route) => route.abort());
  await phone.getByRole("button", { name: "One less: Linen shirt" }).click();
  await phone.getByText("Offline. Saved on this device").waitFor();
  await phone.unroute("**/v1/**");
  await phone.reload();
  await total(phone, "€87.00");
  await total(desktop, "€87.00");
});

test("is read in Spanish", async () => {
  await phone.getByRole("button", { name: "Español" }).click();
  await phone.getByRole("heading", { name: "Tu cesta" }).waitFor();
  await phone.getByRole("button", { name: "Pedir" }).waitFor();
  await total(phone, /87,00/);
  await accessible(phone);
  await accessible(desktop);
});

test("is ordered once by a double click, and told on both", async () => {
  complaints.splice(0, complaints.length, ...complaints.filter((each) => !/ERR_FAILED|Failed to load|CORS/.test(each)));
  await desktop.getByRole("button", { name: "Order", exact: true }).dblclick();
  await desktop.getByText("Your order is M-1001.").waitFor();
  await phone.getByText("Tu pedido es M-1001.").waitFor();
  await pieces(phone, 0);
});

test("is followed by the next cart", async () => {
  await desktop.getByRole("button", { name: "Go on shopping" }).click();
  await desktop.getByText("Nothing in it yet.").waitFor();
  await phone.getByRole("button", { name: "Añadir a la cesta: Cuaderno" }).click();
  await total(phone, /9,00/);
  await pieces(phone, 1);
});

test("leaves nothing to see for who comes next", async () => {
  await phone.getByRole("button", { name: "Salir" }).click();
  await phone.getByRole("button", { name: "Entrar como Ana" }).waitFor();
  await pieces(phone, 0);
  assert.deepEqual(complaints, []);
});
