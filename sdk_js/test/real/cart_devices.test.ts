/** Promise: with the real server, a cart is filled on several devices at once, each click counts once, and it is ordered once. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Cart, type CartSnapshot, cartOf } from "../../src/cart/index.js";
import { assistOf } from "../../src/assist.js";
import { createRetoma, memoryStorage, type Retoma } from "../../src/index.js";
import { RealServer } from "./server.js";

const server = new RealServer();
const open: Retoma[] = [];
const EUR = { amount: 1990, currency: "EUR" };

beforeAll(async () => void (await server.start()));
afterEach(() => open.splice(0).forEach((retoma) => retoma.close()));
afterAll(() => server.remove());

let count = 0;
const somebody = (): string => `customer-${++count}`;

interface Device {
  readonly cart: Cart;
  readonly retoma: Retoma;
  readonly network: { up: boolean };
}

/** A device of a customer, with a network that can be switched off and an own way to fetch. */
function device(customer: string, through: typeof fetch = fetch, options: object = {}): Device {
  const network = { up: true };
  const kept = new Map<string, string>();
  const storage = { get: (key: string) => kept.get(key) ?? null, set: (key: string, value: string) => void kept.set(key, value) };
  const fetching: typeof fetch = (...request) => (network.up ? through(...request) : Promise.reject(new TypeError("offline")));
  const getToken = (): Promise<string> => server.tokenFor(customer);
  const retoma = createRetoma({ url: server.url, publishableKey: server.publishableKey, customer, getToken, storage, fetch: fetching, ...options });
  open.push(retoma);
  return { retoma, network, cart: cartOf(retoma) };
}

const quantities = (cart: Cart): Record<string, number> => Object.fromEntries(cart.lines.map(({ sku, quantity }) => [sku, quantity]));

function until(cart: Cart, holds: (snapshot: CartSnapshot) => boolean): Promise<void> {
  return new Promise((done) => {
    const stop = cart.subscribe((snapshot) => {
      if (!holds(snapshot)) return;
      queueMicrotask(() => stop());
      done();
    });
  });
}

/** Two devices of one customer with the same cart. */
async function two(): Promise<{ one: Device; other: Device; customer: string }> {
  const customer = somebody();
  const [one, other] = [device(customer), device(customer)];
  one.cart.add("tee", 2, { attributes: { size: "M" }, price: EUR });
  await one.cart.saved();
  await other.cart.resume();
  return { one, other, customer };
}

/** The customer signs in on a device where they have a lamp, and goes to checkout with that: their saved cart is parked. */
async function checkOut(customer: string): Promise<void> {
  const kept = new Map<string, string>();
  const storage = { get: (key: string) => kept.get(key) ?? null, set: (key: string, value: string) => void kept.set(key, value) };
  const guest = createRetoma({ url: server.url, publishableKey: server.publishableKey, storage });
  open.push(guest);
  cartOf(guest).add("lamp");
  await cartOf(guest).saved();
  const headers = { "Authorization": `Bearer ${await server.tokenFor(customer)}`, "Content-Type": "application/json" };
  const body = JSON.stringify({ visitor: kept.get(`retoma.visitor.${server.publishableKey}`), intent: "checkout" });
  expect((await fetch(`${server.url}/v1/claim`, { method: "POST", headers, body })).status).toBe(200);
}

describe("a cart that is parked by a checkout elsewhere", () => {
  it("leaves to the active one what was added to it too late, once, and gives back the rest", async () => {
    const { one, other, customer } = await two();
    one.network.up = false;
    for (const line of one.cart.lines) one.cart.decrement(line);
    one.cart.add("pen", 3);
    await checkOut(customer);
    one.network.up = true;
    await one.cart.flush();
    await until(one.cart, ({ lines }) => lines.length === 2);
    expect([quantities(one.cart), one.cart.rejected.map(({ code, ops }) => [code, ops[0]?.op])]).toEqual([{ lamp: 1, pen: 3 }, [["draft-parked", "decrement"]]]);
    await until(other.cart, ({ status }) => status === "parked");
    await other.cart.restart();
    expect([other.cart.id, quantities(other.cart)]).toEqual([one.cart.id, { lamp: 1, pen: 3 }]);
  });
});

describe("a cart", () => {
  it("that is begun on one device appears on another one, which had looked for it in vain", async () => {
    const customer = somebody();
    const [one, other] = [device(customer), device(customer)];
    expect(await other.cart.resume()).toBe(false);
    one.cart.add("tee", 2);
    await until(other.cart, (shown) => shown.count === 2);
    other.cart.add("tee");
    await until(one.cart, (shown) => shown.count === 3);
    expect(other.cart.id).toBe(one.cart.id);
  });

  it("is made by the first add, and shows it at once", async () => {
    const { cart } = device(somebody());
    expect(await cart.resume()).toBe(false);
    cart.add("tee", 2, { attributes: { size: "M" }, price: EUR });
    expect([cart.count, cart.totals.quantity, cart.id]).toEqual([2, 0, null]);
    await cart.saved();
    expect(cart.lines).toMatchObject([{ sku: "tee", attributes: { size: "M" }, quantity: 2, price: EUR, isPending: false }]);
    expect(cart.totals).toMatchObject({ lines: 1, quantity: 2, unpriced: 0, amounts: [{ amount: 3980, currency: "EUR" }] });
  });

  it("does what its steppers, typed numbers and notes say", async () => {
    const { one, other } = await two();
    const [line] = one.cart.lines as [CartSnapshot["lines"][0]];
    one.cart.increment(line);
    one.cart.increment(line);
    one.cart.decrement(line);
    one.cart.inform(line, { gift: "for Bob" });
    const mug = one.cart.add("mug");
    one.cart.setQuantity(mug, 5);
    expect(quantities(one.cart)).toEqual({ tee: 3, mug: 5 });
    await one.cart.saved();
    await until(other.cart, ({ count: pieces }) => pieces === 8);
    expect(other.cart.lines.map(({ sku, quantity, info }) => [sku, quantity, info])).toEqual([["tee", 3, { gift: "for Bob" }], ["mug", 5, {}]]);
    other.cart.setQuantity(mug, 0);
    other.cart.clear();
    await other.cart.saved();
    await until(one.cart, ({ lines }) => lines.length === 0);
    expect([...one.cart.warnings, ...other.cart.warnings, ...one.cart.rejected, ...other.cart.rejected]).toEqual([]);
  });

  it("refuses what can be no line at once, and shows what the server refused", async () => {
    const { cart } = device(somebody());
    expect(() => cart.add("tee", 0)).toThrowError(expect.objectContaining({ code: "invalid-quantity" }));
    expect(() => cart.add("tee", 1, { attributes: { size: 1.5 } })).toThrowError(expect.objectContaining({ code: "invalid-identity" }));
    cart.add("4111 1111 1111 1111");
    cart.add("tee");
    await expect(cart.saved()).rejects.toMatchObject({ code: "payment-data-refused" });
    expect([quantities(cart), cart.rejected.length]).toEqual([{ tee: 1 }, 1]);
    for (const refused of cart.rejected) await cart.dismiss(refused);
    expect(cart.rejected).toEqual([]);
  });

  it("leaves notes off the device that may not be kept there, and sends them all the same", async () => {
    await server.asService("processes/noted", { kind: "cart", fields: { "/info/note": "restricted" } }, "PUT");
    const customer = somebody();
    const memory = memoryStorage();
    const { retoma, network } = device(customer, fetch, { draftStorage: { ...memory, persistence: "durable" } });
    const cart = cartOf(retoma, { process: "noted" });
    const tee = cart.add("tee");
    await cart.saved();
    network.up = false;
    cart.inform(tee, { note: "for Bob", wrap: "red" });
    cart.increment(tee);
    await until(cart, ({ lines }) => lines[0]?.info["note"] === "for Bob");
    await expect(cart.flush()).rejects.toMatchObject({ code: "no-answer" });
    const kept = async (): Promise<string> => JSON.stringify(await memory.read({ owner: `customer:${customer}`, draft: JSON.stringify(["noted", "default", "cart"]) }));
    expect([(await kept()).includes("for Bob"), (await kept()).includes("red")]).toEqual([false, true]);
    network.up = true;
    await cart.saved();
    expect(cart.lines).toMatchObject([{ quantity: 2, info: { note: "for Bob", wrap: "red" } }]);
    expect([(await kept()).includes("for Bob"), (await kept()).includes("red")]).toEqual([false, true]);
    const other = cartOf(device(customer).retoma, { process: "noted" });
    await other.resume();
    expect(other.lines).toMatchObject([{ quantity: 2, info: { note: "for Bob", wrap: "red" } }]);
  });

  it("goes to another device by its link", async () => {
    const { one } = await two();
    const { url } = await one.cart.handoff({ url: `${server.url}/cart` });
    const guest = createRetoma({ url: server.url, publishableKey: server.publishableKey });
    open.push(guest);
    const onPhone = cartOf((await guest.redeem(url)) ?? guest);
    expect(quantities(onPhone)).toEqual({ tee: 2 });
    onPhone.add("mug");
    await onPhone.saved();
    await until(one.cart, ({ count: pieces }) => pieces === 3);
  });

  it("says who of staff helps with it, on each device, and ends that from any", async () => {
    const { one, other } = await two();
    const { code } = await one.cart.handoff({ to: "staff" });
    const token = /token\s+(\S+)/.exec(server.cli("staff", "add", "Marta", "--tenant", "default"))?.[1] ?? "";
    const till = createRetoma({ url: server.url, publishableKey: server.publishableKey, channel: "store", getToken: () => token });
    open.push(till);
    const helped = cartOf(await assistOf(till).redeem(code));
    helped.add("mug");
    await helped.saved();
    for (const { cart } of [one, other]) await until(cart, ({ count: pieces }) => pieces === 3);
    const { helpers: [helper] } = await other.cart.help();
    expect(helper).toMatchObject({ name: "Marta", store: null, scope: "edit" });
    await helper?.stop();
    expect((await one.cart.help()).helpers).toEqual([]);
    const late = async (): Promise<void> => {
      helped.add("mug");
      await helped.flush();
    };
    await expect(late()).rejects.toThrow();
    expect(quantities(one.cart)).toEqual({ tee: 2, mug: 1 });
  });
});

describe("two devices", () => {
  it("that add the same product offline meet on one line, and both count", async () => {
    const { one, other } = await two();
    for (const { network } of [one, other]) network.up = false;
    one.cart.add("tee", 1, { attributes: { size: "M" } });
    other.cart.add("tee", 3, { attributes: { size: "M" } });
    other.cart.add("tee", 1, { attributes: { size: "L" } });
    expect([one.cart.count, other.cart.count]).toEqual([3, 6]);
    for (const { network, cart } of [one, other]) {
      network.up = true;
      await cart.flush();
    }
    await until(one.cart, ({ count: pieces }) => pieces === 7);
    expect(one.cart.lines.map(({ attributes, quantity }) => [attributes["size"], quantity])).toEqual([["M", 6], ["L", 1]]);
  });

  it("of which one removes offline what the other adds to: the added stays, and a warning tells until it is dismissed", async () => {
    const { one, other } = await two();
    const told: string[] = [];
    one.cart.onWarning(({ code, sku, quantity }) => told.push(`${code} ${sku} ${quantity}`));
    one.network.up = false;
    one.cart.remove(one.cart.lines[0]?.key ?? "");
    other.cart.add("tee", 3, { attributes: { size: "M" } });
    await other.cart.saved();
    expect(one.cart.lines).toEqual([]);
    one.network.up = true;
    await one.cart.flush();
    expect([quantities(one.cart), told]).toEqual([{ tee: 3 }, ["residual tee 3"]]);
    expect(one.cart.warnings).toMatchObject([{ code: "residual", sku: "tee", attributes: { size: "M" }, quantity: 3 }]);
    for (const warning of one.cart.warnings) await one.cart.dismiss(warning);
    expect(one.cart.warnings).toEqual([]);
  });

  it("of which one types a number where the other has removed: it stays removed, and saving is no failure", async () => {
    const { one, other } = await two();
    one.network.up = false;
    one.cart.setQuantity(one.cart.lines[0]?.key ?? "", 9);
    other.cart.remove(other.cart.lines[0]?.key ?? "");
    await other.cart.saved();
    one.network.up = true;
    await one.cart.saved();
    expect([one.cart.lines, one.cart.warnings.map(({ code, sku }) => [code, sku])]).toEqual([[], [["removed-elsewhere", "tee"]]]);
  });
});

describe("a hundred lost answers", () => {
  it("double no add and lose none, and what is shown never counts one twice", async () => {
    const answers = { lost: 0 };
    const losing: typeof fetch = async (url, init) => {
      const answer = await fetch(url, init);
      if (!String(url).endsWith("/changes") || answers.lost >= 100 || Math.random() < 0.3) return answer;
      answers.lost += 1;
      throw new TypeError("The answer was lost.");
    };
    const customer = somebody();
    const { cart } = device(customer, losing);
    let added = 0;
    let mostShown = 0;
    cart.subscribe(({ count: pieces }) => (mostShown = Math.max(mostShown, pieces - added)));
    while (added < 150 || answers.lost < 100) {
      added += 1;
      cart.add("tee");
      await cart.flush().catch(() => undefined);
    }
    await cart.saved();
    expect([answers.lost, cart.count, cart.totals.quantity, mostShown]).toEqual([100, added, added, 0]);
  });
});

describe("an order", () => {
  /** What the shop says of a completion. */
  const settle = (cart: Cart, word: "commit" | "abort", facts: object): Promise<unknown> =>
    server.asService(`drafts/${cart.id}/completions/${cart.completion?.id}/${word}`, { attempt: cart.completion?.attempt, ...facts });

  it("is begun once by two clicks, told to every device, and followed by the next cart", async () => {
    const { one, other } = await two();
    const [first, second] = await Promise.all([one.cart.complete({ priceHash: one.cart.totals.priceHash }), one.cart.complete()]);
    expect([first.id, first.attempt, await one.cart.complete()]).toEqual([second.id, second.attempt, first]);
    await until(other.cart, ({ status }) => status === "completing");
    await settle(one.cart, "commit", { order_ref: "order-7" });
    for (const { cart } of [one, other]) await until(cart, ({ status }) => status === "completed");
    expect([one.cart.completion?.orderRef, other.cart.completion?.orderRef, one.cart.count]).toEqual(["order-7", "order-7", 2]);
    expect(() => one.cart.clear()).toThrowError(expect.objectContaining({ code: "draft-closed" }));
    const ordered = one.cart.id;
    one.cart.add("mug");
    expect([quantities(one.cart), one.cart.status, one.cart.completion]).toEqual([{ mug: 1 }, "open", null]);
    await one.cart.saved();
    expect([quantities(one.cart), one.cart.id === ordered]).toEqual([{ mug: 1 }, false]);
    expect(await other.cart.restart()).toBe(true);
    expect(quantities(other.cart)).toEqual({ mug: 1 });
  });

  it("lets what is added meanwhile wait, and takes it into the next cart", async () => {
    const { one, other } = await two();
    await one.cart.complete();
    await until(other.cart, ({ status }) => status === "completing");
    const [line] = other.cart.lines as [CartSnapshot["lines"][0]];
    other.cart.increment(line, 4);
    other.cart.add("mug");
    other.cart.decrement(line);
    await expect(other.cart.flush()).rejects.toMatchObject({ code: "completing" });
    await settle(one.cart, "commit", { order_ref: "order-8" });
    await other.cart.saved();
    expect([quantities(other.cart), other.cart.status, other.cart.rejected]).toEqual([{ tee: 3, mug: 1 }, "open", []]);
    expect(one.cart.count).toBe(2);
  });

  it("that is given up leaves the cart as it was, with what was added meanwhile", async () => {
    const { one, other } = await two();
    await one.cart.complete();
    await until(other.cart, ({ status }) => status === "completing");
    other.cart.add("mug");
    await settle(one.cart, "abort", {});
    await other.cart.saved();
    await until(one.cart, ({ count: pieces }) => pieces === 3);
    expect((await one.cart.complete()).attempt).toBe(2);
  });

  it("of prices that the customer has not seen is refused", async () => {
    const { one, other } = await two();
    const { priceHash } = one.cart.totals;
    other.cart.add("mug");
    await other.cart.saved();
    await until(one.cart, ({ count: pieces }) => pieces === 3);
    await expect(one.cart.complete({ priceHash })).rejects.toMatchObject({ code: "price-changed" });
    expect(one.cart.status).toBe("open");
  });

  it("found by a later page is followed by an empty cart; what waited there goes into it, and what the order took does not", async () => {
    const customer = somebody();
    const draftStorage = memoryStorage();
    const losing = { is: false };
    const through: typeof fetch = async (url, init) => {
      const answer = await fetch(url, init);
      if (losing.is && String(url).endsWith("/changes")) throw new TypeError("The answer was lost.");
      return answer;
    };
    const [page, other] = [device(customer, through, { draftStorage }), device(customer)];
    page.cart.add("tee");
    await page.cart.saved();
    losing.is = true;
    page.cart.add("mug");
    await expect(page.cart.flush()).rejects.toMatchObject({ code: "no-answer" });
    page.network.up = false;
    page.cart.add("lamp");
    await until(page.cart, ({ state }) => state !== "saving");
    page.retoma.close();
    await other.cart.resume();
    await other.cart.complete();
    expect(quantities(other.cart)).toEqual({ tee: 1, mug: 1 });
    await settle(other.cart, "commit", { order_ref: "order-9" });
    const later = device(customer, fetch, { draftStorage });
    await later.cart.ready;
    await later.cart.saved();
    expect(quantities(later.cart)).toEqual({ lamp: 1 });
    const last = device(customer);
    await last.cart.resume();
    expect(quantities(last.cart)).toEqual({ lamp: 1 });
  });
});

describe("whoever signs in next", () => {
  it("sees nothing of the cart before", async () => {
    const { one } = await two();
    const shown: number[] = [];
    one.cart.subscribe(({ count: pieces }) => shown.push(pieces));
    await one.retoma.signOut();
    expect([one.cart.lines, one.cart.id, shown.at(-1)]).toEqual([[], null, 0]);
  });
});
