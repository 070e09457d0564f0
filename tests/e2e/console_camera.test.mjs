/**
 * Promise: a clerk finds a customer by the tablet's camera, and whatever is amiss with it keeps nobody from typing. The
 * server is at `SERVER`, its publishable key is `KEY`; the clerk signs in at `CONSOLE` as marta with `PASSWORD`; films
 * lie in `FOLDER`.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser } from "../../examples/three_devices/browser.mjs";
import { barriers } from "./barriers.mjs";
import { camera, film } from "./filming.mjs";

const { SERVER, KEY, CONSOLE, PASSWORD, FOLDER, PICTURES } = process.env;
const FILM = `${FOLDER}/film.y4m`;
const complaints = [];
const loaded = [];
let browser;
let page;
let link;
let code;

async function opened(from, more = {}) {
  const made = await (await from.newContext({ locale: "en-GB", viewport: { width: 768, height: 1024 }, reducedMotion: "reduce", ...more })).newPage();
  made.on("pageerror", (error) => complaints.push(error.message));
  made.on("console", (message) => /Content.Security|Refused|TrustedHTML/i.test(message.text()) && complaints.push(message.text()));
  made.on("request", (request) => loaded.push(new URL(request.url()).pathname));
  await made.goto(CONSOLE);
  await made.locator("#sign-in-name").fill("marta");
  await made.locator("#password").fill(PASSWORD);
  await made.keyboard.press("Enter");
  await made.locator("#code").waitFor();
  return made;
}

/** What a customer's device asks the server. */
async function asked(path, token, body) {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Idempotency-Key": `key-${Math.random()}` };
  return (await fetch(`${SERVER}/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

const scan = (on = page) => on.locator("[data-scan]").click();
const says = (text, on = page) => on.locator("[data-camera-state]", { hasText: text }).waitFor();
/** Keeps the camera's picture where the page has let go of it, to see whether the camera is off. */
const filming = async () => {
  await page.locator("[data-camera] video:visible").waitFor();
  await page.evaluate(() => void (window.kept = document.querySelector("video").srcObject));
};
const isOff = () => page.waitForFunction(() => window.kept.getTracks().every(({ readyState }) => readyState === "ended") && document.querySelector("video").hidden);

/** Says no, as somebody does whom the browser asks. */
async function refuse(on) {
  const { targetInfo } = await (await on.context().newCDPSession(on)).send("Target.getTargetInfo");
  const { browserContextId } = targetInfo;
  await (await browser.newBrowserCDPSession()).send("Browser.setPermission", { permission: { name: "camera" }, setting: "denied", origin: SERVER, browserContextId });
}

async function typesOn(on) {
  await on.locator("#code").fill("BC");
  assert.equal(await on.locator("#spelled li").count(), 2);
}

before(async () => {
  const { token } = await asked("/visitors", KEY, {});
  const { id } = await asked("/drafts", token, { process: "mortgage" });
  await asked(`/drafts/${id}/changes`, token, { seen: 0, ops: [{ op: "set", path: "/name", value: "Ana" }] });
  ({ qr_svg: link } = await asked(`/drafts/${id}/handoffs`, token, { to: "device" }));
  ({ qr_svg: code } = await asked(`/drafts/${id}/handoffs`, token, { to: "staff" }));
  browser = await openBrowser(camera(FILM));
});

after(() => browser.close());

test("where there is no camera, the page says so", async () => {
  const without = await openBrowser();
  const bare = await opened(without, { permissions: ["camera"] });
  await scan(bare);
  await says("There is no camera on this device.", bare);
  await typesOn(bare);
  await without.close();
});

test("where the camera is refused, the page says how it is allowed", async () => {
  const wary = await opened(browser, { locale: "es-ES" });
  await film(wary, link, FILM);
  await refuse(wary);
  await scan(wary);
  await says("El navegador no deja usar la cámara", wary);
  await typesOn(wary);
  assert.deepEqual(await barriers(wary, ["minor", "moderate", "serious", "critical"]), []);
  if (PICTURES) await wary.screenshot({ path: `${PICTURES}/camera-refused.png` });
  assert.equal(loaded.some((path) => path.includes("/vendor/qr/")), false, "the reader is loaded where there is a picture to read");
});

for (const [locale, text] of [["en-GB", "The camera is in use by another program."], ["es-ES", "Otro programa está usando la cámara."]]) {
  test(`where another application has the camera, the page says so (${locale})`, async () => {
    const busy = await opened(browser, { locale, permissions: ["camera"] });
    // Nothing but the page can hold Chromium's filmed camera: it rejects as the browser does, and only once.
    await busy.evaluate(() => {
      const { mediaDevices } = navigator;
      mediaDevices.getUserMedia = async () => {
        delete mediaDevices.getUserMedia;
        throw new DOMException("Could not start video source", "NotReadableError");
      };
    });
    await scan(busy);
    await says(text, busy);
    assert.equal(await busy.locator("[data-camera] video").isVisible(), false);
    assert.deepEqual(await barriers(busy, ["minor", "moderate", "serious", "critical"]), []);
    if (PICTURES) await busy.screenshot({ path: `${PICTURES}/camera-busy-${locale}.png` });
    await typesOn(busy);
    await scan(busy);
    await busy.locator("[data-camera] video:visible").waitFor();
    await busy.context().close();
  });
}

test("a code that is none of ours is said to be another", async () => {
  page = await opened(browser, { permissions: ["camera"] });
  await scan();
  await filming();
  await says("This is another code.");
  assert.match(page.url(), /\/staff$/);
  assert.deepEqual(await barriers(page, ["minor", "moderate", "serious", "critical"]), []);
  if (PICTURES) await page.screenshot({ path: `${PICTURES}/camera.png` });
  await page.getByRole("button", { name: "Stop scanning" }).click();
  await isOff();
  await typesOn(page);
});

test("the camera is off once nobody looks through it", async () => {
  await scan();
  await filming();
  await page.locator(".person summary").click();
  await page.locator("[data-lock]").click();
  await isOff();
  await page.locator("#lock-password").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.locator("#lock").waitFor({ state: "hidden" });
  await scan();
  await filming();
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
    delete document.hidden;
  });
  await isOff();
});

test("a camera that is taken away leaves the field for typing", async () => {
  await scan();
  await filming();
  await page.context().clearPermissions();
  await says("The camera was taken away.");
  await isOff();
  await typesOn(page);
  await page.context().grantPermissions(["camera"]);
});

test("the customer's code opens what they began", async () => {
  await film(page, code, FILM);
  await scan();
  await page.waitForURL("**/staff/help/**");
  assert.match(await page.locator("h1").innerText(), /Ana/);
});

test("nothing complains", () => assert.deepEqual(complaints, []));
