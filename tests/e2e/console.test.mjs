/**
 * Promise: whoever stands behind the counter helps a customer by keyboard alone. Told the console's address and a
 * password, this signs Marta in, asks for codes (`code NAME`, `cart NAME`), looks at what they open and hands it back.
 * Then Rosa, her supervisor and an admin, sees to people, devices and stores, and reads the record.
 *
 * With PICTURES set to a folder, every page is painted there.
 */

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { openBrowser } from "../../examples/three_devices/browser.mjs";
import { barriers } from "./barriers.mjs";
import { withPalette } from "./palette.mjs";

const [address, password] = process.argv.slice(2);
const { PICTURES } = process.env;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const complaints = [];
const browser = await openBrowser();
const ALL = ["light", "dark"].flatMap((colorScheme) => [
  { locale: "en-GB", viewport: { width: 768, height: 1024 }, colorScheme },
  { locale: "es-ES", viewport: { width: 1280, height: 800 }, colorScheme },
  { locale: "es-ES", viewport: { width: 768, height: 1024 }, colorScheme },
  { locale: "en-GB", viewport: { width: 1280, height: 800 }, colorScheme },
]);
/** What is painted; the other states differ from these by a notice. */
const PAINTED = ["sign-in", "home", "person", "code-refused", "help", "hand-back", "handed-back", "gone", "locked", "cart",
  "start-supervisor", "people", "person-account", "devices", "stores", "record", "activity"];
/** Two looks say whether anything is in the way; the others are for whoever looks at pictures. */
const CHECKED = [ALL[0], ALL[5]];
const PHONE = { width: 360, height: 740 };
const LOOKS = PICTURES ? ALL : CHECKED;

async function asked(question) {
  console.log(`? ${question}`);
  return (await lines.next()).value;
}

async function opened(look, more = {}) {
  const page = await (await browser.newContext({ ...look, reducedMotion: "reduce", ...more })).newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => /Content.Security|Refused|TrustedHTML/i.test(message.text()) && complaints.push(message.text()));
  return page;
}

/** A page is shown, has no barrier, is fit for fingers, and nothing of it is cut off. */
async function inView(page, name, look) {
  if (CHECKED.includes(look)) assert.deepEqual(await barriers(page, ["minor", "moderate", "serious", "critical"]), [], name);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `${name}: nothing is cut off`);
  assert.deepEqual(await page.evaluate(tooSmall), [], `${name}: big enough for fingers`);
  const { locale, viewport, colorScheme } = look;
  if (PICTURES && PAINTED.includes(name)) await paint(page, `${PICTURES}/${name}-${locale.slice(0, 2)}-${viewport.width}-${colorScheme}.png`);
}

async function paint(page, path) {
  await writeFile(path, withPalette(await page.screenshot()));
}

/** What can be pressed and is lower than a finger needs. */
function tooSmall() {
  const seen = [...document.querySelectorAll("a, button, summary, input:not([type=hidden], [type=radio], [type=checkbox]), select, .way")];
  const shown = seen.filter((element) => element.checkVisibility() && !element.matches(".skip"));
  return shown.filter((element) => element.getBoundingClientRect().height < 43.5).map((element) => element.outerHTML.slice(0, 80));
}

/** Goes on by Tab until something of this text has the focus, and presses Enter. */
async function press(page, text) {
  for (let step = 0; step < 25; step += 1) {
    if ((await page.evaluate(() => document.activeElement?.textContent?.trim())).startsWith(text)) break;
    await page.keyboard.press("Tab");
  }
  assert.ok((await page.evaluate(() => document.activeElement?.textContent?.trim())).startsWith(text), `no way to ${text} by keyboard`);
  await page.keyboard.press("Enter");
}

async function signIn(page, name = "marta") {
  await page.locator("#sign-in-name:focus").waitFor();
  await page.keyboard.type(name);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await page.locator("#code").waitFor();
}

async function find(page, code) {
  await page.locator("#code").fill("");
  await page.locator("#code").focus();
  await page.keyboard.type(code);
}

const heading = (page) => page.locator("h1").innerText();

async function day(look) {
  const spanish = look.locale === "es-ES";
  const page = await opened(look);
  await page.goto(address);
  assert.equal(new URL(page.url()).search, "", "the key leaves the address");
  await inView(page, "sign-in", look);
  await page.locator("#sign-in-name:focus").waitFor();
  await page.keyboard.type("marta");
  await page.keyboard.press("Tab");
  await page.keyboard.type("not the password");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await inView(page, "sign-in-refused", look);
  await page.locator("#password:focus").waitFor();
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await page.locator("#code").waitFor();
  await inView(page, "home-empty", look);

  await find(page, "bc");
  assert.deepEqual(await page.locator("#spelled li").allInnerTexts(), spanish ? ["B de Barcelona", "C de Carmen"] : ["B as in Bravo", "C as in Charlie"]);
  await page.keyboard.type("dfghjk");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await inView(page, "code-refused", look);

  await find(page, await asked("code Ana Rey"));
  await page.keyboard.press("Enter");
  await page.waitForURL("**/staff/help/**");
  assert.equal(await heading(page), spanish ? "Ana Rey: Solicitud de hipoteca" : "Ana Rey: Mortgage application");
  await inView(page, "help", look);

  await page.goto(new URL("/staff", address).href);
  await find(page, await asked("cart Ana"));
  await page.keyboard.press("Enter");
  await page.waitForURL("**/staff/help/**");
  await page.locator(".line").first().waitFor();
  await inView(page, "cart", look);
  await page.getByRole("button", { name: spanish ? "Dejarlo" : "Leave" }).click();
  await page.locator("#code").waitFor();

  assert.match(await page.locator(".rows").first().innerText(), /Ana Rey/);
  await inView(page, "home", look);
  await page.locator(".person summary").click();
  await inView(page, "person", look);
  await page.setViewportSize(PHONE);
  assert.ok((await page.locator(".person-menu").boundingBox()).x >= 0, "the menu fits a phone");
  await page.setViewportSize(look.viewport);
  await page.locator("[data-lock]").click();
  await page.locator("#lock[open]").waitFor();
  assert.equal(await page.locator("main").isVisible(), false, "nothing is to be read behind the lock");
  await inView(page, "locked", look);
  await page.keyboard.press("Escape");
  await page.reload();
  await page.locator("#lock[open]").waitFor();
  await page.locator("#lock-password").fill("wrong");
  await page.keyboard.press("Enter");
  await page.locator("#lock [role=alert]").waitFor();
  await page.locator("#lock-password").fill(password);
  await page.keyboard.press("Enter");
  await page.locator("#lock").waitFor({ state: "hidden" });
  assert.equal(await page.locator("main").isVisible(), true);

  await page.locator(".rows a").first().focus();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/staff/help/**");
  const place = page.url();
  await press(page, spanish ? "Devolver" : "Hand back");
  await page.waitForURL("**/hand-back");
  await inView(page, "hand-back", look);
  await press(page, spanish ? "Devolver" : "Hand back");
  await page.locator(".qr svg").waitFor();
  await inView(page, "handed-back", look);
  await page.goto(place);
  assert.equal(await heading(page), spanish ? "Aquí no hay nada para ti" : "There is nothing here for you");
  await inView(page, "gone", look);
  await page.goto(new URL("/staff", address).href);
  await inView(page, "home-left", look);
  await page.locator(".person summary").focus();
  await page.keyboard.press("Enter");
  await press(page, spanish ? "Salir" : "Sign out");
  await page.locator("#sign-in-name").waitFor();
  await inView(page, "signed-out", look);
  await supervise(page, look);
  await page.context().close();
}

/** Rosa's round: what she adds in one look is another's in the next. */
async function supervise(page, look) {
  const name = `Eva ${LOOKS.indexOf(look) + 1}`;
  const go = async (way) => {
    await page.locator(`.ways a[href$="/${way}"]`).click();
    await page.waitForURL(`**/staff/${way}`);
  };
  await page.locator("#sign-in-name").focus();
  await signIn(page, "rosa");
  assert.match(await page.locator(".today").innerText(), /Sol/);
  await inView(page, "start-supervisor", look);
  await page.setViewportSize(PHONE);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, "today fits a phone");
  assert.ok(await page.evaluate(() => document.querySelector(".today table").scrollWidth <= document.querySelector(".today").clientWidth), "so do its figures");
  await page.setViewportSize(look.viewport);
  await unasked(page, look);
  await page.goto(new URL("/staff", address).href);
  await go("people");
  assert.deepEqual(await page.locator(".ways [aria-current]").evaluateAll((links) => links.map(({ pathname }) => pathname)), ["/staff/people"]);
  await page.locator("#name").fill(name);
  await page.locator("#new-sign-in").fill("marta");
  await page.locator("#new-password").fill("blue horses sing");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await inView(page, "person-refused", look);
  await page.locator("#new-sign-in").fill(name);
  await page.locator("#new-password").fill("blue horses sing");
  await page.locator("#store").selectOption({ label: "Sol" });
  await page.keyboard.press("Enter");
  await page.getByRole("status").first().waitFor();
  await inView(page, "people", look);
  await page.locator(".rows a", { hasText: name }).click();
  await page.waitForURL("**/people/st_*");
  await inView(page, "person-account", look);
  await go("devices");
  await page.locator("#name").fill(`Tablet ${LOOKS.indexOf(look) + 1}`);
  await page.keyboard.press("Enter");
  await page.getByRole("status").first().waitFor();
  await inView(page, "devices", look);
  await go("stores");
  await inView(page, "stores", look);
  await go("record");
  await page.locator("[name=action]").selectOption("staff-added");
  await page.locator("form.narrow button").click();
  await page.waitForURL(/action=staff-added/);
  assert.match(await page.locator(".entries").innerText(), new RegExp(`Rosa .*${name}`));
  await go("record");
  await inView(page, "record", look);
  await go("activity");
  assert.ok(await page.locator(".entries li").count() > 3);
  await inView(page, "activity", look);
}

/** Where there is no code: asking, waiting, and an emergency; what is missing is said on each. */
async function unasked(page, look) {
  const submit = () => page.locator("main form button:not(.secondary)").last().click();
  await page.locator("a[href$='/ask']").click();
  await inView(page, "ask", look);
  await page.locator("a[href$='/override']").click();
  await inView(page, "override", look);
  await page.locator("#value").fill("nobody@example.com");
  await page.locator("#reason").fill("A relative of theirs collapsed here");
  await page.locator("#ticket").fill("4711");
  await submit();
  await page.getByRole("alert").waitFor();
  await inView(page, "override-refused", look);
  await page.goto(new URL("/staff/ask", address).href);
  await page.locator("#value").fill("nobody@example.com");
  await page.locator("#reason").fill("They asked for help");
  await submit();
  await page.waitForURL("**/staff/ask/lk_*");
  await inView(page, "asked", look);
  await page.locator("#digits").fill("471920");
  await submit();
  await page.getByRole("alert").waitFor();
  await inView(page, "asked-refused", look);
}

for (const look of LOOKS) await day(look);

// The same without a script: forms are forms.
const plain = await opened(LOOKS[0], { javaScriptEnabled: false });
await plain.goto(address);
await plain.fill("#sign-in-name", "marta");
await plain.fill("#password", password);
await plain.press("#password", "Enter");
await plain.fill("#code", await asked("code Luis"));
await plain.press("#code", "Enter");
await plain.waitForURL("**/staff/help/**");
await plain.getByRole("button", { name: "Leave" }).click();
await plain.getByRole("status").filter({ hasText: "You left" }).waitFor();

// What nobody may put into a page: htmx refuses it, whoever sends it.
const wary = await opened(LOOKS[0]);
await wary.goto(address);
await signIn(wary);
const attacks = [
  "<script>window.hit = 1</script>",
  "<img src=x onerror='window.hit = 1'>",
  "<a href='java\tscript:window.hit = 1'>x</a>",
  "<template><script>window.hit = 1</script></template>",
  "<iframe srcdoc='<script>parent.hit = 1</script>'></iframe>",
  "<svg><a xlink:href='javascript:window.hit = 1'>x</a></svg>",
  "<form action='javascript:window.hit = 1'></form>",
  "<button hx-on:click='window.hit = 1'>x</button>",
  "<div style='color: red'>x</div>",
  "<base href='https://evil.example'>",
];
for (const attack of attacks) {
  await wary.route("**/staff/find", (route) => route.fulfill({ status: 404, contentType: "text/html", body: `<p class="planted">x</p>${attack}` }));
  await find(wary, "BCDFGHJK");
  const answered = wary.waitForResponse("**/staff/find");
  await wary.keyboard.press("Enter");
  await answered;
  await wary.waitForTimeout(50);
  assert.equal(await wary.locator(".planted").count(), 0, attack);
  await wary.unroute("**/staff/find");
}
assert.equal(await wary.evaluate(() => window.hit), undefined);
const assigning = await wary.evaluate(() => {
  try {
    document.body.innerHTML = "<p>text</p>";
    return "taken";
  } catch (error) {
    return error.name;
  }
});
assert.equal(assigning, "TypeError", "text becomes markup by no other way");
complaints.length = 0;
for (const look of CHECKED) {
  await wary.setViewportSize(look.viewport);
  await wary.emulateMedia({ colorScheme: look.colorScheme });
  await wary.goto(new URL(`/staff?lang=${look.locale.slice(0, 2)}`, address).href);
  await wary.context().setOffline(true);
  await wary.locator("[data-offline]", { hasText: look.locale === "es-ES" ? "No hay conexión" : "There is no connection" }).waitFor();
  await inView(wary, "offline", look);
  await wary.context().setOffline(false);
}

await browser.close();
assert.deepEqual(complaints, []);
process.exit(0);
