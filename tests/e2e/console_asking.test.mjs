/**
 * Promise: a customer who has no code to show is helped all the same, in the contact centre as at the counter, and decides
 * on their own device; a supervisor who looks unasked is seen at once. Told the server, its publishable key, the console's
 * address and a password as JSON, this asks for customers (`customer NAME`) and for what was mailed to one (`digits`).
 *
 * With PICTURES set to a folder, the pages of the console are painted there, by day and by night, in both languages.
 */

import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { openBrowser } from "../../examples/three_devices/browser.mjs";
import { fit, look } from "./views.mjs";

const { server, key, console: address, password } = JSON.parse(process.argv[2]);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const complaints = [];
const browser = await openBrowser();
const WHY = { en: "You asked for help on the phone.", es: "Has pedido ayuda por teléfono." };
/** The customer's phone; a finger points coarsely. */
const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };

/** The customer's own page on the SDK; it is served here, under the server's own address. */
const page = (lang, token) => `<!doctype html><html lang="${lang}"><title>Home</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px/1.5 system-ui;margin:1rem}input,form>button{display:block;width:100%;min-height:44px;box-sizing:border-box;font:inherit}</style>
<main><h1>Home</h1><form><label>Name <input name="name"></label><label>Income <input name="income" type="number"></label>
<button type="button" id="help">Help</button><output></output></form></main>
<script type="module">
import { bindForm, createRetoma } from "/sdk/retoma.js";
const retoma = createRetoma({ url: location.origin, publishableKey: "${key}", getToken: async () => "${token}" });
window.retoma = retoma;
window.draft = retoma.draft("mortgage");
bindForm(draft, document.forms[0]);
document.getElementById("help").onclick = async () => {
  const { code, spelled } = await draft.handoff({ to: "staff" });
  document.querySelector("output").textContent = [code, ...spelled].join(", ");
};
</script></html>`;

async function asked(question) {
  console.log(`? ${question}`);
  return (await lines.next()).value;
}

async function opened(more = {}) {
  const made = await (await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", ...more })).newPage();
  made.on("pageerror", (error) => complaints.push(error.message));
  made.on("console", (message) => /Content.Security|Refused|TrustedHTML/i.test(message.text()) && complaints.push(message.text()));
  return made;
}

/** Somebody at home who has begun a mortgage, and perhaps more. */
async function athome(name, lang = "en", ...more) {
  const token = await asked(`customer ${name}`);
  const home = await opened(PHONE);
  await home.route("**/home.html", (route) => route.fulfill({ contentType: "text/html", body: page(lang, token) }));
  await home.goto(`${server}/home.html`);
  await home.evaluate(`(async () => { for (const name of ${JSON.stringify(more)}) { const draft = retoma.draft(name); draft.set("name", "${name}"); await draft.saved(); } })()`);
  await home.locator("[name=name]").fill(name);
  await home.locator("[data-retoma=state] [data-state=saved]").waitFor();
  return home;
}

async function atdesk(name) {
  const desk = await opened();
  await desk.goto(address);
  await desk.locator("#sign-in-name").fill(name);
  await desk.locator("#password").fill(password);
  await desk.keyboard.press("Enter");
  await desk.locator("#code").waitFor();
  return desk;
}

/** Staff ask somebody by their address, and wait. */
async function askFor(desk, name, lang = "en") {
  await desk.goto(`${server}/staff/ask?lang=${lang}`);
  await desk.locator("#value").fill(`${name}@example.com`);
  await desk.locator("#reason").fill(WHY[lang]);
  await desk.keyboard.press("Enter");
  await desk.waitForURL("**/staff/ask/lk_*");
}

const question = (home) => home.locator("[data-retoma=bar] .asking");
const helping = (home) => home.locator("[data-retoma=bar] .helping:visible");
/** Waits until a control shows a value. */
async function reads(place, wanted, until = Date.now() + 30_000) {
  for (let value; (value = await place.inputValue()) !== wanted; await new Promise((done) => setTimeout(done, 50))) assert.ok(Date.now() < until, `${value} in place of ${wanted}`);
}

/** One customer after the other: what each is promised is told in the name. */
const stories = {
  async "a code is spelled on the phone, and typed on the console without a camera"(desk) {
    const home = await athome("ana");
    await home.locator("#help").click();
    await home.locator("output", { hasText: " as in " }).waitFor();
    const [code, ...spelled] = (await home.locator("output").textContent()).split(", ");
    await desk.goto(`${server}/staff?lang=en`);
    await desk.locator("#code").focus();
    await desk.keyboard.type(spelled.map(([letter]) => letter.toLowerCase()).join(""));
    assert.deepEqual(await desk.locator("#spelled li").allInnerTexts(), spelled, "both read out the same");
    await desk.keyboard.press("Enter");
    await desk.waitForURL("**/staff/help/**");
    await helping(home).getByText("Marta in Sol is helping you.").waitFor();
    assert.match(code, /^[A-Z]{4}-[A-Z]{4}$/);
  },

  async "staff ask, the customer says yes on their own device, both write, and the customer sends it"(desk) {
    const home = await athome("ben");
    await desk.goto(`${server}/staff/ask`);
    await look(desk, "ask");
    await home.locator("[name=name]").focus();
    await askFor(desk, "ben");
    await question(home).getByText("Marta in Sol asks to see what you have begun: Mortgage application.").waitFor();
    await question(home).getByText(WHY.en).waitFor();
    assert.equal(await home.evaluate(() => document.activeElement.name), "name", "the focus stays");
    await home.locator("[data-retoma=state] [role=status]", { hasText: "Marta in Sol asks" }).waitFor();
    await fit(home, "the question");
    await look(desk, "ask-waiting");
    await question(home).getByRole("button", { name: "Yes, they may look and change" }).click();
    await desk.waitForURL("**/staff/help/as_*");
    await helping(home).getByText("Marta in Sol is helping you.").waitFor();
    await fit(home, "the help");
    const income = desk.locator("[data-field]", { hasText: /Income a month|Ingresos al mes/ }).locator("input:not([type=hidden])").first();
    await income.fill("3100");
    await desk.keyboard.press("Tab");
    await reads(home.locator("[name=income]"), "3100");
    await home.locator("[name=name]").fill("Ben Rey");
    await reads(desk.locator("[data-field]", { hasText: /Full name|Nombre completo/ }).locator("input:not([type=hidden])").first(), "Ben Rey");
    await home.evaluate("draft.flush().then(() => draft.complete())");
    await desk.locator("#standing", { hasText: /It is sent|Está enviad/ }).waitFor();
  },

  async "what staff do not name, the customer chooses, in their language"(desk) {
    const home = await athome("eva", "es", "loan");
    await askFor(desk, "eva", "es");
    await question(home).getByText("Marta en Sol pide ayudarte con lo que elijas.").waitFor();
    await fit(home, "the question of several");
    const choice = question(home).getByRole("combobox", { name: "Con qué" });
    assert.deepEqual(await choice.locator("option").allTextContents(), ["Solicitud (mortgage)", "Solicitud (loan)"]);
    await choice.selectOption({ label: "Solicitud (loan)" });
    await question(home).getByRole("button", { name: "Solo mirar" }).click();
    await desk.waitForURL("**/staff/help/as_*");
    assert.match(await desk.locator("h1").innerText(), /Solicitud \(loan\)/);
    await desk.locator("#standing", { hasText: "Puedes mirar." }).waitFor();
    await question(home).waitFor({ state: "hidden" });
  },

  async "who has no page open reads out the digits that are sent to them"(desk) {
    const home = await athome("dan");
    await askFor(desk, "dan");
    await desk.getByRole("button", { name: "Send the code" }).click();
    await desk.getByText("a code is on its way to them").waitFor();
    await fit(desk, "a code was sent");
    await desk.locator("#digits").fill("000000");
    await desk.keyboard.press("Enter");
    await desk.getByRole("alert").waitFor();
    await fit(desk, "a wrong code");
    await desk.locator("#digits").fill(await asked("digits"));
    await desk.keyboard.press("Enter");
    await desk.waitForURL("**/staff/help/as_*");
    await helping(home).getByText("Marta in Sol is helping you.").waitFor();
    await question(home).waitFor({ state: "hidden" });
  },

  async "a no is never heard of, and who was let in and stopped is out"(desk) {
    const home = await athome("cat");
    await askFor(desk, "cat");
    await question(home).getByRole("button", { name: "No", exact: true }).click();
    await question(home).waitFor({ state: "hidden" });
    await desk.waitForTimeout(4500); // the console has looked twice
    assert.match(await desk.locator("main").innerText(), /Waiting…/);
    await askFor(desk, "nobody");
    assert.match(await desk.locator("main").innerText(), /Waiting…/, "as of somebody who is not there");
    await askFor(desk, "cat", "es");
    const place = desk.url();
    await question(home).getByRole("button", { name: "Only look" }).click();
    await desk.waitForURL("**/staff/help/as_*");
    await helping(home).getByRole("button", { name: "Stop" }).click();
    await desk.locator("#standing", { hasText: "La ayuda ha terminado" }).waitFor();
    await fit(desk, "the help has ended");
    await desk.goto(place);
    await desk.getByRole("heading", { name: "Nadie te ha dejado entrar" }).waitFor();
    await look(desk, "ask-over");
  },

  async "a supervisor looks unasked: the customer sees it at once, with the reason, and stops it"() {
    const [home, desk] = [await athome("fay"), await atdesk("rosa")];
    await desk.goto(`${server}/staff/ask?lang=en`);
    await desk.getByRole("link", { name: "Emergency: look without asking" }).click();
    await desk.waitForURL("**/staff/override");
    await look(desk, "override");
    await desk.goto(`${server}/staff/override?lang=en`);
    await desk.locator("#value").fill("fay@example.com");
    await desk.locator("#reason").fill("Court order, handed in at the counter");
    await desk.locator("#ticket").fill("HELP-4711");
    await desk.keyboard.press("Enter");
    await desk.waitForURL("**/staff/help/as_*");
    await desk.locator("#standing", { hasText: "You may look." }).waitFor();
    assert.equal(await desk.locator("[data-field] form[data-save]").count(), 0, "nothing can be changed");
    await helping(home).getByText("Rosa, a supervisor in Sol, is looking at this without having asked you. Court order, handed in at the counter (HELP-4711)").waitFor();
    await fit(home, "looked at unasked");
    assert.equal(await helping(home).getByRole("button").count(), 1, "they may only look already");
    await helping(home).getByRole("button", { name: "Stop" }).click();
    await desk.locator("#standing", { hasText: "The help has ended" }).waitFor();
    await helping(home).waitFor({ state: "hidden" });
  },
};

const marta = await atdesk("marta");
for (const [name, tell] of Object.entries(stories)) {
  console.log(name);
  await tell(marta);
}

await browser.close();
assert.deepEqual(complaints, []);
process.exit(0);
