/** Promise: what people are shown on the page of three devices is what happens. Its address is in `PAGE`. */

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
/** Whether requests of this test are refused, which the browser itself reports. */
let isRefused;

before(async () => {
  browser = await openBrowser();
});

after(() => browser.close());

beforeEach(async () => {
  complaints = [];
  isRefused = false;
  const page = await openPage(browser, (complaint) => complaints.push(complaint));
  person = await new Person(page).arrive(PAGE);
});

afterEach(async () => {
  await person.page.context().close();
  const own = isRefused ? complaints.filter((complaint) => !complaint.startsWith("Failed to load resource")) : complaints;
  assert.deepEqual(own, [], "the page complains of nothing");
});

describe("the page of three devices", () => {
  test("shows on the phone what is typed on the desktop, and from whom", async () => {
    await person.type("desktop", "name", "Ana Campos");
    await person.takeToPhone();
    await person.sees("phone", "name", "Ana Campos");
    await person.type("desktop", "email", "ana@example.com");
    await person.sees("phone", "email", "ana@example.com");
    const author = person.on("phone").locator("[data-path='/email'] .by");
    assert.equal(await author.textContent(), "Desktop");
    await person.goTo("phone", "home");
    await person.control("phone", "home.first").check();
    await person.control("phone", "home.kind").selectOption("flat");
    await person.sees("desktop", "home.kind", "flat");
    assert.equal(await person.control("desktop", "home.first").isChecked(), true);
  });

  test("says on the desktop that the phone goes on, and takes that back", async () => {
    await person.type("desktop", "name", "Ana Campos");
    await person.takeToPhone();
    await person.on("desktop").locator(".continued [data-text=undo]").click();
    await person.on("desktop").locator(".notice[data-text=continued-undone]").waitFor();
    await person.type("phone", "name", "Eva");
    await person.seesState("phone", "needs-auth");
    assert.equal(await person.on("desktop").locator(".continued").count(), 0);
    await person.sees("desktop", "name", "Ana Campos");
    // The browser itself reports the requests that were refused from then on.
    isRefused = true;
  });

  test("shows the page behind the link on the phone, which uses nothing up until one goes on there", async () => {
    await person.type("desktop", "name", "Ana Campos");
    const landing = await person.followOnPhone();
    await landing.getByRole("heading", { name: /Mortgage application/ }).waitFor();
    await landing.reload();
    assert.equal(await person.on("desktop").locator(".continued").count(), 0);
    await landing.locator("[data-action=continue]").click();
    await landing.waitForEvent("close");
    await person.sees("phone", "name", "Ana Campos");
  });

  test("is the customer's once they sign in on the desktop, with what the phone entered, and on the phone without a code", async () => {
    await person.type("desktop", "name", "Ana Campos");
    await person.takeToPhone();
    await person.type("phone", "email", "ana@example.com");
    await person.sees("desktop", "email", "ana@example.com");
    await person.sign("desktop", "in");
    await person.on("desktop").locator(".notice[data-text=form-claimed]").waitFor();
    await person.type("desktop", "birthday", "1991-04-02");
    await person.seesState("desktop", "saved");
    assert.ok(!(await ticked()).includes("signed"), "the step names the phone too");
    await person.on("phone").locator(".gone [data-text=sign-in]").click();
    await person.sees("phone", "birthday", "1991-04-02");
    await person.type("phone", "name", "Ana Campos Rey");
    await person.sees("desktop", "name", "Ana Campos Rey");
    await person.sees("desktop", "email", "ana@example.com");
    assert.ok((await ticked()).includes("signed"));
    assert.deepEqual(await barriers(person.page), []);
    // The browser itself reports what the phone's link was refused from then on.
    isRefused = true;
  });

  test("says nothing of an end to whoever signs out over a slow connection, and keeps the keyboard's place", async () => {
    await person.type("desktop", "name", "Ana Campos");
    await person.sign("desktop", "in");
    await person.seesState("desktop", "saved");
    await person.page.evaluate(() => {
      new MutationObserver(() => document.querySelector("[data-device=desktop] .over") && (globalThis.sawAnEnd = true))
        .observe(document.querySelector("[data-device=desktop] .screen"), { childList: true, subtree: true });
    });
    await person.switchTo("desktop", "slow");
    await person.on("desktop").locator("[data-text=sign-out]").focus();
    await person.page.keyboard.press("Enter");
    await person.on("desktop").locator("[data-text=sign-in]").waitFor();
    assert.equal(await person.page.evaluate(() => globalThis.sawAnEnd), undefined);
    assert.equal(await person.page.evaluate(() => document.activeElement?.getAttribute("data-text")), "sign-in");
    await person.switchTo("desktop", "online");
    // The browser itself reports the requests that were refused meanwhile.
    isRefused = true;
  });

  test("forgets the owner of the phone too when it begins again", async () => {
    await person.type("desktop", "name", "Ana Campos");
    await person.takeToPhone();
    await person.sign("desktop", "in");
    await person.on("phone").locator(".gone [data-text=sign-in]").click();
    await person.sees("phone", "name", "Ana Campos");
    const kept = () => person.page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.includes("form.phone/")));
    assert.notDeepEqual(await kept(), []);
    await Promise.all([person.page.waitForEvent("load"), person.page.locator("#again").click()]);
    assert.deepEqual(await kept(), []);
    // The browser itself reports what the phone's link was refused.
    isRefused = true;
  });

  test("lets the customer who had begun before choose between the two forms", async () => {
    await person.type("desktop", "name", "Ana Campos");
    await person.sign("desktop", "in");
    await person.sign("desktop", "out");
    await person.sees("desktop", "name", "");
    await person.type("desktop", "name", "Eva");
    await person.seesState("desktop", "saved");
    await person.sign("desktop", "in");
    await person.sees("desktop", "name", "Ana Campos");
    await person.on("desktop").locator("[data-text=form-choose]").click();
    await person.sees("desktop", "name", "Eva");
    await person.seesState("desktop", "saved");
    // The browser itself reports that the next guest is not told of what the first one had begun.
    isRefused = true;
  });

  test("keeps both answers to one question, shows them on both devices, and lets one be chosen", async () => {
    await person.type("desktop", "name", "Ana");
    await person.takeToPhone();
    await person.disagree("Ana Campos", "Ana María");
    for (const device of ["desktop", "phone"]) {
      const sides = person.on(device).locator(".conflict .side");
      assert.match(await sides.nth(0).innerText(), /Ana María\s+Phone/);
      assert.match(await sides.nth(1).innerText(), /Ana Campos\s+Desktop/);
      await person.seesState(device, "conflict");
    }
    assert.match(await person.on("desktop").locator(".conflict").innerText(), /Phone · in the form[^]*Desktop · kept aside/);
    await person.on("phone").locator(".conflict [data-text=use-that]").click();
    await person.on("desktop").locator(".conflict").waitFor({ state: "detached" });
    await person.sees("desktop", "name", "Ana Campos");
    await person.sees("phone", "name", "Ana Campos");
    await person.seesState("desktop", "saved");
  });

  test("lets the choice be made by keyboard alone, and announces it", async () => {
    await person.takeToPhone();
    await person.disagree("Ana Campos", "Ana María");
    assert.match(await person.on("desktop").locator(".notice[role=status]").innerText(), /two answers, “Ana María” and “Ana Campos”/);
    await person.control("desktop", "name").focus();
    await person.page.keyboard.press("Tab");
    await person.page.keyboard.press("Tab");
    await person.page.keyboard.press("Enter");
    await person.on("phone").locator(".conflict").waitFor({ state: "detached" });
    await person.sees("phone", "name", "Ana Campos");
    const focused = await person.page.evaluate(() => document.activeElement.name);
    assert.equal(focused, "name", "the focus is where the conflict was");
  });

  test("loses and doubles nothing when replies are lost or slow", async () => {
    await person.takeToPhone();
    await person.switchTo("desktop", "lost");
    await person.type("desktop", "name", "Ana Campos");
    await person.seesOnWire("desktop", "wire-dropped");
    await person.seesOnWire("desktop", "wire-replayed");
    await person.type("desktop", "email", "ana@example.com");
    await person.seesState("desktop", "saved");
    await person.switchTo("desktop", "slow");
    await person.type("desktop", "birthday", "1991-04-02");
    await person.seesState("desktop", "kept");
    await person.sees("phone", "birthday", "1991-04-02");
    await person.seesState("desktop", "saved");
    await person.sees("phone", "name", "Ana Campos");
    await person.sees("phone", "email", "ana@example.com");
    assert.deepEqual(await pathsInHistory(), ["/birthday", "/email", "/name"]);
  });

  test("lets a clerk help at the console: masked, attributed, completed on the customer's behalf", async () => {
    await person.type("desktop", "name", "Ana Campos");
    await person.type("desktop", "email", "ana@example.com");
    await person.takeToPhone();
    const clerk = await person.getHelp();
    assert.match(await clerk.hint("/name"), /^A•••\s/);
    assert.match(await clerk.hint("/email"), /^a•••@e•••\.com\s/);
    assert.doesNotMatch(await clerk.console.content(), /Ana Campos|ana@example/);
    await person.on("desktop").getByText("Marta in Sol is helping you.").waitFor();
    await person.on("phone").getByText("Marta in Sol is helping you.").waitFor();
    await clerk.enter("/income/net", 2450);
    await clerk.enter("/iban", "ES91 2100 0418");
    await person.sees("desktop", "iban", "ES91 2100 0418");
    assert.equal(await clerk.hint("/iban"), "already answered, not shown");
    assert.equal(await person.on("desktop").locator("[data-path='/income/net'] .by").textContent(), "Marta, store");
    await person.answerTheRest("desktop");
    await clerk.sees("/home/price", "210000");
    await clerk.send();
    await clerk.awaitEnd();
    for (const device of ["desktop", "phone"]) {
      await person.on(device).locator(".done [data-text=done-by-store]").waitFor();
    }
    assert.equal(await person.page.locator("#guide .ticked").last().getAttribute("data-step"), "completed");
    await clerk.goHome();
  });

  test("asks for what is missing before it is sent, at each field, by keyboard, in both languages", async () => {
    await person.type("desktop", "name", "Ana Campos");
    await person.takeToPhone();
    const desktop = person.on("desktop");
    await person.goTo("desktop", "home");
    await desktop.locator("[data-text=send]").press("Enter");
    await desktop.locator(".notice[data-text=still-missing]").waitFor();
    assert.equal(await desktop.locator(".notice").innerText(), "Not sent yet. Answers that are missing: 9. They are marked.");
    assert.equal(await person.focused(), "INPUT E-mail Still missing");
    assert.deepEqual(await lacking(), ["you", "income", "home"]);
    assert.equal(await desktop.locator("[data-path='/contact']").getAttribute("aria-invalid"), "true");
    assert.deepEqual(await barriers(person.page), []);
    await person.page.locator("[data-language=es]").click();
    assert.equal(await desktop.locator("[data-path='/email'] .ask").innerText(), "Falta");
    await person.type("phone", "email", "ana@example.com");
    await person.sees("desktop", "email", "ana@example.com");
    assert.equal(await desktop.locator("[data-path='/email'] .ask").count(), 0, "whoever answers it");
    await person.answerTheRest("desktop");
    assert.deepEqual(await lacking(), []);
    await desktop.locator("[data-text=send]").click();
    await desktop.locator(".done").waitFor();
    assert.equal(await person.focused(), "H4 Solicitud enviada");
    await person.on("phone").locator(".done [data-text=done-by-customer]").waitFor();
    // The browser itself reports that the first try was refused.
    isRefused = true;
  });

  test("says how one's own phone can join, where its code leads nobody else", async () => {
    await person.on("desktop").locator("[data-text=on-phone]").click();
    assert.match(await person.on("desktop").locator(".sheet").innerText(), /make demo LAN=1/);
  });

  test("lets a clerk replace a masked answer, which the customer then sees", async () => {
    await person.type("desktop", "name", "Ana Campos");
    const clerk = await person.getHelp();
    await clerk.enter("/name", "Ana Campos Rey");
    await person.sees("desktop", "name", "Ana Campos Rey");
    await clerk.sees("/name", "Ana Campos Rey"); // what they typed themselves they may read
  });

  test("ends the help at once when the customer says so, wherever it was asked for", async () => {
    await person.type("desktop", "name", "Ana Campos");
    await person.takeToPhone();
    const clerk = await person.getHelp("phone");
    await person.on("desktop").locator("[data-text=end-help]").click();
    await clerk.awaitEnd();
    assert.equal(await clerk.field("/name").count(), 0);
    await person.on("desktop").locator(".helping").waitFor({ state: "hidden" });
    await person.type("desktop", "email", "ana@example.com");
    await person.seesState("desktop", "saved");
    await clerk.goHome();
    // The browser itself reports the requests that were refused from then on.
    isRefused = true;
  });

  test("keeps the clerk signed in when the page is loaded anew, in the language of the page", async () => {
    await person.atStore();
    await person.page.locator("[data-language=es]").click();
    await person.arrive(PAGE);
    const clerk = await person.atStore();
    assert.equal(await clerk.console.locator("html").getAttribute("lang"), "es");
    assert.equal(await person.on("store").locator(".apart").innerText(), "En su propia ventana");
  });

  test("speaks Spanish and English, and changes no answer by it", async () => {
    await person.type("desktop", "name", "Ana Campos");
    await person.takeToPhone();
    await person.disagree("Ana Campos Rey", "Ana María");
    await person.page.locator("[data-language=es]").click();
    assert.equal(await person.page.locator("html").getAttribute("lang"), "es");
    assert.equal(await person.on("phone").locator(".conflict h4").innerText(), "Dos respuestas. ¿Cuál es la buena?");
    assert.match(await person.on("desktop").locator(".who").nth(1).innerText(), /Ordenador · guardada aparte/);
    await person.sees("desktop", "name", "Ana María");
    await person.page.locator("[data-language=en]").click();
    assert.equal(await person.on("desktop").locator("[data-text=on-phone]").innerText(), "Continue on phone");
  });

  for (const language of ["en", "es"]) {
    test(`can be used by everybody, in ${language}, light and dark`, async () => {
      await person.page.locator(`[data-language=${language}]`).click();
      await person.type("desktop", "name", "Ana");
      await person.takeToPhone();
      await person.disagree("Ana Campos", "Ana María");
      const clerk = await person.getHelp();
      await person.on("desktop").locator("[data-text=on-phone]").click();
      await person.on("desktop").locator(".qr").waitFor();
      for (const colorScheme of ["light", "dark"]) {
        await person.page.emulateMedia({ colorScheme });
        for (const shown of [person.page, clerk.console]) assert.deepEqual(await barriers(shown), []);
      }
    });
  }

  test("shows one device at a time on a small screen", async () => {
    await person.page.setViewportSize({ width: 390, height: 844 });
    assert.equal(await person.on("phone").isVisible(), false);
    await person.page.locator("[data-tab=phone]").click();
    assert.equal(await person.on("phone").isVisible(), true);
    assert.equal(await person.on("desktop").isVisible(), false);
    const overflow = await person.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.equal(overflow, 0, "nothing reaches beyond the screen");
  });

  test("gives every answer and every notice room on narrow devices", async () => {
    await person.type("desktop", "name", "Ana");
    await person.takeToPhone();
    await person.disagree("Ana Campos Rey Fernández", "Ana María Campos Fernández");
    const cut = await person.on("phone").locator(".notice").evaluate((notice) => notice.scrollWidth - notice.clientWidth);
    assert.equal(cut, 0, "the notice is not cut");
    await person.goTo("phone", "home");
    const width = async (name) => (await person.control("phone", name).boundingBox()).width;
    assert.equal(await width("address.street"), await width("home.price"));
    assert.equal(await width("address.city"), await width("home.price"));
  });
});

const ticked = () => person.page.locator("#guide .ticked").evaluateAll((items) => items.map((item) => item.dataset.step));

/** The paths of all changes of fields that the server has on record for the guest at the desktop, each as often as it was made. */
async function pathsInHistory() {
  return person.page.evaluate(async () => {
    const json = async (address, init) => (await fetch(address, init)).json();
    const { server } = await json("config.json");
    const [, token] = Object.entries(sessionStorage).find(([key]) => key.includes("form.desktop/retoma.visitor"));
    const headers = { Authorization: `Bearer ${token}` };
    const drafts = await json(`${server}/v1/drafts`, { headers });
    const { items } = await json(`${server}/v1/drafts/${drafts.items[0].id}/history`, { headers });
    return items.flatMap((item) => item.ops.filter((op) => op.op === "set").map((op) => op.path)).toSorted();
  });
}

/** The steps of the desktop's form on whose names it is shown that something is missing. */
async function lacking() {
  return person.on("desktop").locator(".lacking").evaluateAll((ways) => ways.map((way) => way.dataset.go));
}
