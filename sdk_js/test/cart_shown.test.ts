/** Promise: what the server tells of a cart is shown, stays true through deltas and reloads, and can be acted on. */

import { describe, expect, it, vi } from "vitest";
import { type Cart, cartOf, PriceChangedError, QuantityUnavailableError } from "../src/cart/index.js";
import type { Delta, WireDraft, WireLine, WireUnavailable } from "../src/wire.js";
import { json, problem } from "./server.js";
import { setting } from "./setting.js";

const here = setting();
const BY = { kind: "visitor", channel: "web", writer: null, device: null, name: null } as const;
const TOTALS = { lines: 1, quantity: 2, unpriced: 1, price_hash: "f00", amounts: [] };

function lineOf(sku: string, more: Partial<WireLine> = {}): WireLine {
  const parts = { attributes: {}, offer: null, fulfilment: null, parent: null, split: null };
  return { key: `ln_${sku}`, sku, ...parts, quantity: 2, info: {}, price: null, max_quantity: null, revision: 1, by: BY, ...more };
}

const soldOut = (sku: string, more: Partial<WireLine> = {}): WireUnavailable => ({ ...lineOf(sku, more), reason: "sold-out" });

const held = (more: Partial<WireDraft>): Partial<WireDraft> => ({ process: "cart", kind: "cart", revision: 1, lines: [], unavailable: [], totals: TOTALS, ...more });

function deltaOf(more: Partial<Delta>): Delta {
  const about = { id: "dr_1", from: 0, revision: 2, epoch: "k", status: "open", cells: {}, position: null, conflicts: [], updated_at: "", expires_at: "" } as const;
  return { ...about, lines: [], keys: [], unavailable: [], totals: TOTALS, ...more };
}

/** A page at a cart that is stored. */
async function page(stored: Partial<WireDraft>): Promise<Cart> {
  here.kept.set("retoma.visitor.pk_1", "vt_1");
  here.server.hold(held(stored));
  const cart = cartOf(here.connect());
  await cart.resume();
  return cart;
}

/** What changes is told by a delta. */
async function news(cart: Cart, delta: Delta): Promise<void> {
  here.server.disturb(/GET .*drafts\/dr_1/, (_request, response) => json(response, 200, delta));
  await cart.refresh();
}

const shown = ({ lines, unavailable }: Pick<Cart, "lines" | "unavailable">) => ({ lines: lines.map(({ sku }) => sku), unavailable: unavailable.map(({ sku, reason }) => [sku, reason]) });

describe("a cart shows", () => {
  it("what cannot be had and why, how much there is of the rest, and the shop's silence", async () => {
    const cart = await page({ lines: [lineOf("tee", { max_quantity: 1 })], unavailable: [soldOut("mug", { info: { gift: "Bob" } })], validation: "stale" });
    expect(shown(cart)).toEqual({ lines: ["tee"], unavailable: [["mug", "sold-out"]] });
    expect([cart.lines[0]?.maxQuantity, cart.unavailable[0]?.info, cart.count, cart.validation]).toEqual([1, { gift: "Bob" }, 2, "stale"]);
    expect(Object.keys(cart.lines[0] ?? {}).filter((name) => name.includes("_"))).toEqual([]);
  });

  it("which carts are beside it", async () => {
    const cart = await page({ status: "completing", successor: "dr_2", merged_into: null });
    expect([cart.successor, cart.mergedInto]).toEqual(["dr_2", null]);
    await news(cart, deltaOf({ status: "completed", successor: "dr_3" }));
    expect([cart.status, cart.successor]).toEqual(["completed", "dr_3"]);
  });

  it("a line that was set aside by a delta, and again as a line once it can be had", async () => {
    const cart = await page({ lines: [lineOf("tee"), lineOf("mug", { info: { gift: "Bob" } })] });
    await news(cart, deltaOf({ keys: ["ln_tee"], unavailable: [soldOut("mug", { info: { gift: "Bob" } })], validation: "ok" }));
    expect([shown(cart), cart.validation]).toEqual([{ lines: ["tee"], unavailable: [["mug", "sold-out"]] }, "ok"]);
    await news(cart, deltaOf({ revision: 3, from: 2, lines: [lineOf("mug", { revision: 3, info: { gift: "Bob" } })], keys: ["ln_tee", "ln_mug"] }));
    expect([shown(cart), cart.lines[1]?.info]).toEqual([{ lines: ["tee", "mug"], unavailable: [] }, { gift: "Bob" }]);
  });

  it("the same after a reload without a network", async () => {
    const cart = await page({ lines: [lineOf("tee", { max_quantity: 1 })] });
    await news(cart, deltaOf({ lines: [lineOf("tee", { max_quantity: 3 })], keys: ["ln_tee"], unavailable: [soldOut("mug")], validation: "stale", successor: "dr_2" }));
    here.server.disturb(/./, (_request, response) => void response.destroy(), 1000);
    const later = cartOf(here.connect());
    await vi.waitFor(() => expect(shown(later)).toEqual({ lines: ["tee"], unavailable: [["mug", "sold-out"]] }));
    expect([later.lines[0]?.maxQuantity, later.validation, later.successor]).toEqual([3, "stale", "dr_2"]);
  });
});

describe("a line that cannot be had", () => {
  it("is removed like any other, at once and as it was seen", async () => {
    const cart = await page({ lines: [lineOf("tee")], unavailable: [soldOut("mug")] });
    cart.remove(cart.unavailable[0] ?? "");
    expect(shown(cart)).toEqual({ lines: ["tee"], unavailable: [] });
    const { body } = await here.server.request(/changes/);
    expect(body.changes[0].ops).toEqual([{ op: "remove", line: "ln_mug", seen: 1 }]);
  });

  it("goes with all others when the cart is cleared", async () => {
    const cart = await page({ lines: [lineOf("tee")], unavailable: [soldOut("mug")] });
    cart.clear();
    expect(shown(cart)).toEqual({ lines: [], unavailable: [] });
  });

  it("stays one, however many are added, until the shop says otherwise", async () => {
    const cart = await page({ unavailable: [soldOut("mug")] });
    cart.increment("ln_mug");
    expect([cart.lines, cart.unavailable.map(({ quantity, isPending }) => [quantity, isPending]), cart.count]).toEqual([[], [[3, true]], 0]);
  });
});

describe("an order that is not as it was accepted", () => {
  const value = (amount: number) => ({ price: { amount, currency: "EUR" }, unavailable: null, max_quantity: null });
  const fault = { lines: [lineOf("tee", { price: { amount: 2190, currency: "EUR", at: "" } })], keys: ["ln_tee"] };

  it("says line by line what has changed and what it comes to, and the cart shows it", async () => {
    const cart = await page({ lines: [lineOf("tee", { price: { amount: 1990, currency: "EUR", at: "" } })] });
    here.server.disturb(/complete/, problem(409, "price-changed", { revision: 2, totals: { ...TOTALS, price_hash: "new" }, changes: [{ line: "ln_tee", before: value(1990), after: value(2190) }] }));
    here.server.disturb(/GET .*drafts\/dr_1/, (_request, response) => json(response, 200, deltaOf(fault)));
    const error: unknown = await cart.complete({ priceHash: "f00" }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PriceChangedError);
    expect(error).toMatchObject({
      code: "price-changed",
      totals: { quantity: 2, priceHash: "new" },
      changes: [{ line: "ln_tee", before: { price: { amount: 1990 }, maxQuantity: null }, after: { price: { amount: 2190 }, unavailable: null } }],
    });
    expect([cart.lines[0]?.price?.amount, cart.status]).toEqual([2190, "open"]);
  });

  it("says of which lines there is less, and the cart shows how much", async () => {
    const cart = await page({ lines: [lineOf("tee")] });
    here.server.disturb(/complete/, problem(409, "quantity-unavailable", { lines: ["ln_tee"] }));
    here.server.disturb(/GET .*drafts\/dr_1/, (_request, response) => json(response, 200, deltaOf({ lines: [lineOf("tee", { max_quantity: 1 })], keys: ["ln_tee"] })));
    const error: unknown = await cart.complete().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(QuantityUnavailableError);
    expect([error, cart.lines[0]?.maxQuantity]).toMatchObject([{ lines: ["ln_tee"] }, 1]);
  });
});
