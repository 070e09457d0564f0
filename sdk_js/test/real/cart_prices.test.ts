/** Promise: what the shop says of prices and stock reaches the customer, and no order has a price that they did not see. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Cart, cartOf, PriceChangedError, QuantityUnavailableError } from "../../src/cart/index.js";
import { createRetoma, type Retoma } from "../../src/index.js";
import { RealServer } from "./server.js";

type Verdict = { status: string; price?: object; reason?: string; quantity?: number };

const server = new RealServer();
const open: Retoma[] = [];
/** What the shop says of a product; by itself that all is well. */
const verdicts = new Map<string, Verdict>();
const shop = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => {
    const { lines } = JSON.parse(Buffer.concat(chunks).toString()) as { lines: { key: string; sku: string }[] };
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ lines: Object.fromEntries(lines.map(({ key, sku }) => [key, verdicts.get(sku) ?? { status: "ok" }])) }));
  });
});

beforeAll(async () => {
  await server.start();
  await new Promise<void>((done) => shop.listen(0, "127.0.0.1", done));
  await server.asService("hooks/cart.validate", { url: `http://127.0.0.1:${(shop.address() as AddressInfo).port}/validate` }, "PUT");
});
afterEach(() => {
  verdicts.clear();
  open.splice(0).forEach((retoma) => retoma.close());
});
afterAll(async () => {
  shop.close();
  await server.remove();
});

const PRICE = { amount: 1990, currency: "EUR" };

/** A device of a customer. */
function device(customer: string): Cart {
  const retoma = createRetoma({ url: server.url, publishableKey: server.publishableKey, customer, getToken: () => server.tokenFor(customer) });
  open.push(retoma);
  return cartOf(retoma);
}

/** Two devices at a cart with two tees and a mug. */
async function two(customer: string): Promise<readonly [Cart, Cart]> {
  const [one, other] = [device(customer), device(customer)];
  one.add("tee", 2, { price: PRICE });
  one.add("mug", 1, { price: PRICE });
  await one.saved();
  await other.resume();
  await other.refresh();
  return [one, other];
}

const refusal = (cart: Cart): Promise<unknown> => cart.complete({ priceHash: cart.totals.priceHash }).catch((error: unknown) => error);

/** Waits until it holds of a cart. */
const until = (cart: Cart, holds: () => boolean): Promise<void> =>
  new Promise((done) => {
    const stop = cart.subscribe(() => holds() && queueMicrotask(() => (stop(), done())));
  });

it("a new price is told line by line, shown on every device, and ordered once it is accepted", async () => {
  const [one, other] = await two("ann");
  verdicts.set("tee", { status: "price_changed", price: { amount: 2190, currency: "EUR" } });
  const error = await refusal(one);
  expect(error).toBeInstanceOf(PriceChangedError);
  const { changes, totals } = error as PriceChangedError;
  expect(changes).toEqual([{ line: one.lines[0]?.key, before: { price: PRICE, unavailable: null, maxQuantity: null }, after: { price: { ...PRICE, amount: 2190 }, unavailable: null, maxQuantity: null } }]);
  expect(totals).toEqual(one.totals);
  await until(other, () => other.lines[0]?.price?.amount === 2190);
  expect((await one.complete({ priceHash: totals.priceHash })).attempt).toBe(1);
});

it("what cannot be had is set aside everywhere with its reason, comes back when it can be, and can be removed", async () => {
  const [one, other] = await two("bea");
  verdicts.set("mug", { status: "unavailable", reason: "sold-out" });
  expect(await refusal(one)).toMatchObject({ changes: [{ before: { unavailable: null }, after: { unavailable: "sold-out" } }] });
  await until(other, () => other.unavailable.length === 1);
  for (const cart of [one, other]) expect([cart.lines.map(({ sku }) => sku), cart.unavailable.map(({ sku, reason }) => [sku, reason]), cart.count]).toEqual([["tee"], [["mug", "sold-out"]], 2]);
  verdicts.clear();
  expect(await refusal(other)).toMatchObject({ changes: [{ after: { unavailable: null } }] });
  await until(one, () => one.lines.length === 2 && one.unavailable.length === 0);
  verdicts.set("mug", { status: "unavailable", reason: "sold-out" });
  await refusal(one);
  one.remove(one.unavailable[0] ?? "");
  await one.saved();
  await until(other, () => other.unavailable.length === 0);
  expect([other.count, one.validation]).toEqual([2, "ok"]);
});

it("how much there is at most is told and shown, and left to the customer", async () => {
  const [one] = await two("eva");
  verdicts.set("tee", { status: "max_quantity", quantity: 1 });
  expect(await refusal(one)).toBeInstanceOf(PriceChangedError);
  const error = await refusal(one);
  expect(error).toBeInstanceOf(QuantityUnavailableError);
  const short = one.lines.filter(({ key }) => (error as QuantityUnavailableError).lines.includes(key));
  expect(short.map(({ sku, quantity, maxQuantity }) => [sku, quantity, maxQuantity])).toEqual([["tee", 2, 1]]);
  one.setQuantity(short[0] ?? "", 1);
  await one.saved();
  expect((await one.complete({ priceHash: one.totals.priceHash })).attempt).toBe(1);
});
