/** Promise: whoever goes on typing, or filling a cart, while they sign in notices nothing: it all stays on screen, and is theirs. */

import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DraftPages, holds, KEPT, kill, run } from "./draft_page.js";

const pages = new DraftPages();

beforeAll(() => pages.start());
afterEach(() => pages.leave());
afterAll(() => pages.stop());

/** Lets the answers to claims come late: the server has decided by then, and the page does not know. */
async function slow(device: BrowserContext): Promise<void> {
  await device.route(`${pages.server.url}/v1/claim`, async (route) => {
    const answer = await route.fetch();
    await new Promise((done) => setTimeout(done, 1200));
    await route.fulfill({ response: answer }).catch(() => undefined);
  });
}

/** A visitor's tab whose sign-ins take long, and who has a name in their form where `begun`. */
async function guest(begun: boolean, query: Record<string, string> = {}, about?: object) {
  const process = pages.process();
  if (about) await pages.server.register(process, about);
  const device = await pages.device();
  await slow(device);
  const tab = await pages.visit(device, process, query);
  if (begun) await run(tab, `draft.set("name", "Ann"); draft.saved()`);
  return { process, device, tab };
}

/** Signs in, does something while the answer is on its way, and returns what was on screen meanwhile, once each. */
async function signInWhile(tab: Page, customer: string, what: "draft" | "cart", doing: string): Promise<readonly unknown[]> {
  const shown = await run<readonly string[]>(tab, `(async () => {
    const shown = new Set();
    ${what}.subscribe(({ state, value, lines }) => shown.add(JSON.stringify([state === "closed", value ?? lines.map(({ sku, quantity }) => [sku, quantity])])));
    const signingIn = signIn("${customer}");
    await new Promise((done) => setTimeout(done, 700));
    const done = ${doing};
    await Promise.all([signingIn, done]);
    return [...shown];
  })()`);
  return shown.map((one) => JSON.parse(one) as unknown);
}

async function stored(process: string, customer: string): Promise<unknown> {
  const page = await pages.visit(await pages.device(), process, { customer });
  await run(page, "draft.resume()");
  return run(page, "[draft.value, draft.conflicts.length]");
}

async function storedCart(process: string, customer: string): Promise<unknown> {
  const page = await pages.visit(await pages.device(), process, { customer, cart: "" });
  await run(page, "cart.resume()");
  return run(page, "cart.lines.map(({ sku, quantity }) => [sku, quantity])");
}

describe("a form", () => {
  it("takes what is entered meanwhile, shows it without a gap, and says when it is saved", async () => {
    const { process, tab } = await guest(true);
    const shown = await signInWhile(tab, process, "draft", `(draft.set("phone", "1"), draft.saved())`);
    expect(shown).toEqual([[false, { name: "Ann" }], [false, { name: "Ann", phone: "1" }]]);
    expect(await stored(process, process)).toEqual([{ name: "Ann", phone: "1" }, 0]);
    expect(await run(tab, "[draft.state, draft.rejected.length, failed]")).toEqual(["saved", 0, []]);
  });

  it("takes it along on a device that encrypts", async () => {
    const { process, tab } = await guest(true, { encrypt: "" });
    const shown = await signInWhile(tab, process, "draft", `(draft.set("phone", "1"), draft.saved())`);
    expect(shown).toEqual([[false, { name: "Ann" }], [false, { name: "Ann", phone: "1" }]]);
    expect(await run(tab, KEPT)).not.toMatch(/\bAnn\b/);
    expect(await stored(process, process)).toEqual([{ name: "Ann", phone: "1" }, 0]);
  });

  it("takes along what may not be kept on the device, and keeps it nowhere there", async () => {
    const { process, tab } = await guest(true, {}, { fields: { "/iban": "restricted" } });
    const shown = await signInWhile(tab, process, "draft", `(draft.set("iban", "ES91-2100"), draft.saved())`);
    expect(shown).toEqual([[false, { name: "Ann" }], [false, { name: "Ann", iban: "ES91-2100" }]]);
    expect(await run(tab, KEPT)).not.toMatch(/ES91/);
    expect(await stored(process, process)).toEqual([{ name: "Ann", iban: "ES91-2100" }, 0]);
    expect(await run(tab, "[draft.state, draft.rejected.length, failed]")).toEqual(["saved", 0, []]);
  });

  it("keeps what was entered meanwhile, though the tab is killed before it knows of the claim", async () => {
    const { process, device, tab } = await guest(true);
    await run(tab, `void signIn("${process}")`);
    await tab.waitForTimeout(600);
    await run(tab, `void draft.set("phone", "1")`);
    await holds(tab, "draft.state === 'kept'");
    await kill(tab);
    const next = await pages.visit(device, process, { customer: process });
    await run(next, "draft.resume()");
    await holds(next, "draft.value.phone === '1' && draft.state === 'saved'");
    expect(await stored(process, process)).toEqual([{ name: "Ann", phone: "1" }, 0]);
  });

  it("that nobody had begun is begun as the customer's", async () => {
    const { process, device, tab } = await guest(false);
    const other = await pages.visit(device, `${process}-other`);
    await run(other, `draft.set("name", "Ann"); draft.saved()`);
    const shown = await signInWhile(tab, process, "draft", `(draft.set("phone", "1"), draft.saved())`);
    expect(shown).toEqual([[false, {}], [false, { phone: "1" }]]);
    expect(await stored(process, process)).toEqual([{ phone: "1" }, 0]);
    expect(await run(tab, "[draft.state, draft.rejected.length, failed]")).toEqual(["saved", 0, []]);
  });
});

describe("a cart", () => {
  it("has each line once, whether it was added before, meanwhile or after, and is ordered", async () => {
    const { process, tab } = await guest(false, { cart: "" });
    await run(tab, `cart.add("tee"); cart.saved()`);
    const shown = await signInWhile(tab, process, "cart", `(cart.add("mug", 2), cart.saved())`);
    expect(shown).toEqual([[false, [["tee", 1]]], [false, [["tee", 1], ["mug", 2]]]]);
    await run(tab, `cart.add("cap", 3); cart.saved()`);
    expect(await storedCart(process, process)).toEqual([["tee", 1], ["mug", 2], ["cap", 3]]);
    expect(await run(tab, "[cart.warnings, cart.rejected, cart.lines.length, failed]")).toEqual([[], [], 3, []]);
    expect(await run(tab, "cart.complete().then(({ id }) => [id.slice(0, 3), cart.completion !== null])")).toEqual(["co_", true]);
  });

  it("that was empty is begun as the customer's", async () => {
    const { process, device, tab } = await guest(false, { cart: "" });
    const other = await pages.visit(device, `${process}-other`);
    await run(other, `draft.set("name", "Ann"); draft.saved()`);
    const shown = await signInWhile(tab, process, "cart", `(cart.add("mug", 2), cart.saved())`);
    expect(shown).toEqual([[false, []], [false, [["mug", 2]]]]);
    expect(await storedCart(process, process)).toEqual([["mug", 2]]);
  });
});
