/**
 * Promise: what a clerk begins for a person with no account is theirs who open its link. The console is at `argv[2]`, the
 * password in `argv[3]`, the customer's page is of the server `argv[4]` with the key `argv[5]`; whoever runs this answers
 * `? link` and `? code` from the customer's mailbox.
 *
 * With PICTURES set to a folder, the page where it begins is painted there.
 */

import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { openBrowser } from "../../examples/three_devices/browser.mjs";
import { fit, look } from "./views.mjs";

const [address, password, server, key] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const browser = await openBrowser();
const complaints = [];

/** The customer's own page, on the SDK. */
const HOME = `<!doctype html><title>Home</title><script type="module" src="/sdk/retoma.js"></script>
<retoma-form url="${server}" key="${key}" process="mortgage"><form>
<label>Name <input name="name"></label><label>Income <input name="income" type="number"></label></form></retoma-form>`;
const TEXTS = {
  "en-GB": { begin: "Begin something new", what: "Mortgage application", name: "Full name", income: "Income a month", over: "Hand over", mail: "By e-mail", to: "E-mail address", sent: "Sent by e-mail", scan: "Let the customer scan this", saved: "Saved" },
  "es-ES": { begin: "Empezar algo nuevo", what: "Solicitud de hipoteca", name: "Nombre completo", income: "Ingresos al mes", over: "Entregar", mail: "Por correo electrónico", to: "Dirección de correo", sent: "Enviado por correo", scan: "Que el cliente escanee esto", again: "Nadie lo ha abierto: seguir", saved: "Guardado" },
};

async function opened(locale, viewport) {
  const page = await (await browser.newContext({ locale, viewport, reducedMotion: "reduce" })).newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => /Content.Security|Refused|TrustedHTML/i.test(message.text()) && complaints.push(message.text()));
  await page.route("**/home.html", (route) => route.fulfill({ contentType: "text/html", body: HOME }));
  return page;
}

async function asked(question) {
  console.log(`? ${question}`);
  return (await lines.next()).value;
}

/** From the start of the console to a form with two answers in it. */
async function begun(locale, viewport) {
  const t = TEXTS[locale];
  const page = await opened(locale, viewport);
  await page.goto(address);
  await page.locator("#sign-in-name").fill("marta");
  await page.locator("#password").fill(password);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: t.begin }).click();
  await page.getByRole("heading", { name: t.begin }).waitFor();
  await fit(page, "what");
  await page.getByRole("button", { name: t.what }).click();
  await page.waitForURL("**/staff/help/**");
  for (const [label, typed] of [[t.name, "Ana Rey"], [t.income, "2450"]]) {
    const field = page.locator("[data-field]", { has: page.locator(".name", { hasText: label }) });
    await field.locator("input:not([type=hidden])").first().fill(typed);
    await page.keyboard.press("Tab");
    await field.locator(".good", { hasText: t.saved }).waitFor();
  }
  await fit(page, "form");
  await page.locator(".choices").getByRole("button", { name: t.over, exact: true }).click();
  await page.getByRole("heading", { name: t.over }).waitFor();
  await fit(page, "hand-over");
  return page;
}

const desk = await begun("en-GB", { width: 768, height: 1024 });
await desk.getByText(TEXTS["en-GB"].mail).click();
await desk.getByLabel(TEXTS["en-GB"].to).fill("ana@example.com");
await desk.getByRole("button", { name: TEXTS["en-GB"].over }).click();
await desk.getByRole("heading", { name: TEXTS["en-GB"].sent }).waitFor();
await fit(desk, "sent");

// A phone on which nobody has used the shop's page before.
const phone = await opened("en-GB", { width: 360, height: 720 });
await phone.goto(await asked("link"));
await phone.getByRole("button", { name: "Continue on this device" }).click();
await phone.getByLabel("The six digits").waitFor();
await phone.getByLabel("The six digits").fill(await asked("code"));
await phone.keyboard.press("Enter");
await phone.waitForURL("**/home.html");
const shows = (name, value) => phone.waitForFunction(([field, wanted]) => document.querySelector(`[name=${field}]`)?.value === wanted, [name, value]);
await shows("name", "Ana Rey");
await shows("income", "2450");

// It is theirs: what they change stays when the page comes back, in another tab as well.
await phone.locator("[name=income]").fill("2500");
await phone.locator("[data-retoma=state] [data-state=saved]").waitFor();
const grants = await phone.evaluate(() => Object.keys(sessionStorage).filter((name) => name.startsWith("retoma.grant")));
assert.deepEqual(grants, [], "no borrowed access is left");
const again = await phone.context().newPage();
await again.route("**/home.html", (route) => route.fulfill({ contentType: "text/html", body: HOME }));
await again.goto(`${server}/home.html`);
await again.waitForFunction(() => document.querySelector("[name=income]")?.value === "2500");

// A code on the screen, in the other language, on a wider screen.
const other = await begun("es-ES", { width: 1280, height: 800 });
await other.getByRole("button", { name: TEXTS["es-ES"].over }).click();
await other.getByRole("heading", { name: TEXTS["es-ES"].scan }).waitFor();
await other.locator(".qr svg").waitFor();
await fit(other, "scan");

// Nobody scans it: it is still there for the clerk, who goes on from the start.
await other.getByRole("button", { name: "Al inicio" }).click();
await other.locator("#code").waitFor();
await fit(other, "start");
await other.getByRole("button", { name: TEXTS["es-ES"].again }).click();
await other.waitForURL("**/staff/help/**");
assert.equal(await other.locator("[data-field] input:not([type=hidden])").first().inputValue(), "Ana Rey");

await other.goto(new URL("/staff/begin", address).href);
await look(other, "begin");

assert.deepEqual(complaints, []);
await browser.close();
process.exit(0);
