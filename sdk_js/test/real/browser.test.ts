/** Promise: a plain form in a real browser comes back as it was left, and typing is never disturbed. */

import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createRetoma, type Draft, type Retoma } from "../../src/index.js";
import { CHROMIUM, FLAGS } from "./chromium.js";
import { RealServer, servePage } from "./server.js";


const server = new RealServer();
const devices: Retoma[] = [];
let site: Awaited<ReturnType<typeof servePage>>;
let foreign: Awaited<ReturnType<typeof servePage>>;
let browser: Browser;
let page: Page;
let count = 0;

const form = (): string => `<!doctype html><form>
  <input name="applicant.name" value="Your name"><input name="applicant[email]" type="email"><textarea name="notes"></textarea>
  <input name="income" type="number"><input name="born" type="date">
  <select name="plan"><option value="a">A<option value="b">B</select><select name="extras" multiple><option>x<option>y<option>z</select>
  <label><input type="radio" name="pet" value="cat">cat</label><label><input type="radio" name="pet" value="dog">dog</label>
  <label><input type="checkbox" name="terms">terms</label><input type="checkbox" name="days[]" value="mo"><input type="checkbox" name="days[]" value="tu">
  <input type="password" name="word"><input name="card" autocomplete="cc-number"><button>Send</button></form>
  <script type="module">
    import { bindForm, createRetoma } from "/sdk/retoma.js";
    window.retoma = createRetoma({ url: "${server.url}", publishableKey: "${server.publishableKey}" });
    window.draft = (await retoma.redeem()) ?? retoma.draft("form-${count}");
    document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
    bindForm(draft, document.querySelector("form"));
    window.ready = true;
  </script>`;

const plainScript = (): string => `<!doctype html><script src="/sdk/retoma.global.js"></script><script>window.names = Object.keys(retoma).sort()</script>`;

beforeAll(async () => {
  await server.start();
  site = await servePage(() => form());
  foreign = await servePage((path) => (path === "/plain" ? plainScript() : form()));
  server.cli("tenants", "allow", "default", "--origin", site.origin);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
});

afterEach(async () => {
  devices.splice(0).forEach((device) => device.close());
  await page.context().close();
});

afterAll(async () => {
  await browser.close();
  await Promise.all([site.stop(), foreign.stop(), server.remove()]);
});

/** A browser of its own at the form. */
async function visit(address = `${site.origin}/form`): Promise<Page> {
  page = await (await browser.newContext()).newPage();
  await page.goto(address);
  await page.waitForFunction("window.ready");
  return page;
}

const inPage = (expression: string): Promise<unknown> => page.evaluate(expression);

/** The same draft on another device, outside the browser. */
async function otherDevice(): Promise<Draft> {
  // As a click on a button would: what was typed is handed to the draft before it is passed on.
  await inPage("document.activeElement.blur()");
  const url = (await inPage(`draft.handoff({ url: "${site.origin}/form" }).then((handoff) => handoff.url)`)) as string;
  const device = createRetoma({ url: server.url, publishableKey: server.publishableKey });
  devices.push(device);
  return (await device.redeem(url)) as Draft;
}

const field = (name: string) => page.locator(`[name="${name}"]`);

describe("a bound form", () => {
  it("comes back after a reload, in every kind of control, without what must not be stored", async () => {
    count += 1;
    await visit();
    await field("applicant.name").fill("Ann");
    await field("applicant[email]").fill("ann@example.com");
    await field("notes").fill("one\ntwo");
    await field("income").fill("1200.5");
    await field("born").fill("1990-02-03");
    await field("plan").selectOption("b");
    await field("extras").selectOption(["x", "z"]);
    await page.getByLabel("dog").check();
    await page.getByLabel("terms").check();
    await page.locator('[value="tu"]').check();
    await field("word").fill("secret");
    await field("card").fill("4111111111111111");
    await page.keyboard.press("Tab");
    await inPage("draft.saved()");
    const data = { applicant: { name: "Ann", email: "ann@example.com" }, notes: "one\ntwo", income: 1200.5, born: "1990-02-03", plan: "b", extras: ["x", "z"], pet: "dog", terms: true, days: ["tu"] };
    expect(await inPage("JSON.parse(JSON.stringify(draft.value))")).toEqual(data);
    await page.reload();
    await page.waitForFunction("document.querySelector('[name=\"applicant.name\"]').value === 'Ann'");
    expect(await field("notes").inputValue()).toBe("one\ntwo");
    expect(await field("income").inputValue()).toBe("1200.5");
    expect(await field("extras").evaluate((select: HTMLSelectElement) => [...select.selectedOptions].map((option) => option.value))).toEqual(["x", "z"]);
    expect([await page.getByLabel("dog").isChecked(), await page.getByLabel("terms").isChecked(), await page.locator('[value="mo"]').isChecked()]).toEqual([true, true, false]);
    expect([await field("word").inputValue(), await field("card").inputValue()]).toEqual(["", ""]);
  });

  it("sends nothing for a new visitor before the first edit", async () => {
    count += 1;
    const asked: string[] = [];
    page = await (await browser.newContext()).newPage();
    page.on("request", (request) => request.url().startsWith(server.url) && asked.push(request.url()));
    await page.goto(`${site.origin}/form`);
    await page.waitForFunction("window.ready");
    await field("notes").focus();
    expect(asked).toEqual([]);
  });

  it("shows what the other device types, except where the person is typing", async () => {
    count += 1;
    await visit();
    await field("notes").fill("first");
    const other = await otherDevice();
    await field("notes").focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    other.set("notes", "second");
    other.set("plan", "b");
    await page.waitForFunction("document.querySelector('[name=plan]').value === 'b'");
    expect(await field("notes").inputValue()).toBe("first");
    expect(await field("notes").evaluate((area: HTMLTextAreaElement) => area.selectionStart)).toBe(1);
    // The next stop is the choice beside the field, which would be gone if the field showed the newer value already.
    await page.keyboard.press("Tab");
    expect(await field("notes").inputValue()).toBe("first");
    await field("plan").focus();
    expect(await field("notes").inputValue()).toBe("second");
  });

  it("keeps both values when the person types over one that they never saw", async () => {
    count += 1;
    await visit();
    await field("notes").fill("first");
    const other = await otherDevice();
    await field("notes").focus();
    other.set("notes", "second");
    await other.saved();
    await page.waitForFunction("draft.value.notes === 'second'");
    await field("notes").pressSequentially("!");
    await page.waitForFunction("draft.conflicts.length === 1");
    expect(await field("notes").inputValue()).toBe("first!");
    expect(await inPage("[draft.conflicts[0].stored.value, draft.conflicts[0].arriving.value]")).toEqual(["second", "first!"]);
    await field("notes").pressSequentially("?");
    await page.keyboard.press("Tab");
    await inPage("draft.saved()");
    expect(await inPage("[draft.value.notes, draft.conflicts[0].arriving.value]")).toEqual(["second", "first!?"]);
    expect(await field("notes").inputValue()).toBe("second");
  });

  it("reaches the other device as the person types, and what is typed last is there after closing the page", async () => {
    count += 1;
    await visit();
    await field("notes").fill("x");
    const other = await otherDevice();
    await field("notes").pressSequentially(" and more");
    await page.goto("about:blank");
    await new Promise<void>((done) => {
      other.subscribe(() => other.get("notes") === "x and more" && done());
    });
  });
});

describe("a handoff", () => {
  it("opened in a browser takes its secret out of the address and fills the form", async () => {
    count += 1;
    await visit();
    await field("notes").fill("from the desktop");
    await page.keyboard.press("Tab");
    const link = (await inPage(`draft.handoff({ url: "${site.origin}/form" }).then((handoff) => handoff.url)`)) as string;
    const token = link.slice(link.indexOf("#") + 1);
    await page.context().close();
    await visit(`${site.origin}/form#retoma=${token}~n0nce-1234`);
    await page.waitForFunction("document.querySelector('[name=notes]').value === 'from the desktop'");
    expect(page.url()).toBe(`${site.origin}/form`);
  });
});

describe("a page of another origin", () => {
  it("is told once, in its console, what to do", async () => {
    count += 1;
    page = await (await browser.newContext()).newPage();
    const warned: string[] = [];
    page.on("console", (line) => line.type() === "warning" && warned.push(line.text()));
    await page.goto(`${foreign.origin}/form`);
    await page.waitForFunction("window.ready");
    await field("notes").fill("x");
    await page.waitForFunction("draft.state === 'offline'");
    await expect.poll(() => warned).toEqual([expect.stringContaining(`retoma-server tenants allow NAME --origin ${foreign.origin}`)]);
  });
});

describe("the plain script", () => {
  it("puts both entries under one name", async () => {
    page = await (await browser.newContext()).newPage();
    await page.goto(`${foreign.origin}/plain`);
    expect(await page.evaluate("names")).toEqual(expect.arrayContaining(["bindForm", "createRetoma", "isRetomaError"]));
  });
});
