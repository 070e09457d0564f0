/** Promise: the cart on the page of three devices is one cart; nothing in it is lost or doubled. The page's address is in `PAGE`. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { openBrowser } from "../../examples/three_devices/browser.mjs";
import { Person } from "../../examples/three_devices/person.mjs";
import { barriers } from "./barriers.mjs";
import { openPage } from "./opening.mjs";

const PAGE = process.env.PAGE;

let browser;
let person;
let complaints;
/** Whether requests of this test are refused, which the browser itself reports, sometimes after its end. */
let isRefused;

before(async () => {
  browser = await openBrowser();
});

after(() => browser.close());

beforeEach(async () => {
  complaints = [];
  isRefused = false;
  const page = await openPage(browser, (complaint) => complaints.push(complaint));
  person = await new Person(page).arriveAtShop(PAGE);
});

afterEach(async () => {
  await person.page.context().close();
  const own = isRefused ? complaints.filter((complaint) => !complaint.startsWith("Failed to load resource")) : complaints;
  assert.deepEqual(own, [], "the page complains of nothing");
});

/** Fills the desktop's cart, and as a guest the phone's. */
async function fillBoth() {
  await person.put("desktop", "Linen shirt");
  await person.put("desktop", "Stoneware mug");
  for (const product of ["Stoneware mug", "Stoneware mug", "Reading lamp"]) await person.put("phone", product);
  await person.seesCart("desktop", { "Linen shirt": 1, "Stoneware mug": 1 });
  await person.seesCart("phone", { "Stoneware mug": 2, "Reading lamp": 1 });
}

/** Lets the guest sign in, so that both devices have one cart. */
async function becomeOne() {
  await fillBoth();
  await person.sign("phone", "in");
  await person.on("phone").locator(".sheet [data-text=close]").click();
  for (const device of ["desktop", "phone"]) await person.seesCart(device, ONE);
}

const ONE = { "Linen shirt": 1, "Stoneware mug": 2, "Reading lamp": 1 };

const ticked = () => person.page.locator("#cart-guide .ticked").evaluateAll((items) => items.map((item) => item.dataset.step));

describe("the cart on the page of three devices", () => {
  test("is the guest's and Ana's, and one cart once the guest signs in", async () => {
    await fillBoth();
    await person.sign("phone", "in");
    const sheet = await person.on("phone").locator(".sheet").innerText();
    assert.match(sheet, /^Two carts are one now\s[^]*Stoneware mug\s+2 here, 1 saved, now 2/);
    assert.match(sheet, /Reading lamp\s+1 here, 0 saved, now 1/);
    for (const device of ["desktop", "phone"]) await person.seesCart(device, ONE);
    assert.equal(await person.on("desktop").locator(".by").innerText(), "Phone");
    assert.equal(await person.on("desktop").locator(".total output").innerText(), "€146.00");
    assert.deepEqual(await ticked(), ["filled", "guest", "claimed"]);
    assert.deepEqual(await onServer("open"), [{ lamp: 1, mug: 2, tee: 1 }]);
  });

  test("counts what both devices add, at once and offline, and says that it came from elsewhere", async () => {
    await becomeOne();
    await person.putAtOnce("Notebook");
    for (const device of ["desktop", "phone"]) await person.seesCart(device, { ...ONE, "Notebook": 2 });
    await person.switchTo("desktop", "offline");
    await person.putMore("desktop", "Stoneware mug");
    await person.on("desktop").getByText("Offline. Saved on this device").waitFor();
    await person.putMore("phone", "Stoneware mug");
    await person.seesCart("phone", { ...ONE, "Notebook": 2, "Stoneware mug": 3 });
    assert.equal(await person.on("desktop").locator(".order").getAttribute("aria-disabled"), "true");
    await person.switchTo("desktop", "online");
    for (const device of ["desktop", "phone"]) await person.seesCart(device, { ...ONE, "Notebook": 2, "Stoneware mug": 4 });
    assert.equal(await person.on("phone").locator(".notice").innerText(), "From another device · Stoneware mug: 4");
    assert.deepEqual(await onServer("open"), [{ lamp: 1, mug: 4, notebook: 2, tee: 1 }]);
    assert.ok((await ticked()).includes("apart"));
  });

  test("loses and doubles nothing when replies are lost", async () => {
    await becomeOne();
    await person.switchTo("desktop", "lost");
    await person.putMore("desktop", "Reading lamp");
    await person.seesOnWire("desktop", "wire-dropped");
    await person.seesOnWire("desktop", "wire-replayed");
    for (const device of ["desktop", "phone"]) await person.seesCart(device, { ...ONE, "Reading lamp": 2 });
    assert.deepEqual(await onServer("open"), [{ lamp: 2, mug: 2, tee: 1 }]);
  });

  test("is there for a device that is signed in and has nothing yet", async () => {
    await person.sign("phone", "in");
    await person.put("phone", "Wool blanket");
    await person.seesCart("desktop", { "Wool blanket": 1 });
  });

  test("waits while the form is looked at, and through a page load without a network", async () => {
    await fillBoth();
    await person.switchTo("desktop", "offline");
    await person.putMore("desktop", "Linen shirt");
    await person.on("desktop").getByText("Offline. Saved on this device").waitFor();
    await person.page.locator("[data-way=form]").click();
    await person.control("desktop", "name").waitFor();
    await person.page.locator("[data-way=cart]").click();
    await person.seesCart("phone", { "Stoneware mug": 2, "Reading lamp": 1 });
    await person.seesCart("desktop", { "Linen shirt": 2, "Stoneware mug": 1 });
    assert.deepEqual(await onServer("open"), [{ mug: 1, tee: 2 }]);
  });

  test("is changed by a clerk who was told the code, until the customer says so", async () => {
    await becomeOne();
    const clerk = await person.getHelp("phone");
    await clerk.seesCart(ONE);
    await clerk.put("notebook");
    await clerk.line("Reading lamp").getByRole("button", { name: "Remove: Reading lamp" }).click();
    for (const device of ["desktop", "phone"]) await person.seesCart(device, { "Linen shirt": 1, "Stoneware mug": 2, "Notebook": 1 });
    await clerk.seesCart({ "Linen shirt": 1, "Stoneware mug": 2, "notebook": 1 });
    assert.deepEqual(await person.on("desktop").locator(".by").allInnerTexts(), ["Marta, store"]);
    await person.on("desktop").locator(".helping [data-text=end-help]").click();
    await clerk.awaitEnd();
    await clerk.goHome();
    await person.put("desktop", "Notebook");
    await person.seesCart("phone", { "Linen shirt": 1, "Stoneware mug": 2, "Notebook": 2 });
    // The browser itself reports the requests that were refused from then on.
    isRefused = true;
  });

  test("goes on by link where nobody signs in", async () => {
    await person.put("desktop", "Stoneware mug");
    await person.on("desktop").locator("[data-text=on-phone]").click();
    const own = new Person(await openPage(browser, (complaint) => complaints.push(complaint)));
    await own.page.setViewportSize({ width: 360, height: 740 });
    await own.page.goto(await person.on("desktop").locator(".link").getAttribute("href"));
    await own.page.locator("[data-action=continue]").click();
    await own.seesCart("phone", { "Stoneware mug": 1 });
    await own.put("phone", "Notebook");
    await person.seesCart("desktop", { "Stoneware mug": 1, "Notebook": 1 });
    assert.equal(await person.on("desktop").locator(".sheet").count(), 0, "the link has been used");
    assert.deepEqual(await barriers(own.page), []);
    assert.deepEqual(await own.on("phone").locator(".by").allInnerTexts(), ["Desktop"]);
    await own.page.context().close();
  });

  test("is ordered once by a double click, and every device is told", async () => {
    await becomeOne();
    const clerk = await person.getHelp();
    await person.on("phone").locator(".order").dblclick();
    const said = await Promise.all(["desktop", "phone"].map((device) => person.on(device).locator(".thanks [data-text=ordered]").innerText()));
    assert.match(said[0], /^Your order is M-\d+\.$/);
    assert.equal(new Set(said).size, 1);
    assert.deepEqual(await onServer("completed"), [{ lamp: 1, mug: 2, tee: 1 }]);
    assert.ok((await ticked()).includes("ordered"));
    await clerk.awaitEnd();
    await clerk.goHome();
    await person.put("phone", "Notebook");
    await person.seesCart("phone", { "Notebook": 1 });
    await person.on("desktop").locator("[data-text=go-on]").click();
    await person.seesCart("desktop", { "Notebook": 1 });
  });

  test("is ordered at the shop's own price once the customer has seen it, where a clerk put something in by its number", async () => {
    await person.put("desktop", "Stoneware mug");
    await person.seesCart("desktop", { "Stoneware mug": 1 });
    const clerk = await person.getHelp();
    await clerk.put("notebook");
    await person.seesCart("desktop", { "Stoneware mug": 1, "Notebook": 1 });
    await person.on("desktop").locator(".order").click();
    await person.on("desktop").getByText("A price has changed.").waitFor();
    await person.on("desktop").locator(".total output", { hasText: "€23.00" }).waitFor();
    await person.on("desktop").locator(".order").click();
    await person.on("desktop").locator(".thanks").waitFor();
    assert.deepEqual(await onServer("completed"), [{ mug: 1, notebook: 1 }]);
    // The browser itself reports that the first try was refused.
    isRefused = true;
  });

  test("stays with its customer when they sign out, and begins again when that is wanted", async () => {
    await becomeOne();
    await person.sign("phone", "out");
    await person.on("phone").locator("[data-text=empty]").waitFor();
    await person.seesCart("desktop", ONE);
    await person.page.locator("#again").click();
    await person.on("desktop").locator("[data-text=empty]").waitFor();
    assert.deepEqual(await onServer("open"), []);
  });

  test("is filled by keyboard alone, and the focus stays where the hand is", async () => {
    await person.put("desktop", "Stoneware mug");
    await person.seesCart("desktop", { "Stoneware mug": 1 });
    await person.on("desktop").getByRole("button", { name: "One more: Stoneware mug" }).focus();
    for (const count of [2, 3]) {
      await person.page.keyboard.press("Enter");
      await person.seesCart("desktop", { "Stoneware mug": count });
      assert.equal(await person.focused(), "BUTTON One more: Stoneware mug");
    }
    await person.page.keyboard.press("Tab");
    await person.page.keyboard.press("Space");
    await person.on("desktop").locator("[data-text=empty]").waitFor();
    assert.equal(await person.focused(), "SECTION Your cart");
  });

  for (const language of ["en", "es"]) {
    test(`can be used by everybody, in ${language}, light and dark`, async () => {
      await becomeOne();
      await person.page.locator(`[data-language=${language}]`).click();
      await person.on("desktop").getByText(language === "en" ? "Your cart" : "Tu cesta").waitFor();
      const clerk = await person.getHelp();
      await clerk.seesCart(ONE);
      for (const colorScheme of ["light", "dark"]) {
        await person.page.emulateMedia({ colorScheme });
        for (const shown of [person.page, clerk.console]) assert.deepEqual(await barriers(shown), []);
      }
    });
  }

  test("has room and large enough targets on a small screen", async () => {
    await person.page.setViewportSize({ width: 360, height: 740 });
    for (const device of ["desktop", "phone"]) {
      await person.page.locator(`[data-tab=${device}]`).click();
      await person.put(device, "Linen shirt");
      await person.on(device).locator(".stepper").waitFor();
      assert.deepEqual(await small(device), []);
    }
    assert.equal(await person.page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, "nothing reaches beyond the screen");
  });
});

/** The buttons, fields and ways of a device's shop that are smaller than a fingertip. */
async function small(device) {
  const targets = person.page.locator(`[data-device=${device}] .shop :is(button, select), .stories a`);
  return targets.evaluateAll((all) => all.map((one) => [one, one.getBoundingClientRect()]).filter(([, { width, height }]) => Math.min(width, height) < 44).map(([one]) => one.outerHTML));
}

/** What the server has in the customer's carts: pieces by product. */
async function onServer(status) {
  return person.page.evaluate(async ([customer, wanted]) => {
    const json = async (address, init) => (await fetch(address, init)).json();
    const { server } = await json("config.json");
    const { token } = await json(`token?customer=${customer}`, { method: "POST" });
    const { items } = await json(`${server}/v1/drafts?process=cart&status=${wanted}`, { headers: { Authorization: `Bearer ${token}` } });
    return items.map(({ lines }) => Object.fromEntries(lines.map(({ sku, quantity }) => [sku, quantity]).toSorted()));
  }, [person.customer, status]);
}
