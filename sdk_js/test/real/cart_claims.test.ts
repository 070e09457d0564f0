/**
 * Promise: whatever a guest's tab adds to a cart that was claimed comes into the customer's cart once, however many pages
 * are killed on the way, and into nobody else's.
 */

import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DraftPages, holds, kill, run } from "./draft_page.js";

const pages = new DraftPages();

beforeAll(() => pages.start());
afterEach(() => pages.leave());
afterAll(() => pages.stop());

const QUANTITIES = "Object.fromEntries(cart.lines.map(({ sku, quantity }) => [sku, quantity]))";

/** A tab of a device: the guest's, or a customer's. */
const visit = (device: BrowserContext, process: string, customer?: string): Promise<Page> => pages.visit(device, process, { cart: "", ...(customer && { customer }) });

/** What is in a customer's cart, as a device of theirs sees it that has nothing else to do with it. */
async function stored(process: string, customer: string): Promise<Record<string, number>> {
  const page = await visit(await pages.device(), process, customer);
  await run(page, "cart.resume()");
  return run(page, QUANTITIES);
}

/** The customer signs in, and takes along what the guest has in the cart; the device goes on with the guest's new token. */
async function claim(tab: Page, customer: string): Promise<void> {
  const place = `retoma.visitor.${pages.server.publishableKey}`;
  const visitor = await run<string>(tab, `localStorage.getItem(${JSON.stringify(place)})`);
  const headers = { "Authorization": `Bearer ${await pages.server.tokenFor(customer)}`, "Content-Type": "application/json" };
  const answer = await fetch(`${pages.server.url}/v1/claim`, { method: "POST", headers, body: JSON.stringify({ visitor, strategy: "sum" }) });
  const receipt = (await answer.json()) as { visitor: { token: string } };
  await run(tab, `localStorage.setItem(${JSON.stringify(place)}, ${JSON.stringify(receipt.visitor.token)})`);
}

/** A guest's tab with two tees, and a customer who has one saved. */
async function guest() {
  const process = pages.process();
  const device = await pages.device();
  const phone = await visit(await pages.device(), process, process);
  await run(phone, `cart.add("tee"); cart.saved()`);
  const tab = await visit(device, process);
  await run(tab, `cart.add("tee", 2); cart.saved()`);
  return { process, device, tab };
}

/** Answers to changes that a device never hears of, though the server has given them. */
async function lose(device: BrowserContext): Promise<{ isLosing: boolean; lost: number }> {
  const answers = { isLosing: true, lost: 0 };
  await device.route(`${pages.server.url}/**/changes`, async (route) => {
    const answer = await route.fetch().catch(() => null);
    if (answer !== null && !answers.isLosing) return route.fulfill({ response: answer }).catch(() => undefined);
    answers.lost += 1;
    await route.abort().catch(() => undefined);
  });
  return answers;
}

const WAITS = "cart.warnings.some(({ code, sku, quantity }) => code === 'waits-for-sign-in' && sku === 'mug' && quantity === 3)";

/** The customer claims the cart while the guest's tab adds to it without a network. */
async function addLate(device: BrowserContext, tab: Page, customer: string, adding: string): Promise<() => Promise<void>> {
  const mend = await pages.cut(device);
  await run(tab, adding);
  await holds(tab, "cart.state === 'offline'");
  await claim(tab, customer);
  return mend;
}

describe("a guest's tab that has not heard of the sign-in", () => {
  it("adds to the customer's cart, at once where a tab of theirs is open, and goes on as a guest", async () => {
    const { process, device, tab } = await guest();
    const customers = await visit(device, process, process);
    await run(customers, "cart.resume()");
    const mend = await addLate(device, tab, process, `cart.add("mug", 3); cart.remove(cart.lines[0])`);
    await mend();
    await holds(customers, "cart.count === 6 && cart.totals.quantity === 6");
    // The customer's tab may be the first to show what this one has set aside.
    await holds(tab, "cart.rejected.length > 0");
    expect(await run(tab, "cart.rejected.map(({ code, ops }) => [code, ops[0].op])")).toEqual([["draft-merged", "remove"]]);
    await run(tab, `cart.add("pen"); cart.saved()`);
    expect([await run(tab, QUANTITIES), await stored(process, process)]).toEqual([{ pen: 1 }, { tee: 3, mug: 3 }]);
  });

  it("and is killed leaves it to the customer, and to nobody else who sits down there", async () => {
    const { process, device, tab } = await guest();
    const mend = await addLate(device, tab, process, `cart.add("mug", 3)`);
    await mend();
    await holds(tab, `${WAITS} && cart.status === 'merged' && cart.mergedInto`);
    await kill(tab);
    const bob = await visit(device, process, "bob");
    await run(bob, `cart.add("lamp"); cart.saved()`);
    expect(await run(bob, "[cart.count, cart.warnings.length]")).toEqual([1, 0]);
    await bob.close();
    const ann = await visit(device, process, process);
    await run(ann, "cart.resume()");
    await holds(ann, "cart.count === 6");
    expect([await stored(process, process), await stored(process, "bob")]).toEqual([{ tee: 3, mug: 3 }, { lamp: 1 }]);
  });
});

describe("pages that are killed at the worst moment", () => {
  it("before they hear what became of an add count it once", async () => {
    const { process, device, tab } = await guest();
    const answers = await lose(device);
    await run(tab, `cart.add("pen")`);
    await expect.poll(() => answers.lost).toBeGreaterThan(0);
    await claim(tab, process);
    await kill(tab);
    const before = answers.lost;
    const ann = await visit(device, process, process);
    await run(ann, "void cart.resume()");
    await expect.poll(() => answers.lost).toBeGreaterThan(before);
    await kill(ann);
    answers.isLosing = false;
    const again = await visit(device, process, process);
    await run(again, "cart.resume()");
    await run(again, "cart.refresh()");
    const next = await visit(device, process);
    await run(next, "cart.resume()");
    expect([await run(again, QUANTITIES), await stored(process, process), await run(next, "cart.count")]).toEqual([{ tee: 3, pen: 1 }, { tee: 3, pen: 1 }, 0]);
  });

  it("between hearing that an add was too late and adding it anew count it once", async () => {
    const { process, device, tab } = await guest();
    const mend = await addLate(device, tab, process, `cart.add("mug", 3)`);
    const answers = await lose(device);
    await mend();
    await run(tab, "void cart.flush().catch(() => undefined)");
    await expect.poll(() => answers.lost).toBeGreaterThan(0);
    await kill(tab);
    answers.isLosing = false;
    const told = await visit(device, process);
    await holds(told, WAITS);
    await kill(told);
    Object.assign(answers, { isLosing: true, lost: 0 });
    const ann = await visit(device, process, process);
    await run(ann, "void cart.resume()");
    await expect.poll(() => answers.lost).toBeGreaterThan(0);
    expect(await stored(process, process)).toEqual({ tee: 3, mug: 3 });
    await kill(ann);
    answers.isLosing = false;
    const again = await visit(device, process, process);
    await run(again, "cart.resume().then(() => cart.refresh())");
    await holds(again, "cart.count === 6");
    expect([await stored(process, process), await run(again, "[cart.rejected.length, cart.warnings.length]")]).toEqual([{ tee: 3, mug: 3 }, [0, 0]]);
    const next = await visit(device, process);
    expect(await run(next, "[cart.count, cart.warnings.length, cart.rejected.length]")).toEqual([0, 0, 0]);
  });
});
