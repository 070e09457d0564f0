/** What a cart shows while changes wait: what is stored, and over it what they will do if nobody comes between. Pure. */

import type { Step } from "../outbox.js";
import type { AddOp, DecrementOp, InfoOp, Op } from "../wire.js";
import type { CartLine, LineInfo } from "./lines.js";
import { keyOf } from "./place.js";

/**
 * The lines on screen, among them those that cannot be had. Only an add makes a line, and nothing makes one that was removed come back.
 *
 * A line that waits to be removed is not shown, though somebody may have added to it unseen: the answer tells.
 */
export function folded(stored: readonly CartLine[], steps: readonly Step[]): readonly CartLine[] {
  const lines = new Map(stored.map((line) => [line.key, line]));
  for (const step of steps) apply(lines, step);
  return [...lines.values()];
}

function apply(lines: Map<string, CartLine>, step: Step): void {
  const { wire } = step;
  const key = keyOf(step);
  const line = lines.get(key);
  if (wire.op === "add" && !wire.line) lines.set(key, added(line ?? fresh(key, wire), wire));
  else if (line && wire.op === "info") lines.set(key, { ...line, info: informed(line.info, wire), isPending: true });
  else if (line) put(lines, { ...line, quantity: after(line.quantity, wire), isPending: true });
}

/** How many pieces of a line there are after an op. */
function after(before: number, wire: Op): number {
  const { quantity = 1 } = wire as Partial<DecrementOp>;
  if (wire.op === "add") return before + quantity;
  if (wire.op === "decrement") return before - quantity;
  return wire.op === "set_quantity" ? quantity : 0;
}

function put(lines: Map<string, CartLine>, line: CartLine): void {
  if (line.quantity > 0) lines.set(line.key, line);
  else lines.delete(line.key);
}

function fresh(key: string, { sku = "", attributes = {}, offer = null, fulfilment = null, parent = null, split = null }: AddOp): CartLine {
  return { key, sku, attributes, offer, fulfilment, parent, split, quantity: 0, info: {}, price: null, maxQuantity: null, by: null, isPending: true };
}

function added(line: CartLine, wire: AddOp): CartLine {
  return { ...line, quantity: after(line.quantity, wire), info: informed(line.info, wire), price: wire.price ?? line.price, isPending: true };
}

function informed(before: LineInfo, { info }: Pick<InfoOp | AddOp, "info">): LineInfo {
  return Object.fromEntries(Object.entries({ ...before, ...info }).filter(([, value]) => value !== null));
}
