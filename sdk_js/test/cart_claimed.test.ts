/**
 * Promise: what a guest adds too late to a cart that its customer has claimed comes into the customer's cart, once, and into
 * nobody else's; whatever of it is lost, repeated or killed on the way, and whoever sits at the device meanwhile.
 */

import type { ServerResponse } from "node:http";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type Cart, cartOf } from "../src/cart/index.js";
import { lateIn, sorted } from "../src/cart/late.js";
import { IndexedDbStorage } from "../src/keeping/indexeddb.js";
import { push } from "../src/outbox.js";
import { emptyState } from "../src/rebasing.js";
import type { Retoma } from "../src/index.js";
import type { CartOp, Delta, WireDraft } from "../src/wire.js";
import { type Heard, json, problem } from "./server.js";
import { setting } from "./setting.js";

const here = setting();
const TOTALS = { lines: 0, quantity: 0, unpriced: 0, price_hash: "", amounts: [] };

type Sent = { readonly seq: number; readonly ops: readonly CartOp[] };

interface Stored {
  readonly owner: string;
  status: string;
  revision: number;
  mergedInto: string | null;
  /** What was taken, by writer and number. */
  readonly taken: Map<string, readonly CartOp[]>;
}

/** Carts of several people: the guest's and those that it may go into. */
class Shop {
  readonly carts = new Map<string, Stored>();
  /** Answers to changes that never arrive, from now on. */
  losing = 0;
  /** No request arrives. */
  isDown = false;

  add(id: string, owner: string): Stored {
    const cart: Stored = { owner, status: "open", revision: 1, mergedInto: null, taken: new Map() };
    this.carts.set(id, cart);
    return cart;
  }

  of(id: string): Stored {
    return this.carts.get(id) as Stored;
  }

  /** The guest's cart becomes part of a customer's. */
  claim(id: string, into: string): void {
    Object.assign(this.of(id), { status: "merged", revision: this.of(id).revision + 2, mergedInto: into });
  }

  /** Pieces that a cart was ever given, by product. */
  given(id: string): Record<string, number> {
    const ops = [...this.of(id).taken.values()].flat();
    const skus = ops.flatMap((op) => (op.op === "add" ? [op.sku ?? ""] : []));
    return Object.fromEntries(skus.map((sku) => [sku, ops.reduce((sum, op) => sum + (op.op === "add" && op.sku === sku ? (op.quantity ?? 1) : 0), 0)]));
  }

  answer({ method, path, headers, body }: Heard, response: ServerResponse): boolean {
    if (this.isDown) return (response.destroy(), true);
    const who = String(headers["authorization"]).replace(/Bearer (vt|ct)_/, "");
    const [, id, changes] = /drafts\/(dr_\w+)(\/changes)?/.exec(path) ?? [];
    if (id === undefined) return path.startsWith("/v1/drafts") && (method === "POST" ? this.#open(who, response) : this.#list(who, response));
    const cart = this.carts.get(id);
    const claimant = cart?.mergedInto ? this.of(cart.mergedInto).owner : null;
    if (cart === undefined || ![cart.owner, claimant].includes(who)) problem(404, "not-found")({} as Heard, response);
    else if (changes !== undefined) this.#change(cart, body as { writer: string; changes: Sent[] }, response);
    else json(response, 200, path.includes("since") ? deltaOf(id, cart) : draftOf(id, cart), { ETag: `"k.${cart.revision}"` });
    return true;
  }

  #open(who: string, response: ServerResponse): boolean {
    const known = [...this.carts].find(([, { owner, status }]) => owner === who && status === "open");
    const id = known?.[0] ?? `dr_new${this.carts.size}`;
    const cart = known?.[1] ?? this.add(id, who);
    json(response, 200, draftOf(id, cart), { ETag: `"k.${cart.revision}"` });
    return true;
  }

  #list(who: string, response: ServerResponse): boolean {
    const items = [...this.carts].flatMap(([id, cart]) => (cart.owner === who && cart.status === "open" ? [draftOf(id, cart)] : []));
    json(response, 200, { items, next: null });
    return true;
  }

  #change(cart: Stored, { writer, changes }: { writer: string; changes: Sent[] }, response: ServerResponse): void {
    const known = (seq: number): boolean => cart.taken.has(`${writer} ${seq}`);
    if (cart.mergedInto !== null) {
      const results = changes.map(({ seq }) => ({ seq, status: known(seq) ? "applied" : "not_applied" }));
      return this.#reply(response, () => problem(409, "draft-merged", { merged_into: cart.mergedInto, results })({} as Heard, response));
    }
    if (cart.status === "parked" && !changes.every(({ seq }) => known(seq))) {
      const results = changes.map(({ seq }) => ({ seq, status: known(seq) ? "applied" : "not_applied" }));
      return this.#reply(response, () => problem(409, "draft-parked", { results })({} as Heard, response));
    }
    const isOpen = cart.status === "open";
    const results = changes.map(({ seq, ops }) => {
      if (known(seq)) return { seq, status: "replayed", was: "applied", revision: cart.revision };
      if (!isOpen) return { seq, status: "rejected", code: "draft-closed", revision: cart.revision };
      cart.taken.set(`${writer} ${seq}`, ops);
      cart.revision += 1;
      return { seq, status: "applied", revision: cart.revision };
    });
    const isClosed = results.some(({ status }) => status === "rejected");
    this.#reply(response, () => (isClosed ? problem(409, "draft-closed", { results })({} as Heard, response) : json(response, 200, { revision: cart.revision, epoch: "k", results, conflicts: [] })));
  }

  #reply(response: ServerResponse, answer: () => void): void {
    if (this.losing-- > 0) response.destroy();
    else answer();
  }
}

function draftOf(id: string, { owner, status, revision, mergedInto }: Stored): WireDraft {
  const about = { id, process: "cart", kind: "cart", key: "default", customer: `cu_${owner}`, status, revision, lines: [], unavailable: [], totals: TOTALS, merged_into: mergedInto };
  return { ...about, position: null, conflicts: [], created_at: "", updated_at: "", expires_at: "" } as unknown as WireDraft;
}

const deltaOf = (id: string, cart: Stored): Delta => ({ ...draftOf(id, cart), from: 0, epoch: "k", keys: [] }) as unknown as Delta;

let shop: Shop;

beforeEach(() => {
  shop = new Shop();
  shop.add("dr_guest", "guest");
  shop.add("dr_ann", "ann");
  here.server.disturb(/./, (request, response) => shop.answer(request, response), 10_000);
  here.kept.set("retoma.visitor.pk_1", "vt_guest");
});

/** A page of a customer, on the same device. */
const signedIn = (customer: string): Retoma => here.connect({ customer, getToken: () => `ct_${customer}` });

/** A page of the guest, who has two tees in the cart that the server has. */
async function guest(): Promise<{ cart: Cart; retoma: Retoma }> {
  const retoma = here.connect();
  const cart = cartOf(retoma);
  cart.add("tee", 2);
  await cart.saved();
  return { cart, retoma };
}

/** A cart of the customer, once all that waits for it was asked for. */
async function visit(customer: string): Promise<Cart> {
  const cart = cartOf(signedIn(customer));
  await cart.resume();
  await cart.flush();
  await cart.refresh();
  return cart;
}

const sent = (cart: string): Heard[] => here.server.of(new RegExp(`POST .*${cart}/changes`));
const codes = (cart: Cart): (string | null)[][] => [cart.rejected.map(({ code, ops }) => `${code} ${ops.map(({ op }) => op).join()}`), cart.warnings.map(({ code, sku, quantity }) => `${code} ${sku} ${quantity}`)];

/** A guest whose cart was claimed while more was done to it. */
async function late(): Promise<{ cart: Cart; retoma: Retoma }> {
  const page = await guest();
  shop.claim("dr_guest", "dr_ann");
  page.cart.add("mug", 3);
  return page;
}

describe("a guest who adds too late", () => {
  it("is told that it waits, and nothing of it goes into anybody's cart", async () => {
    const { cart } = await late();
    await expect(cart.saved()).rejects.toMatchObject({ code: "draft-merged", name: "AuthRequiredError" });
    expect([cart.status, cart.mergedInto, cart.lines, codes(cart)]).toEqual(["merged", "dr_ann", [], [[], ["waits-for-sign-in mug 3"]]]);
    expect([sent("dr_ann"), [...shop.carts.keys()]]).toEqual([[], ["dr_guest", "dr_ann"]]);
  });

  it("has nothing set aside that they took back themselves", async () => {
    const { cart } = await guest();
    shop.claim("dr_guest", "dr_ann");
    const [mug, lamp] = [cart.add("mug", 3), cart.add("lamp", 2)];
    cart.decrement(mug);
    cart.remove(lamp);
    cart.goTo("delivery");
    await cart.flush();
    expect(codes(cart)).toEqual([[], ["waits-for-sign-in mug 2"]]);
  });

  it("may go on with a cart of their own, and sign out once they give up what waits", async () => {
    const { cart, retoma } = await late();
    await cart.flush();
    cart.add("pen");
    await cart.saved();
    expect([cart.lines.length, cart.mergedInto, shop.given("dr_new2")]).toEqual([0, null, { pen: 1 }]);
    await retoma.flush();
    await expect(retoma.signOut()).rejects.toMatchObject({ code: "unsent-changes" });
    await retoma.signOut({ discardUnsent: true });
    await visit("ann");
    expect(shop.given("dr_ann")).toEqual({});
  });

  it("keeps it through a reload of the page, and is asked for no other cart's sake", async () => {
    const { cart, retoma } = await late();
    await cart.flush();
    retoma.close();
    const again = cartOf(here.connect());
    const seen: (string | null)[] = [];
    again.subscribe(({ mergedInto }) => seen.push(mergedInto));
    await again.ready;
    await again.resume();
    // A page that reloads once it is told so does not do it for ever.
    expect(new Set(seen)).toEqual(new Set([null]));
    expect(codes(again)).toEqual([[], ["waits-for-sign-in mug 3"]]);
    await visit("ann");
    expect(shop.given("dr_ann")).toEqual({ mug: 3 });
  });
});

describe("the customer's page on that device", () => {
  it("takes it into their cart once, and the guest's page says no more that it waits", async () => {
    const { cart } = await late();
    await cart.flush();
    const ann = await visit("ann");
    await visit("ann");
    expect([shop.given("dr_ann"), sent("dr_ann").length, ann.rejected]).toEqual([{ mug: 3 }, 1, []]);
    expect(sent("dr_ann")[0]?.headers["authorization"]).toBe("Bearer ct_ann");
    await cart.saved();
    cart.add("pen");
    await cart.saved();
    expect(cart.warnings).toEqual([]);
  });

  it("asks what became of what the guest's page could not ask any more", async () => {
    const { cart, retoma } = await guest();
    shop.losing = 1;
    cart.add("mug", 3);
    await expect(cart.flush()).rejects.toMatchObject({ code: "no-answer" });
    retoma.close();
    shop.claim("dr_guest", "dr_ann");
    const ann = await visit("ann");
    expect([shop.given("dr_ann"), codes(ann)]).toEqual([{}, [[], []]]);
    const { rows } = await keptOf("visitor:");
    expect(rows).toEqual([]);
  });

  it("takes what the guest has left there unsent", async () => {
    const { cart, retoma } = await guest();
    shop.isDown = true;
    cart.add("mug", 3);
    cart.add("tee", 1);
    await expect(cart.flush()).rejects.toMatchObject({ code: "no-answer" });
    retoma.close();
    shop.isDown = false;
    shop.claim("dr_guest", "dr_ann");
    await visit("ann");
    expect(shop.given("dr_ann")).toEqual({ mug: 3, tee: 1 });
  });

  it("may be killed between the add and its answer: it counts once", async () => {
    const { cart } = await late();
    await cart.flush();
    shop.losing = 1;
    const killed = signedIn("ann");
    await cartOf(killed).resume();
    await vi.waitFor(() => expect(shop.given("dr_ann")).toEqual({ mug: 3 }));
    killed.close();
    await visit("ann");
    expect([shop.given("dr_ann"), new Set(sent("dr_ann").map(({ text }) => text)).size]).toEqual([{ mug: 3 }, 1]);
    expect(sent("dr_ann").length).toBeGreaterThan(1);
  });

  it("takes it into the next cart where theirs was ordered meanwhile", async () => {
    const { cart } = await late();
    await cart.flush();
    shop.of("dr_ann").status = "completed";
    await visit("ann");
    await visit("ann");
    expect([shop.given("dr_ann"), shop.given("dr_new2")]).toEqual([{}, { mug: 3 }]);
  });
});

describe("anybody else on that device", () => {
  it("never sends it, signed in or as the next guest, and no customer is shown it", async () => {
    const { cart, retoma } = await late();
    await cart.flush();
    retoma.close();
    const bob = await visit("bob");
    bob.add("lamp");
    await bob.saved();
    expect([bob.lines.length, codes(bob), sent("dr_ann")]).toEqual([0, [[], []], []]);
    here.kept.set("retoma.visitor.pk_1", "vt_next");
    const next = cartOf(here.connect());
    // At once, before anything that is kept was read.
    next.add("pen");
    await next.saved();
    expect([sent("dr_ann"), shop.given(next.id ?? "")]).toEqual([[], { pen: 1 }]);
    await visit("ann");
    expect(shop.given("dr_ann")).toEqual({ mug: 3 });
  });
});

describe("a page that has the customer's token already", () => {
  it("sends on what was not applied at once, and goes on in the customer's cart", async () => {
    const ann = cartOf(signedIn("ann"));
    shop.carts.delete("dr_ann");
    ann.add("tee", 2);
    await ann.saved();
    shop.losing = 1;
    ann.add("mug", 3);
    await expect(ann.flush()).rejects.toMatchObject({ code: "no-answer" });
    ann.add("mug", 1);
    const first = ann.id ?? "";
    shop.add("dr_saved", "ann");
    shop.claim(first, "dr_saved");
    await ann.flush();
    await ann.refresh();
    expect([shop.given(first), shop.given("dr_saved"), ann.id, codes(ann)]).toEqual([{ tee: 2, mug: 3 }, { mug: 1 }, "dr_saved", [[], []]]);
  });
});

describe("a page of a customer whose cart was parked elsewhere", () => {
  /** Its add has arrived, without an answer; what came after it has not. */
  async function parked(): Promise<Cart> {
    const ann = cartOf(signedIn("ann"));
    ann.add("tee", 2);
    await ann.saved();
    shop.losing = 1;
    const mug = ann.add("mug", 3);
    await expect(ann.flush()).rejects.toMatchObject({ code: "no-answer" });
    ann.decrement(mug);
    ann.add("pen");
    return ann;
  }

  it("takes what it adds late into the active one, once, and tells of the rest", async () => {
    const ann = await parked();
    shop.of("dr_ann").status = "parked";
    shop.add("dr_active", "ann");
    await ann.flush();
    await ann.refresh();
    expect([shop.given("dr_ann"), shop.given("dr_active"), ann.id]).toEqual([{ tee: 2, mug: 3 }, { pen: 1 }, "dr_active"]);
    expect(codes(ann)).toEqual([["draft-parked decrement"], []]);
  });

  it("begins one where there is no active one", async () => {
    const ann = await parked();
    shop.of("dr_ann").status = "parked";
    await ann.flush();
    expect([shop.given("dr_ann"), shop.given("dr_new2"), ann.id]).toEqual([{ tee: 2, mug: 3 }, { pen: 1 }, "dr_new2"]);
  });

  it("says so where it hears of it, and goes on with the active one when asked to", async () => {
    const ann = cartOf(signedIn("ann"));
    ann.add("tee", 2);
    await ann.saved();
    Object.assign(shop.of("dr_ann"), { status: "parked", revision: 9 });
    shop.add("dr_active", "ann");
    await ann.refresh();
    expect([ann.status, ann.state]).toEqual(["parked", "closed"]);
    expect([await ann.restart(), ann.id, ann.status]).toEqual([true, "dr_active", "open"]);
  });
});

describe("a page to which the guest has handed the cart", () => {
  it.each([
    ["was merged", "draft-merged", (): void => shop.claim("dr_1", "dr_ann")],
    ["was parked", "draft-parked", (): void => void (shop.of("dr_1").status = "parked")],
  ])("ends with one that %s, and hears only of what was not taken", async (_title, code, end) => {
    here.server.hold(draftOf("dr_1", shop.add("dr_1", "Bearer gr_1")));
    const retoma = here.connect();
    const cart = cartOf((await retoma.redeem("ho_t_h_s~n1")) ?? retoma);
    shop.losing = 1;
    cart.add("tee", 2);
    await expect(cart.flush()).rejects.toMatchObject({ code: "no-answer" });
    cart.add("mug");
    end();
    await expect(cart.flush()).rejects.toMatchObject({ code });
    expect([cart.rejected.map(({ code: why, ops }) => [why, ops]), sent("dr_ann")]).toMatchObject([[[code, [{ op: "add", sku: "mug" }]]], []]);
  });
});

const step = (op: object, key = "ln_mug") => ({ wire: { seen: 4, ...op } as CartOp, path: `/lines/${key}` });
const add = (quantity: number) => step({ op: "add", sku: "mug", quantity });
const one = (op: string, quantity: number) => step({ op, line: "ln_mug", quantity });

/** What becomes of steps, one change each, for a cart that had tees. */
function sortedOf(...steps: ReturnType<typeof step>[]) {
  const start = emptyState("w");
  const outbox = steps.reduce((box, each) => push(box, [each], true), start.outbox);
  const stored = { ...start.stored, revision: 4, leaves: new Map([["/lines/ln_tee/sku", "tee"]]) };
  const { rows, refused, state } = sorted({ ...start, id: "dr_guest", stored, outbox }, { code: "draft-merged", writer: "" }, "dr_ann", () => "w_late");
  const adds = rows.map(lateIn).map(({ to, op }) => [to, op.sku, op.quantity, op.seen]);
  return { adds, refused: refused.map(({ code, ops }) => `${code} ${ops.map(({ op }) => op).join()}`), left: state.outbox.changes.length };
}

describe("what was done too late to a cart that was claimed", () => {
  it.each([
    ["is one add a line, as far as it was added", [add(1), one("decrement", 1), add(2), step({ op: "info", line: "ln_mug", info: { gift: "Bob" } })], [2], []],
    ["is no add where it was taken back", [add(2), step({ op: "remove", line: "ln_mug" })], [], []],
    ["is as many as were typed of what was not there before", [add(2), one("set_quantity", 7)], [7], []],
    ["goes to the person where it took more than they had added", [add(2), one("decrement", 3)], [], ["decrement"]],
    ["goes to the person where it was done to what the cart had", [step({ op: "remove", line: "ln_tee" }, "ln_tee"), step({ op: "set_quantity", line: "ln_tee", quantity: 9 }, "ln_tee"), step({ op: "decrement", line: "ln_tee" }, "ln_tee")], [], ["remove", "set_quantity", "decrement"]],
    ["is an add, and a removal that nobody makes, on a line that the cart had", [step({ op: "add", sku: "tee", quantity: 2 }, "ln_tee"), step({ op: "remove", line: "ln_tee" }, "ln_tee")], [], ["remove"]],
  ] as const)("%s", (_title, steps, adds, refused) => {
    const found = sortedOf(...steps);
    expect(found).toEqual({ adds: adds.map((quantity) => ["dr_ann", "mug", quantity, 0]), refused: refused.map((op) => `draft-merged ${op}`), left: 0 });
  });

  it("is asked about first where nobody knows whether it arrived", () => {
    const start = emptyState("w");
    const outbox = push(push(start.outbox, [add(1)], true), [add(2)], true);
    const underWay = { ...outbox, changes: outbox.changes.map((change) => ({ ...change, sent: change.seq === 1 })) };
    const { rows, state } = sorted({ ...start, outbox: underWay }, { code: "draft-merged", writer: "" }, "dr_ann", () => "w_late");
    expect([rows, state.outbox.changes.length]).toEqual([[], 2]);
  });
});

async function keptOf(prefix: string) {
  const owner = `${prefix}${here.kept.get("retoma.installation")}`;
  return new IndexedDbStorage(here.device).read({ owner, draft: JSON.stringify(["cart", "default", "cart"]) });
}
