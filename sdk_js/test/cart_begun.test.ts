/** Promise: where there was no cart, the one that its customer begins elsewhere appears; and nobody pays for that who is alone. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import { type Cart, cartOf } from "../src/cart/index.js";
import type { WireDraft } from "../src/wire.js";
import { type Fault, json } from "./server.js";
import { setting } from "./setting.js";

const here = setting();
const TOTALS = { lines: 1, quantity: 2, unpriced: 1, price_hash: "", amounts: [] };
const LINE = { key: "ln_tee", sku: "tee", attributes: {}, quantity: 2, info: {}, price: null, max_quantity: null, revision: 1, by: {} };
const BEGUN = { process: "cart", kind: "cart", revision: 1, lines: [LINE], unavailable: [], totals: TOTALS } as unknown as Partial<WireDraft>;
const none: Fault = (_request, response) => json(response, 200, { items: [], next: null });
const lists = (): number => here.server.of(/GET .v1.drafts\?/).length;
const moment = (): Promise<void> => new Promise((done) => setTimeout(done, 50));

/** Somebody begins the cart on another device. */
function begin(): void {
  here.server.heal();
  here.server.hold(BEGUN);
  here.server.tell("draft-opened", { type: "draft-opened", draft: "dr_1", process: "cart", revision: 1 });
}

const shows = (cart: Cart): Promise<void> => vi.waitFor(() => expect(cart.lines.map(({ sku, quantity }) => [sku, quantity])).toEqual([["tee", 2]]));

beforeEach(() => here.server.disturb(/GET .v1.drafts\?/, none, 1000));

describe("a signed-in customer without a cart", () => {
  const page = (): Cart => cartOf(here.connect({ customer: "ann", getToken: () => "ct_1" }));

  it("sees it appear as soon as it is begun elsewhere", async () => {
    const cart = page();
    const counts: number[] = [];
    cart.subscribe(({ count }) => counts.push(count));
    expect(await cart.resume()).toBe(false);
    await vi.waitFor(() => expect([here.server.streams, lists()]).toEqual([1, 2]));
    begin();
    await shows(cart);
    expect(counts.at(-1)).toBe(2);
  });

  it("is not asked about for the sake of other drafts, nor any more once it is there, however often it was resumed", async () => {
    const cart = page();
    await cart.resume();
    await cart.resume();
    await vi.waitFor(() => expect([here.server.streams, lists()]).toEqual([1, 3]));
    here.server.tell("draft-changed", { type: "draft-changed", draft: "dr_2", process: "mortgage", revision: 1 });
    await moment();
    expect(lists()).toBe(3);
    begin();
    await shows(cart);
    here.server.tell("draft-changed", { type: "draft-changed", draft: "dr_1", process: "cart", revision: 1 });
    await moment();
    expect(lists()).toBe(4);
  });

  it("sees it though the server did not answer at first", async () => {
    const cart = page();
    here.server.heal();
    here.server.disturb(/GET .v1.drafts\?/, (_request, response) => void response.destroy(), 3);
    here.server.disturb(/GET .v1.drafts\?/, none, 1000);
    await expect(cart.resume()).rejects.toMatchObject({ code: "no-answer" });
    await vi.waitFor(() => expect(here.server.streams).toBe(1));
    begin();
    await shows(cart);
  });

  it("adds here to what was begun there", async () => {
    const cart = page();
    await cart.resume();
    await vi.waitFor(() => expect(here.server.streams).toBe(1));
    here.server.hold(BEGUN);
    cart.add("mug");
    await cart.saved();
    expect([cart.id, here.server.streams, here.server.of(/changes/).length]).toEqual(["dr_1", 1, 1]);
  });
});

describe("a visitor without a cart", () => {
  it("costs no connection, whether they are known or not", async () => {
    await cartOf(here.connect()).resume();
    here.kept.set("retoma.visitor.pk_1", "vt_1");
    await cartOf(here.connect()).resume();
    await moment();
    expect([here.server.of(/events/), lists()]).toEqual([[], 1]);
  });

  it("sees it appear where a connection is there for another draft", async () => {
    const retoma = here.connect();
    const cart = cartOf(retoma);
    await retoma.draft("mortgage").open();
    await vi.waitFor(() => expect(here.server.streams).toBe(1));
    await cart.resume();
    begin();
    await shows(cart);
  });
});

describe("an ordered cart", () => {
  it("is not shown any more once the page is reloaded: the next one is", async () => {
    const connect = () => here.connect({ customer: "ann", getToken: () => "ct_1" });
    const first = connect();
    here.server.heal();
    here.server.hold(BEGUN);
    const ordered = cartOf(first);
    await ordered.resume();
    here.server.hold({ ...BEGUN, status: "completed", revision: 2 });
    await ordered.refresh();
    expect([ordered.status, ordered.lines.length]).toEqual(["completed", 1]);
    first.close();
    here.server.hold({ ...BEGUN, id: "dr_2" });
    const next = cartOf(connect());
    await next.resume();
    expect([next.id, next.status]).toEqual(["dr_2", "open"]);
  });
});
