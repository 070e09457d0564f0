/**
 * Promise: a customer at home and a clerk at the counter fill in one form together. The server is at `SERVER`, its
 * publishable key is `KEY`; the clerk signs in at `CONSOLE` as marta, and her supervisor as eva, with `PASSWORD`.
 *
 * With PICTURES set to a folder, the editor is painted there, by day and by night, in both languages.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser } from "../../examples/three_devices/browser.mjs";
import { barriers } from "./barriers.mjs";

const { SERVER, KEY, CONSOLE, PASSWORD, PICTURES } = process.env;
const complaints = [];
let browser;
let home;
let desk;

/** The customer's own page, on the SDK; it is served here, under the server's own address. */
const HOME = `<!doctype html><title>Home</title><script type="module" src="/sdk/retoma.js"></script>
<retoma-form url="${SERVER}" key="${KEY}" process="mortgage"><form>
<label>Name <input name="applicant.name"></label><label>E-mail <input name="applicant.email"></label>
<label>Account <input name="applicant.iban"></label><label>Price <input name="home.price" type="number"></label>
<label>Notes <textarea name="home.notes"></textarea></label></form></retoma-form>`;

async function opened(look = {}) {
  const page = await (await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", ...look })).newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => /Content.Security|Refused|TrustedHTML/i.test(message.text()) && complaints.push(message.text()));
  await page.route("**/home.html", (route) => route.fulfill({ contentType: "text/html", body: HOME }));
  return page;
}

const withDraft = (page, act) => page.evaluate(`customElements.whenDefined("retoma-form").then(async () => { const draft = await document.querySelector("retoma-form").draft; ${act} })`);
const codeOf = (page) => withDraft(page, `await draft.save?.(); return (await draft.handoff({ to: "staff" })).code;`);

async function signIn(page, name = "marta") {
  await page.goto(CONSOLE);
  await page.locator("#sign-in-name").fill(name);
  await page.locator("#password").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.locator("#code").waitFor();
}

async function help(page, code) {
  await page.locator("#code").fill(code);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/staff/help/**");
}

const field = (label) => desk.locator("[data-field]", { has: desk.locator(".name", { hasText: new RegExp(`^${label}$`) }) });
const control = (label) => field(label).locator("input:not([type=hidden]), textarea, select").first();
const reads = (place, text) => place.evaluate((element, wanted) => new Promise((resolve) => {
  const look = () => (element.value === wanted ? resolve() : setTimeout(look, 50));
  look();
}), text);
const becomes = (page, selector, value) => page.waitForFunction(([place, wanted]) => document.querySelector(place).value === wanted, [selector, value]);
const saved = (label, text = "Saved") => field(label).locator(".good", { hasText: text }).waitFor();

/** What a customer's device asks the server. */
async function asked(method, path, token, body) {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Idempotency-Key": `key-${Math.random()}` };
  const answer = await fetch(`${SERVER}/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  return answer.status === 204 ? null : answer.json();
}

before(async () => {
  browser = await openBrowser();
  home = await opened();
  await home.goto(`${SERVER}/home.html`);
  await home.getByLabel("Name").fill("Ana Rey");
  await home.getByLabel("E-mail").fill("ana@example.com");
  await home.getByLabel("Account").fill("ES91 2100 0418");
  await home.getByLabel("Price").fill("210000");
  await home.locator("[data-retoma=state] [data-state=saved]").waitFor();
  desk = await opened();
  await signIn(desk);
  await help(desk, await codeOf(home));
});

after(() => browser.close());

test("the clerk sees what the customer wrote, as far as they may", async () => {
  assert.equal(await control("Full name").inputValue(), "Ana Rey");
  assert.equal(await control("Price").inputValue(), "210000");
  assert.match(await field("E-mail").innerText(), /a•••@e•••\.com/);
  assert.match(await field("Account number").innerText(), /already answered, not shown/);
  assert.doesNotMatch(await desk.content(), /ana@example|ES91/);
});

test("what the customer types appears, and what the clerk is typing stays", async () => {
  await control("Full name").focus();
  await desk.keyboard.press("End");
  await desk.keyboard.type(" Lop");
  await home.getByLabel("Notes").fill("By the sea");
  await becomes(desk, `#${await field("Notes").getAttribute("id")} textarea`, "By the sea");
  assert.equal(await desk.locator("[data-presence]").innerText(), "The customer is typing…");
  assert.equal(await control("Full name").inputValue(), "Ana Rey Lop");
  await desk.keyboard.type("ez");
  assert.equal(await control("Full name").inputValue(), "Ana Rey Lopez", "the caret is where it was");
});

test("what the clerk types appears at home, sent once", async () => {
  const sent = [];
  await desk.route("**/fields", async (route) => {
    sent.push(route.request().postData());
    await new Promise((resolve) => setTimeout(resolve, 100)); // a connection as it is in a store
    await route.continue();
  });
  await desk.keyboard.press("Tab");
  await saved("Full name");
  await desk.waitForTimeout(200);
  await desk.unroute("**/fields");
  assert.equal(sent.length, 1);
  await becomes(home, "[name='applicant.name']", "Ana Rey Lopez");
});

test("an answer that opens another field brings it, while somebody types elsewhere", async () => {
  let go;
  const left = new Promise((resolve) => (go = resolve));
  await desk.route("**/fields", async (route) => (await left, await route.continue()), { times: 1 }); // a slow connection
  await control("Kind of home").selectOption({ label: "A flat" });
  await control("Notes").focus();
  await desk.keyboard.type("! ");
  go();
  await field("Floor").waitFor();
  assert.equal(await control("Kind of home").locator("option:checked").innerText(), "A flat", "what was answered is still there");
  assert.match(await control("Notes").inputValue(), /!/);
  assert.equal(await desk.evaluate(() => document.activeElement.tagName), "TEXTAREA", "the focus is where it was");
  await desk.keyboard.press("Tab");
  await saved("Notes");
});

test("both edit one field at once: the clerk is told, and nothing is lost", async () => {
  await control("Price").fill("220000");
  await home.getByLabel("Price").fill("230000");
  await field("Price").getByText("The customer just changed this.").waitFor();
  assert.equal(await control("Price").inputValue(), "220000");
  await field("Price").getByRole("button", { name: "Show" }).click();
  assert.match(await field("Price").locator("[data-news]").innerText(), /It now reads: 230000/);
  await field("Price").getByRole("button", { name: "Keep what I type" }).click();
  await desk.keyboard.press("Tab");
  await field("Price").getByText("Two different answers met here.").waitFor();
  const both = await field("Price").locator(".sides .value").allInnerTexts();
  assert.deepEqual(both, ["230000", "220000"]);
  assert.deepEqual(await barriers(desk, ["minor", "moderate", "serious", "critical"]), []);
  await home.getByLabel("Notes").focus(); // where somebody is at work nothing is put
  await field("Price").getByRole("button", { name: "Use this one" }).click();
  await becomes(home, "[name='home.price']", "220000");
  await desk.waitForFunction(() => !document.querySelector(".met"));
});

test("where the clerk may not read, the customer decides", async () => {
  const sent = [];
  const keep = (request) => {
    const body = new URLSearchParams(request.postData() ?? "");
    if (body.get("path") === "/applicant/email") sent.push(body.get("value"));
  };
  desk.on("request", keep);
  await field("E-mail").locator("summary").click();
  await control("E-mail").evaluate((input) => {
    input.focus(); // from what opens it, and the first keys come before the page gets round to anything
    document.execCommand("insertText", false, "clerk");
  });
  await desk.keyboard.type("@example.com");
  await home.getByLabel("E-mail").fill("anew@example.com");
  await field("E-mail").getByText("The customer just changed this.").waitFor();
  await control("E-mail").focus();
  await desk.keyboard.press("Enter");
  await desk.keyboard.press("Tab");
  await field("E-mail").getByText("The customer decides this one").waitFor();
  desk.off("request", keep);
  assert.deepEqual(sent, ["clerk@example.com"], "nothing half typed was an answer");
  assert.equal(await field("E-mail").locator(":focus").count(), 1, "the focus is where it was");
  assert.doesNotMatch(await desk.content(), /anew@example/);
  await home.getByText("clerk@example.com").first().waitFor();
});

for (const [lang, name, typed, off, good] of [["es", "Nombre completo", "Ana R.", "Sin conexión.", "Guardado"], ["en", "Full name", "Ana R. Lopez", "No connection.", "Saved"]]) {
  test(`over a lost connection nothing that is typed is lost (${lang})`, async () => {
    await desk.goto(`${desk.url().split("?")[0]}?lang=${lang}`);
    await desk.context().setOffline(true);
    await control(name).fill(typed);
    await desk.keyboard.press("Tab");
    await field(name).getByText(off).waitFor();
    assert.deepEqual(await barriers(desk, ["minor", "moderate", "serious", "critical"]), []);
    await desk.context().setOffline(false);
    await saved(name, good);
    await becomes(home, "[name='applicant.name']", typed);
  });
}

test("who signs in again goes on where they were, and what was typed meanwhile is sent", { timeout: 300_000 }, async () => {
  const other = await desk.context().newPage();
  await other.goto(`${SERVER}/staff`);
  await other.locator(".person summary").click();
  await other.getByRole("button", { name: "Switch user" }).click();
  await other.locator("#sign-in-name").waitFor();
  await control("Full name").fill("Ana R. Lopez Gil");
  await desk.keyboard.press("Tab");
  await field("Full name").getByText("You are signed out.").waitFor();
  await desk.locator("#standing").getByRole("link", { name: "Sign in again" }).waitFor();
  assert.deepEqual(await barriers(desk, ["minor", "moderate", "serious", "critical"]), []);
  await signIn(other);
  await saved("Full name");
  await becomes(home, "[name='applicant.name']", "Ana R. Lopez Gil");
  await desk.locator("#standing", { hasText: "You may look and change." }).waitFor();
  await home.getByLabel("Price").fill("240000");
  await becomes(desk, `#${await field("Price").getAttribute("id")} [name=value]`, "240000");
  await other.close();
});

test("what cannot be read is said, and stays to be mended", async () => {
  await control("Price").fill("about 200");
  await desk.keyboard.press("Tab");
  await field("Price").getByText("Please write a number").waitFor();
  assert.equal(await control("Price").inputValue(), "about 200");
  await control("Price").fill("9000");
  await desk.keyboard.press("Tab");
  await field("Price").getByText("It should be 10000 or more.").waitFor();
  await saved("Price");
});

/** Waits until so many owners have come home: a page takes a promise for a yes, so it is asked from here. */
async function owned(wanted) {
  while ((await withDraft(home, "return draft.value.home?.owners?.length;")) !== wanted) await new Promise((resolve) => setTimeout(resolve, 50));
}

test("a list grows by a row, and shrinks", { timeout: 120_000 }, async () => {
  const owners = field("Owners");
  await owners.locator("input[name='row.0/name']").fill("Ana");
  await owners.locator("input[name='row.0/share']").fill("60");
  await desk.keyboard.press("Tab");
  await saved("Owners");
  await owners.getByRole("button", { name: "Add another" }).click();
  assert.equal(await owners.locator("li").count(), 3);
  await owners.locator("li").nth(2).locator("input").first().fill("Ben");
  await desk.keyboard.press("Tab");
  await owned(2);
  await owners.getByRole("button", { name: "Remove this entry" }).first().click();
  await owned(1);
  await desk.reload();
  assert.equal(await owners.locator("input[name='row.0/name']").inputValue(), "Ben");
});

test("an entry is added by its name, and taken away; a time says its zone", { timeout: 60_000 }, async () => {
  const costs = desk.getByRole("region", { name: "Costs", exact: true });
  await costs.locator("[name=name]").fill("notary");
  await costs.getByLabel("Answer").fill("800");
  await desk.keyboard.press("Enter");
  await field("Notary").waitFor();
  assert.equal(await costs.locator("[name=name]").inputValue(), "");
  assert.equal(await desk.evaluate(() => document.activeElement.name), "name", "the next is entered at once");
  await control("Notary").fill("850");
  await field("Notary").getByRole("button", { name: "Remove this entry" }).press("Enter");
  await field("Notary").waitFor({ state: "detached" });
  assert.equal(await desk.evaluate(() => document.activeElement.name), "name", "the focus is near where it was");
  await control("Viewing").fill("2026-12-01T10:30");
  await control("Notes").focus();
  await saved("Viewing");
  await field("Viewing").getByText("Time zone: UTC").waitFor();
});

test("the editor is fit for everybody", async () => {
  const place = desk.url();
  const looks = ["light", "dark"].flatMap((colorScheme) => [
    { locale: "en", viewport: { width: 768, height: 1024 }, colorScheme },
    { locale: "es", viewport: { width: 1280, height: 800 }, colorScheme },
    { locale: "es", viewport: { width: 768, height: 1024 }, colorScheme },
    { locale: "en", viewport: { width: 1280, height: 800 }, colorScheme },
  ]);
  for (const { locale, viewport, colorScheme } of PICTURES ? looks : [looks[0], looks[5]]) {
    await desk.setViewportSize(viewport);
    await desk.emulateMedia({ colorScheme });
    await desk.goto(`${place}?lang=${locale}`);
    await desk.locator("[data-field]").first().waitFor();
    assert.deepEqual(await barriers(desk, ["minor", "moderate", "serious", "critical"]), []);
    assert.equal(await desk.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, "nothing is cut off");
    assert.deepEqual(await desk.evaluate(tooSmall), []);
    if (PICTURES) await desk.screenshot({ path: `${PICTURES}/editor-${locale}-${viewport.width}-${colorScheme}.png`, fullPage: true });
  }
  await desk.goto(`${place}?lang=en`);
});

/** What can be pressed and is lower than a finger needs; of a box to tick its label counts. */
function tooSmall() {
  const seen = [...document.querySelectorAll(".editor :is(button, summary, select, textarea, .steps a, .radios label, input:not([type=hidden], [type=radio], [type=checkbox]))")];
  return seen.filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 43.5).map((element) => element.outerHTML.slice(0, 80));
}

test("a cart is changed by two at once", async () => {
  const add = (sku, amount) => ({ op: "add", sku, quantity: 2, info: { title: `The ${sku}` }, price: { amount, currency: "EUR" } });
  const { token } = await asked("POST", "/visitors", KEY, {});
  const { id } = await asked("POST", "/drafts", token, { process: "gifts", kind: "cart" });
  await asked("POST", `/drafts/${id}/changes`, token, { seen: 0, ops: [add("tee", 1990), add("mug", 950)] });
  const { code } = await asked("POST", `/drafts/${id}/handoffs`, token, { to: "staff" });
  await desk.goto(`${SERVER}/staff`);
  await help(desk, code);
  const line = (name) => desk.locator(".line", { hasText: `The ${name}` });
  await line("tee").getByRole("button", { name: "One more: The tee" }).click();
  await desk.getByText("78.70").first().waitFor();
  assert.equal(await desk.evaluate(() => document.activeElement.getAttribute("aria-label")), "One more: The tee", "the focus stays");
  await desk.locator("[name=sku]").fill("ha");
  await asked("POST", `/drafts/${id}/changes`, token, { seen: 2, ops: [add("mug", 950)] });
  await line("mug").locator("[name=quantity][value='4']").waitFor();
  await desk.locator("[name=sku]").pressSequentially("t");
  assert.equal((await desk.locator("[name=sku]").inputValue()).length, 3, "what was half typed is still there");
  await desk.getByRole("button", { name: "Add", exact: true }).click();
  await desk.locator(".line", { hasText: /hat|tha/ }).waitFor();
  assert.equal(await desk.locator("[name=sku]").inputValue(), "");
  await line("mug").getByRole("button", { name: "Remove: The mug" }).click();
  await line("mug").waitFor({ state: "detached" });
  assert.deepEqual(await barriers(desk, ["minor", "moderate", "serious", "critical"]), []);
  assert.deepEqual(await desk.evaluate(tooSmall), []);
  if (PICTURES) await desk.screenshot({ path: `${PICTURES}/editor-cart.png`, fullPage: true });
});

test("the page obeys the customer at once, and keeps what was typed", { timeout: 600_000 }, async () => {
  const { token } = await asked("POST", "/visitors", KEY, {});
  const { id } = await asked("POST", "/drafts", token, { process: "mortgage" });
  const set = (path, value) => ({ op: "set", path, value });
  await asked("POST", `/drafts/${id}/changes`, token, { seen: 0, ops: [set("/applicant/name", "Ana"), set("/applicant/email", "ana@example.com"), set("/home/notes", "By the sea")] });
  const codeFor = async (scope) => (await asked("POST", `/drafts/${id}/handoffs`, token, { to: "staff", scope })).code;
  await desk.setViewportSize({ width: 1280, height: 800 });
  await desk.goto(`${SERVER}/staff`);
  await help(desk, await codeFor("complete"));
  const standing = (text, page = desk) => page.locator("#standing", { hasText: text }).waitFor();
  const painted = async (name, page = desk) => {
    assert.deepEqual(await barriers(page, ["minor", "moderate", "serious", "critical"]), [], name);
    assert.deepEqual(await page.evaluate(tooSmall), [], name);
    if (PICTURES) await page.screenshot({ path: `${PICTURES}/help-${name}.png`, fullPage: true });
  };
  await standing("You may look, change and send it.");
  await desk.getByRole("button", { name: "Send it" }).click();
  await desk.locator("#ending").getByText("something is missing").waitFor();
  await desk.locator("#ending a", { hasText: "Date of birth" }).waitFor();
  await field("Date of birth").getByText("This is still wanted").waitFor();
  await painted("unsent");

  const eva = await opened({ locale: "es-ES", viewport: { width: 768, height: 1024 } });
  await signIn(eva, "eva");
  await help(eva, await codeFor("edit"));
  await standing("Marta (Sol) está ayudando con esto ahora mismo, desde las", eva);
  await painted("busy", eva);
  const masked = eva.locator("[data-field]", { has: eva.locator(".name", { hasText: "E-mail" }) });
  await masked.getByText("Leerla").first().click();
  await painted("revealing", eva);
  await masked.locator("[name=reason]").fill("Ana asked me to read it back");
  await masked.locator("[name=reason]").press("Enter");
  await masked.getByText("ana@example.com").waitFor();
  await masked.getByText(/oculta otra vez en \d+ s/).waitFor();
  await painted("revealed", eva);
  await control("Notes").fill("By the lake");
  await eva.getByRole("button", { name: "Tomarlo" }).click();
  await standing("Puedes mirar y cambiar.", eva);
  await standing("Eva is helping with this just now, since");
  assert.equal(await control("Notes").inputValue(), "By the lake");
  await field("Notes").getByText("It is sent by itself as soon as you may.").waitFor();
  await painted("waiting");
  await eva.getByRole("button", { name: "Dejarlo" }).click();
  await eva.waitForURL("**/staff?said=left");
  await saved("Notes");
  assert.equal((await asked("GET", `/drafts/${id}`, token)).data.home.notes, "By the lake");

  const { items: [assist] } = await asked("GET", `/drafts/${id}/assists`, token);
  const place = `/drafts/${id}/assists/${assist.id}`;
  await asked("PATCH", place, token, { show_answers: true });
  await becomes(desk, `#${await field("E-mail").getAttribute("id")} [name=value]`, "ana@example.com");
  await asked("PATCH", place, token, { show_answers: false });
  await field("E-mail").getByText("already answered, not shown").waitFor();
  assert.doesNotMatch(await desk.content(), /ana@example/);

  const took = [];
  while (took.length < 3 && !(Math.min(...took) < 2_000)) { // a busy machine is slow now and then, a slow page each time
    if (took.length) await asked("PATCH", place, token, { scope: "complete" });
    await standing("You may look, change and send it.");
    const before = Date.now();
    await asked("PATCH", place, token, { scope: "view" });
    await standing("You may look.");
    took.push(Date.now() - before);
  }
  assert.ok(Math.min(...took) < 2_000, `it took ${took} ms`);
  await asked("PATCH", place, token, { scope: "edit" });
  await standing("You may look and change.");
  await control("Notes").fill("By the river");
  await asked("PATCH", place, token, { scope: "view" });
  await standing("You may look.");
  assert.equal(await control("Notes").evaluate((element) => element.readOnly), true);
  assert.equal(await control("Notes").inputValue(), "By the river");
  assert.equal(await field("Full name").locator("form").count(), 0);
  await painted("view");

  await asked("DELETE", place, token);
  await standing("The help has ended");
  assert.equal(await control("Notes").inputValue(), "By the river");
  assert.equal(await desk.locator("[data-field]").count(), 1, "no answer of the customer's is left on the screen");
  await painted("ended");
  assert.equal((await asked("GET", `/drafts/${id}`, token)).data.home.notes, "By the lake");

  await desk.goto(`${SERVER}/staff?lang=es`);
  await help(desk, await codeFor("edit"));
  await control("Notas").fill("By the road");
  const { items: [anew] } = await asked("GET", `/drafts/${id}/assists`, token);
  await asked("DELETE", `/drafts/${id}/assists/${anew.id}`, token);
  await standing("La ayuda ha terminado");
  await field("Notas").getByText("Cópialo si lo necesitas.").waitFor();
  await painted("ended-es");
});

test("nothing complains", () => assert.deepEqual(complaints, []));
