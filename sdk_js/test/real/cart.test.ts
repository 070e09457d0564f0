/** Promise: a cart in the browser keeps and sends every click once, whatever happens to its page, and is ordered once. */

import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DraftPages, holds, kill, run } from "./draft_page.js";

const pages = new DraftPages();

beforeAll(() => pages.start());
afterEach(() => pages.leave());
afterAll(() => pages.stop());

/** A tab of a device at the cart of a customer. */
const visit = (device: BrowserContext, process: string, customer: string): Promise<Page> => pages.visit(device, process, { cart: "", customer });

const quantities = (page: Page): Promise<Record<string, number>> => run(page, "Object.fromEntries(cart.lines.map(({ sku, quantity }) => [sku, quantity]))");

/** Two devices of one customer, with one tee in the cart. */
async function two() {
  const process = pages.process();
  const [desktop, phone] = [await pages.device(), await pages.device()];
  const atDesk = await visit(desktop, process, process);
  await run(atDesk, `cart.add("tee", 1, { price: { amount: 1990, currency: "EUR" } }); cart.saved()`);
  const onPhone = await visit(phone, process, process);
  await run(onPhone, "cart.resume()");
  return { process, desktop, phone, atDesk, onPhone };
}

describe("two devices", () => {
  it("that add the same product offline have one line, and both count", async () => {
    const { desktop, phone, atDesk, onPhone } = await two();
    const mend = [await pages.cut(desktop), await pages.cut(phone)];
    await run(atDesk, `cart.add("tee", 2)`);
    await run(onPhone, `cart.add("tee", 4)`);
    expect([await quantities(atDesk), await quantities(onPhone)]).toEqual([{ tee: 3 }, { tee: 5 }]);
    for (const each of mend) await each();
    for (const page of [atDesk, onPhone]) await run(page, "cart.saved()");
    for (const page of [atDesk, onPhone]) await holds(page, "cart.count === 7 && cart.lines.length === 1 && cart.state === 'saved'");
  });

  it("of which one removes offline what the other adds to: what was added stays, and both are told", async () => {
    const { desktop, atDesk, onPhone } = await two();
    const mend = await pages.cut(desktop);
    await run(atDesk, "cart.remove(cart.lines[0])");
    await run(onPhone, `cart.add("tee", 2); cart.saved()`);
    expect(await quantities(atDesk)).toEqual({});
    await mend();
    await run(atDesk, "cart.saved()");
    for (const page of [atDesk, onPhone]) await holds(page, "cart.count === 2");
    expect(await run(atDesk, "cart.warnings.map(({ code, sku, quantity }) => [code, sku, quantity])")).toEqual([["residual", "tee", 2]]);
    await atDesk.reload();
    await holds(atDesk, "window.ready && cart.warnings.length === 1");
  });

  it("never show again what was removed, however late an older answer comes", async () => {
    const { phone, atDesk, onPhone } = await two();
    const shown: number[] = [];
    await onPhone.exposeFunction("note", (count: number) => void shown.push(count));
    // Every second answer to a request for news comes late.
    let turn = 0;
    await phone.route(`${pages.server.url}/v1/drafts/**`, async (route) => {
      const answer = await route.fetch();
      if (turn++ % 2 === 0) await new Promise((done) => setTimeout(done, 700));
      await route.fulfill({ response: answer }).catch(() => undefined);
    });
    await run(onPhone, "cart.refresh(); cart.remove(cart.lines[0]); cart.subscribe(({ count }) => note(count)); cart.saved()");
    await run(atDesk, `cart.add("mug"); cart.saved()`);
    await holds(onPhone, "cart.lines.length === 1 && cart.lines[0].sku === 'mug'");
    await holds(atDesk, "cart.lines.length === 1");
    expect(shown.every((count) => count <= 1)).toBe(true);
  });
});

describe("a page that goes away", () => {
  it("has kept what was not sent yet, and the next one sends it once", async () => {
    const { process, desktop, atDesk } = await two();
    const mend = await pages.cut(desktop);
    await run(atDesk, `cart.add("mug", 2); cart.increment(cart.lines[0]); cart.decrement(cart.lines[1])`);
    await holds(atDesk, "cart.state === 'kept' || cart.state === 'offline'");
    await kill(atDesk);
    const next = await visit(desktop, process, process);
    expect(await quantities(next)).toEqual({ tee: 2, mug: 1 });
    await mend();
    await run(next, "cart.saved()");
    expect([await quantities(next), await run(next, "cart.totals.quantity")]).toEqual([{ tee: 2, mug: 1 }, 3]);
  });

  it("may be killed at any moment, with any answer lost: no click counts twice, and none that was kept is lost", async () => {
    const { process, desktop } = await two();
    let isLosing = true;
    await desktop.route(`${pages.server.url}/**/changes`, async (route) => {
      const answer = await route.fetch().catch(() => null);
      if (answer === null || (isLosing && Math.random() < 0.4)) await route.abort().catch(() => undefined);
      else await route.fulfill({ response: answer }).catch(() => undefined);
    });
    let made = 0;
    let kept = 0;
    await desktop.exposeFunction("note", (madeNow: number, keptNow: number) => {
      made += madeNow;
      kept += keptNow;
    });
    for (let round = 0; round < 6; round++) {
      const page = await visit(desktop, process, process);
      await run(page, `void (async () => {
        for (;;) {
          await note(1, 0);
          cart.add("mug");
          await new Promise((done) => setTimeout(done, Math.random() * 60));
          while (!["kept", "saved", "offline"].includes(cart.state)) await new Promise((done) => setTimeout(done, 5));
          await note(0, 1);
        }
      })()`);
      await new Promise((done) => setTimeout(done, 300 + Math.random() * 900));
      await kill(page);
    }
    isLosing = false;
    const page = await visit(desktop, process, process);
    await run(page, "cart.saved()");
    const { mug = 0, ...rest } = await quantities(page);
    expect(rest).toEqual({ tee: 1 });
    expect(mug).toBeGreaterThanOrEqual(kept);
    expect(mug).toBeLessThanOrEqual(made);
    expect(await run(page, "cart.totals.quantity")).toBe(mug + 1);
  });

  it("leaves the cart to any other page of its site, also one without a cart", async () => {
    const { process, desktop, atDesk, onPhone } = await two();
    const mend = await pages.cut(desktop);
    await run(atDesk, `cart.add("mug")`);
    await holds(atDesk, "cart.state === 'kept' || cart.state === 'offline'");
    await atDesk.close();
    await mend();
    const form = await pages.visit(desktop, pages.process(), { customer: process });
    await run(form, `draft.set("name", "Ann"); draft.saved()`);
    await holds(onPhone, "cart.lines.map(({ sku }) => sku).join() === 'tee,mug'");
  });
});

describe("two tabs", () => {
  it("show one cart, and each of their clicks counts once", async () => {
    const { process, desktop, atDesk, onPhone } = await two();
    const second = await visit(desktop, process, process);
    await holds(second, "cart.count === 1");
    const most = "let most = 0; cart.subscribe(({ count }) => (most = Math.max(most, count))); window.most = () => most";
    for (const page of [atDesk, second]) await run(page, most);
    for (let round = 0; round < 5; round++) await Promise.all([atDesk, second].map((page) => run(page, "cart.increment(cart.lines[0])")));
    for (const page of [atDesk, second]) await run(page, "cart.saved()");
    for (const page of [atDesk, second, onPhone]) await holds(page, "cart.count === 11 && cart.totals.quantity === 11");
    await run(second, "cart.remove(cart.lines[0]); cart.saved()");
    for (const page of [atDesk, second, onPhone]) await holds(page, "cart.lines.length === 0 && cart.warnings.length === 0");
    expect([await run(atDesk, "most()"), await run(second, "most()")]).toEqual([11, 11]);
  });
});

describe("an order", () => {
  it("is begun once by a double click, told everywhere, and followed by the next cart in every tab", async () => {
    const { process, desktop, atDesk, onPhone } = await two();
    const second = await visit(desktop, process, process);
    await run(atDesk, "Promise.all([cart.complete({ priceHash: cart.totals.priceHash }), cart.complete()]).then((both) => (window.both = both))");
    expect(await run(atDesk, "[window.both[0].attempt, window.both[0].id === window.both[1].id]")).toEqual([1, true]);
    for (const page of [second, onPhone]) await holds(page, "cart.status === 'completing'");
    await expect(run(onPhone, "cart.complete()")).rejects.toThrow(/completing/);
    const { id, completion } = await run<{ id: string; completion: { id: string } }>(atDesk, "({ id: cart.id, completion: cart.completion })");
    await pages.server.asService(`drafts/${id}/completions/${completion.id}/commit`, { attempt: 1, order_ref: "order-1" });
    for (const page of [atDesk, second, onPhone]) await holds(page, "cart.status === 'completed' && cart.completion.orderRef === 'order-1'");
    await run(second, `cart.add("lamp"); cart.saved()`);
    await holds(atDesk, "cart.status === 'open' && cart.lines.map(({ sku }) => sku).join() === 'lamp'");
    expect(await run(onPhone, "cart.restart()")).toBe(true);
    expect(await quantities(onPhone)).toEqual({ lamp: 1 });
    for (const page of [atDesk, second, onPhone]) expect(await run(page, "[cart.rejected.length, cart.warnings.length]")).toEqual([0, 0]);
  });
});

describe("whoever signs out", () => {
  it("leaves nothing of the cart behind, on the screen or on the device", async () => {
    const { process, desktop, atDesk } = await two();
    await run(atDesk, "retoma.signOut()");
    expect(await run(atDesk, "[cart.lines.length, cart.id]")).toEqual([0, null]);
    const next = await visit(desktop, process, "somebody else");
    expect(await quantities(next)).toEqual({});
  });
});
