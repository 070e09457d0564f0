/** What a person does to a cart, as steps that wait to be sent. Pure. */

import { RejectedError } from "../errors.js";
import type { Entry, Step } from "../outbox.js";
import { entered, type State } from "../rebasing.js";
import type { Also, CartOp, ClearOp, InfoOp, Json, RemoveOp } from "../wire.js";
import type { CartLine } from "./lines.js";
import { keyOf, notePathOf, pathOf } from "./place.js";

type Without<Op, Members extends PropertyKey> = Op extends unknown ? Omit<Op, Members> : never;

/** What a person does, before it is said what they saw. */
export type Wish = Without<Exclude<CartOp, ClearOp | InfoOp>, "seen" | "also">;

const MOST_PIECES = 10_000;

/**
 * Adds what a person does to what is not kept yet.
 *
 * @param key - Of the line that it is done to.
 * @param shown - The line as it is on screen: the next cart does not know it, and a warning should name it.
 */
export function wished(state: State, wish: Wish, key: string, shown?: CartLine): State {
  const wire = { ...wish, ...seenAt(state, key) } as CartOp;
  const step: Step = { wire, path: pathOf(key), ...(shown && { about: about(shown) }) };
  return { ...state, buffer: entering(state.buffer, step, state.outbox.order) };
}

/** Adds a note; what a device may not keep of it is known by its name. */
export function noted(state: State, name: string, value: Json, line: CartLine): State {
  const wire = { op: "info", line: line.key, info: { [name]: value }, seen: state.stored.revision } as const;
  const step: Step = { wire, path: notePathOf(name, line.key), value, about: about(line) };
  return { ...state, buffer: [...state.buffer, { whole: true, order: state.outbox.order, steps: [step] }] };
}

/** A number of pieces, as somebody gave it. */
export function pieces(quantity: number, least = 1): number {
  if (Number.isInteger(quantity) && quantity >= least && quantity <= MOST_PIECES) return quantity;
  throw new RejectedError({ code: "invalid-quantity", message: "This is no quantity." });
}

/** All that an add says of a line. */
const about = ({ sku, attributes, offer, fulfilment, parent, split, price }: CartLine): Json =>
  ({ sku, attributes, offer, fulfilment, parent, split, price }) as unknown as Json;

/** A step that waits, and by whom; own ones that are not kept yet come last. */
interface Waiting {
  readonly wire: CartOp;
  readonly writer: string;
  readonly seq: number;
}

/**
 * What somebody sees of a line who sees what is stored and what waits.
 *
 * What lies below the last step that hides it was seen only as far as that step's author saw it.
 */
function seenAt(state: State, key: string): { readonly seen: number; readonly also: Also } {
  const touching = waitingAt(state, key);
  const at = touching.findLastIndex(({ wire }) => hides(wire));
  const hider = touching[at];
  const { seen = Infinity, also = {} } = (hider?.wire ?? {}) as Partial<RemoveOp>;
  const hidden = touching.slice(0, Math.max(at, 0)).filter(({ writer, seq }) => writer !== hider?.writer && (also[writer] ?? 0) < seq);
  const shown = touching.slice(Math.max(at, 0)).filter(({ writer }) => writer !== state.outbox.writer && hidden.every((other) => other.writer !== writer));
  return { seen: Math.min(state.stored.revision, seen), also: { ...also, ...Object.fromEntries(shown.map(({ writer, seq }) => [writer, seq])) } };
}

/** Whether other pieces of a line show no more after an op. */
const hides = ({ op }: CartOp): boolean => op === "remove" || op === "set_quantity";

function waitingAt(state: State, key: string): readonly Waiting[] {
  const { writer, changes } = state.outbox;
  const all = [...changes, ...entered(state).map(({ steps }) => ({ steps, writer, seq: Infinity }))];
  return all.flatMap(({ steps, ...by }) => steps.filter((step) => keyOf(step) === key).map(({ wire }) => ({ ...by, wire: wire as CartOp })));
}

/** Clicks on one stepper before they are kept are one step. */
function entering(entries: readonly Entry[], step: Step, order: number): readonly Entry[] {
  const last = entries.at(-1);
  const joint = last?.order === order && last.steps.length === 1 ? together(last.steps[0] as Step, step) : null;
  if (joint !== null) return [...entries.slice(0, -1), { whole: true, order, steps: [joint] }];
  return [...entries, { whole: true, order, steps: [step] }];
}

function together(before: Step, step: Step): Step | null {
  const [one, other] = [before.wire as CartOp, step.wire as CartOp];
  if (!("quantity" in one && "quantity" in other) || bare(one) !== bare(other)) return null;
  const quantity = one.op === "set_quantity" ? (other.quantity as number) : (one.quantity ?? 1) + (other.quantity ?? 1);
  return quantity > MOST_PIECES ? null : { ...before, wire: { ...one, quantity } };
}

/** An op without how much, and what was seen. */
const bare = (op: CartOp): string => JSON.stringify({ ...op, quantity: 0, seen: 0, also: 0 });
