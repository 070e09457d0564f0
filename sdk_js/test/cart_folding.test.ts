/**
 * Promise: a cart shows what its server will make of it; whatever is lost, repeated or reloaded on the way, each add counts
 * once, what is removed stays away, and nobody takes away what they never had on screen.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { folded } from "../src/cart/folding.js";
import { type Identity, lineKey } from "../src/cart/identity.js";
import type { CartLine } from "../src/cart/lines.js";
import { withSeen } from "../src/outbox.js";
import { renumber } from "../src/settling.js";
import type { CartOp, Op } from "../src/wire.js";
import { CartWorld, type Mutant } from "./cart_world.js";
import { vectors } from "./vectors.js";

type Shown = Identity & Partial<Pick<CartLine, "quantity" | "price" | "info">>;
type Case = { name: string; stored: Shown[]; ops: (CartOp & { line?: string })[]; lines: Shown[] };

function lineOf({ sku, attributes = {}, offer = null, fulfilment = null, parent = null, split = null, quantity = 0, price = null, info = {} }: Shown): CartLine {
  const parts = { sku, attributes, offer, fulfilment, parent, split };
  return { key: lineKey(parts), ...parts, quantity, price, maxQuantity: null, info, by: null, isPending: false };
}

/** A case names a line that is no key by its sku. */
function stepOf(op: Case["ops"][0]) {
  const key = op.line === undefined ? lineKey({ sku: "none", ...op } as Identity) : lineKey({ sku: op.line });
  return { wire: "line" in op ? { ...op, line: key } : op, path: `/lines/${key}` };
}

describe("what waits", () => {
  it.each(vectors<Case>("cart_folding"))("$name", ({ stored, ops, lines }) => {
    const view = folded(stored.map(lineOf), ops.map(stepOf));
    expect(view.map((line) => ({ ...line, isPending: false }))).toEqual(lines.map(lineOf));
    expect(view.filter(({ isPending }) => isPending).every(({ key }) => ops.some((op) => stepOf(op).path.endsWith(key)))).toBe(true);
  });
});

const ACTS = ["add", "add", "plus", "minus", "type", "remove", "remove", "keep", "keep", "look", "leave", "reload", "news", "news", "send", "send", "lose request", "lose answer", "lose answer", "send twice"];

interface Act {
  readonly device: number;
  readonly tab: number;
  readonly act: string;
  readonly sku: string;
  readonly quantity: number;
}

const acts = fc.array(
  fc.record({ device: fc.nat({ max: 1 }), tab: fc.nat({ max: 1 }), act: fc.constantFrom(...ACTS), sku: fc.constantFrom("tee", "mug"), quantity: fc.integer({ min: 1, max: 3 }) }),
  { maxLength: 60 },
);

/** Two devices of two tabs, all of them at once. */
async function play(steps: readonly Act[], mutant: Mutant = {}): Promise<void> {
  const world = new CartWorld(2, mutant);
  for (const { device, tab, act, sku, quantity } of steps) await world.act(device, tab, act, sku, quantity);
  await world.settle();
  world.check();
}

/** One person on one device, who looks at a tab before doing anything in it; the leader of the tabs sends. */
async function playAlone(steps: readonly Act[], mutant: Mutant = {}): Promise<void> {
  const world = new CartWorld(1, mutant);
  const meant = (): string => JSON.stringify(Object.entries(world.meant).filter(([, quantity]) => quantity > 0).toSorted());
  for (const { tab, act, sku, quantity } of steps) {
    await world.act(0, tab, "look", sku, quantity);
    await world.act(0, /send|lose/.test(act) ? 0 : tab, act, sku, quantity);
    await world.act(0, tab, "keep", sku, quantity);
    for (const each of [0, 1]) await world.act(0, each, "look", sku, quantity);
    for (const each of [0, 1]) if (JSON.stringify(Object.entries(world.shown(0, each))) !== meant()) throw new Error(`${JSON.stringify(world.shown(0, each))} is shown where ${meant()} is meant`);
  }
  await world.settle();
  world.check();
  if (world.server.quantity !== Object.values(world.meant).reduce((sum, quantity) => sum + Math.max(0, quantity), 0)) throw new Error("the server has something else");
}

const run = (how: typeof play, mutant?: Mutant) => fc.assert(fc.asyncProperty(acts, (steps) => how(steps, mutant)), { numRuns: mutant ? 6000 : 600 });

/** The property fails, and for this reason. */
async function breaks(how: typeof play, mutant: Mutant, reason: RegExp): Promise<void> {
  const failure = await run(how, mutant).then(() => null, (error: Error) => error);
  expect(String(failure?.cause ?? failure)).toMatch(reason);
}

const everySeen = (change: (seen: number) => number) => (op: Op): Op => ("seen" in op ? withSeen(op, { revision: change(op.seen), also: ("also" in op && op.also) || {} }) : op);

describe("two people at one cart with a bad network", () => {
  it("never take away what they had not seen, and see the same in the end", () => run(play), 60_000);

  it("would, if what was seen were raised", () => breaks(play, { op: everySeen(() => 1_000_000) }, /never on screen/), 60_000);
});

describe("one person at one cart with a bad network", () => {
  it("always sees what they have done, each click once", () => run(playAlone), 60_000);

  it("would see a click twice, if news were taken in while it is under way", () => breaks(playAlone, { isHasty: true }, /is meant|something else|never on screen|is shown for/), 60_000);

  it("would have a click twice, if a lost answer were asked for under another number", async () => {
    let count = 0;
    await breaks(playAlone, { retry: (state) => renumber(state, state.outbox.changes[0]?.writer ?? "", `w_again_${++count}`) }, /is meant|something else|leaves a gap|has changed|never on screen|is shown for/);
  }, 60_000);

  it("would not get rid of something, if a removal did not say what of the other tabs was on screen", () =>
    breaks(playAlone, { op: (op) => ("seen" in op ? withSeen(op, { revision: op.seen, also: {} }) : op) }, /is meant|something else|never on screen|is shown for/), 60_000);
});
