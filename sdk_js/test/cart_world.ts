/**
 * Devices with a cart, a bad network, and a server by the rule of lots alone. The oracle keeps its own record of what each
 * tab has shown; it does not read `seen`.
 */

import { folded } from "../src/cart/folding.js";
import { type Identity, lineKey } from "../src/cart/identity.js";
import { storedCart } from "../src/cart/lines.js";
import { wished } from "../src/cart/steps.js";
import { Keeping } from "../src/keeping/keeping.js";
import { memoryStorage } from "../src/keeping/memory.js";
import { Shelf } from "../src/keeping/shelf.js";
import { send } from "../src/batching.js";
import { isHeld, take } from "../src/news.js";
import { onWire } from "../src/outbox.js";
import { emptyState, isUnsent, type State, waiting } from "../src/rebasing.js";
import { settle } from "../src/settling.js";
import type { Also, CartOp, ChangesReply, Delta, Op, Result, WireLine } from "../src/wire.js";

const LIMIT = { changes: 2, bytes: 60_000 };
const NOBODY = { kind: "visitor", channel: "web", writer: null, device: null, name: null } as const;

/** Pieces of one add; `id` is the oracle's. */
interface Lot {
  readonly id: string;
  readonly writer: string;
  readonly seq: number;
  readonly revision: number;
  readonly quantity: number;
}

interface Author {
  readonly writer: string;
  readonly seq: number;
}

/** What a broken client would do. */
export interface Mutant {
  /** Takes in news though changes are under way. */
  readonly isHasty?: boolean;
  /** Makes something else of the state after a request of which nobody knows whether it arrived. */
  readonly retry?: (state: State) => State;
  /** Makes something else of an op on its way. */
  readonly op?: (op: Op) => Op;
}

/** A cart by lots: a removal takes those that its author had seen, and their own. */
export class ModelCart {
  revision = 0;
  readonly lines = new Map<string, { sku: string; lots: Lot[]; revision: number }>();
  /** By revision, the ids that were there of each line. */
  readonly history: ReadonlyMap<string, readonly string[]>[] = [new Map()];
  /** Removals that took something: what, and by which op. */
  readonly taken: { readonly ids: readonly string[]; readonly by: string }[] = [];
  readonly #done = new Map<string, { result: Result; ops: string }>();
  readonly #last = new Map<string, number>();

  answer(writer: string, since: number, changes: readonly { seq: number; ops: readonly Op[] }[]): ChangesReply {
    const results = changes.map((change) => this.#once({ writer, seq: change.seq }, change.ops));
    return { revision: this.revision, epoch: "e", results, conflicts: [], delta: this.since(since) };
  }

  since(from: number): Delta {
    const keys = [...this.lines.keys()];
    const lines = [...this.lines].filter(([, line]) => line.revision > from).map(([key, { sku, lots, revision }]) => lineOf(key, sku, lots, revision));
    const totals = { lines: keys.length, quantity: this.quantity, unpriced: keys.length, price_hash: "", amounts: [] };
    const about = { id: "dr", epoch: "e", status: "open", conflicts: [], updated_at: "", expires_at: "" };
    return { ...about, from, revision: this.revision, lines, keys, totals, completion: null } as unknown as Delta;
  }

  get quantity(): number {
    return [...this.lines.values()].flatMap(({ lots }) => lots).reduce((sum, lot) => sum + lot.quantity, 0);
  }

  #once(author: Author, ops: readonly Op[]): Result {
    const id = `${author.writer} ${author.seq}`;
    const text = JSON.stringify(ops);
    const first = this.#done.get(id);
    if (first !== undefined && first.ops !== text) throw new Error(`${id} has changed after it was sent`);
    if (first !== undefined) return { ...first.result, status: "replayed", was: first.result.status as "applied" };
    if (author.seq !== (this.#last.get(author.writer) ?? 0) + 1) throw new Error(`${id} leaves a gap`);
    this.#last.set(author.writer, author.seq);
    this.revision += 1;
    for (const op of ops as readonly CartOp[]) this.#apply(author, op);
    this.history.push(new Map([...this.lines].map(([key, { lots }]) => [key, lots.map((lot) => lot.id)])));
    const result: Result = { seq: author.seq, status: "applied", revision: this.revision };
    this.#done.set(id, { result, ops: text });
    return result;
  }

  #apply(author: Author, op: CartOp): void {
    if (op.op === "add" && op.line === undefined) return this.#add(author, lineKey(op as Identity), op.sku ?? "", op.quantity ?? 1, idOf(op));
    if (!("line" in op) || op.line === undefined) throw new Error(`unknown op ${op.op}`);
    const line = this.lines.get(op.line);
    if (line === undefined) return;
    if (op.op === "remove") this.#remove(author, op.line, op.seen, op.also, idOf(op));
    else if (op.op === "add") this.#add(author, op.line, line.sku, op.quantity ?? 1, idOf(op));
    else if (op.op === "decrement") this.#decrement(author, op.line, op.quantity ?? 1);
    else if (op.op === "set_quantity") this.#put(op.line, [{ id: "", ...author, revision: this.revision, quantity: op.quantity }]);
  }

  #add(author: Author, key: string, sku: string, quantity: number, id: string): void {
    const line = this.lines.get(key) ?? { sku, lots: [], revision: 0 };
    this.lines.set(key, line);
    this.#put(key, [...line.lots, { id, ...author, revision: this.revision, quantity }]);
  }

  #decrement({ writer }: Author, key: string, quantity: number): void {
    let rest = quantity;
    const lots = this.lines.get(key)?.lots ?? [];
    const first = lots.toSorted((one, other) => Number(other.writer === writer) - Number(one.writer === writer) || one.revision - other.revision);
    const left = first.map((lot) => {
      const taken = Math.min(rest, lot.quantity);
      rest -= taken;
      return { ...lot, quantity: lot.quantity - taken };
    });
    this.#put(key, left.filter((lot) => lot.quantity > 0));
  }

  #remove({ writer }: Author, key: string, seen: number, also: Also | undefined, by: string): void {
    const isKnown = (lot: Lot): boolean => lot.revision <= seen || lot.writer === writer || lot.seq <= (also?.[lot.writer] ?? 0);
    const lots = this.lines.get(key)?.lots ?? [];
    this.taken.push({ by, ids: lots.filter(isKnown).map((lot) => lot.id) });
    this.#put(key, lots.filter((lot) => !isKnown(lot)));
  }

  #put(key: string, lots: Lot[]): void {
    const line = this.lines.get(key);
    if (line !== undefined) Object.assign(line, { lots, revision: this.revision });
    if (lots.length === 0) this.lines.delete(key);
  }
}

/** Ops are named in a field that the server does not read. */
const idOf = (op: object): string => ("id" in op ? String(op.id) : "");

function lineOf(key: string, sku: string, lots: readonly Lot[], revision: number): WireLine {
  const quantity = lots.reduce((sum, lot) => sum + lot.quantity, 0);
  return { key, sku, attributes: {}, offer: null, fulfilment: null, parent: null, split: null, quantity, info: {}, price: null, max_quantity: null, revision, by: NOBODY };
}

/** The pieces of each line that a state shows. */
export function shown(state: State): Record<string, number> {
  const lines = folded(storedCart(state.stored.leaves).lines, waiting(state));
  return Object.fromEntries(lines.map(({ sku, quantity }) => [sku, quantity]).toSorted());
}

/** One page load: it shows, keeps and sends through the real {@link Keeping}. */
class Tab {
  readonly keeping: Keeping;
  readonly everShown = new Set<string>();

  constructor(shelf: Shelf, writer: string) {
    this.keeping = new Keeping(shelf, "cart", { ...emptyState(writer), id: "dr" });
  }

  get state(): State {
    return this.keeping.state;
  }

  /** Notes which adds are on screen: those stored, and those that wait, except what a waiting step hides. */
  look(server: ModelCart, keys: readonly string[]): void {
    for (const key of keys) {
      const steps = waiting(this.state).filter(({ path }) => path === `/lines/${key}`);
      const hider = steps.findLastIndex(({ wire }) => ["remove", "set_quantity"].includes(wire.op));
      const stored = hider === -1 ? (server.history[this.state.stored.revision]?.get(key) ?? []) : [];
      for (const id of [...stored, ...steps.slice(hider + 1).map(({ wire }) => idOf(wire))]) this.everShown.add(id);
    }
  }
}

interface Device {
  readonly shelf: Shelf;
  readonly tabs: Tab[];
}

/** Some devices of two tabs each, and what all of them did. */
export class CartWorld {
  readonly server = new ModelCart();
  readonly #mutant: Mutant;
  readonly #devices: Device[];
  readonly #shownAtAct = new Map<string, ReadonlySet<string>>();
  readonly #keys = ["tee", "mug"].map((sku) => lineKey({ sku }));
  /** What one person would have, by their own count. */
  readonly meant: Record<string, number> = {};
  #count = 0;

  constructor(devices: number, mutant: Mutant = {}) {
    this.#mutant = mutant;
    this.#devices = Array.from({ length: devices }, () => {
      const shelf = new Shelf(memoryStorage());
      shelf.belongTo("visitor");
      return { shelf, tabs: [this.#tab(shelf), this.#tab(shelf)] };
    });
  }

  /** What a tab shows. */
  shown(device: number, at: number): Record<string, number> {
    const { tabs } = this.#devices[device] as Device;
    return shown((tabs[at] as Tab).state);
  }

  /** Lets something happen in one tab. */
  async act(device: number, at: number, act: string, sku: string, quantity: number): Promise<void> {
    const { shelf, tabs } = this.#devices[device] as Device;
    const tab = tabs[at] as Tab;
    if (act === "keep") await tab.keeping.apply();
    else if (act === "look") await tab.keeping.reload();
    else if (act === "leave") tab.keeping.leave((state) => state);
    else if (act === "reload") tabs[at] = await this.#reload(shelf, tab);
    else if (act === "news") await this.#news(tab);
    else if (/send|lose/.test(act)) await this.#exchange(tab, act);
    else this.#wish(tab, act, sku, quantity);
    for (const each of tabs) each.look(this.server, this.#keys);
  }

  /** All that waits arrives at last, and everybody hears of it. */
  async settle(): Promise<void> {
    for (const tab of this.#devices.flatMap(({ tabs }) => tabs)) {
      await tab.keeping.apply();
      while (isUnsent(tab.state)) await this.#exchange(tab, "send");
    }
    for (const tab of this.#devices.flatMap(({ tabs }) => tabs)) await this.#news(tab);
  }

  /** Nobody took away what they never had on screen, and all see in the end what is stored. */
  check(): void {
    for (const { ids, by } of this.server.taken) {
      const unseen = ids.filter((id) => id !== "" && !this.#shownAtAct.get(by)?.has(id));
      if (unseen.length > 0) throw new Error(`${unseen.join()} was never on screen for the author of ${by}`);
    }
    const stored = Object.fromEntries([...this.server.lines.values()].map(({ sku, lots }) => [sku, lots.reduce((sum, lot) => sum + lot.quantity, 0)] as const).toSorted());
    for (const tab of this.#devices.flatMap(({ tabs }) => tabs)) {
      if (JSON.stringify(shown(tab.state)) !== JSON.stringify(stored)) throw new Error(`${JSON.stringify(shown(tab.state))} is shown for ${JSON.stringify(stored)}`);
    }
  }

  #tab(shelf: Shelf): Tab {
    return new Tab(shelf, `w_${++this.#count}`);
  }

  #wish(tab: Tab, act: string, sku: string, quantity: number): void {
    const key = lineKey({ sku });
    const there = shown(tab.state)[sku] ?? 0;
    const id = `a_${++this.#count}`;
    if (act !== "add" && there === 0) return;
    this.meant[sku] = { add: there + quantity, plus: there + quantity, minus: there - quantity, type: quantity }[act] ?? 0;
    this.#shownAtAct.set(id, new Set([...tab.everShown, ""]));
    const wishes = {
      add: { op: "add", sku, quantity, id },
      plus: { op: "add", line: key, quantity, id },
      minus: { op: "decrement", line: key, quantity },
      type: { op: "set_quantity", line: key, quantity },
      remove: { op: "remove", line: key, id },
    } as const;
    tab.keeping.show((state) => wished(state, wishes[act as keyof typeof wishes], key));
  }

  /** A page keeps what was done when it is left. */
  async #reload(shelf: Shelf, tab: Tab): Promise<Tab> {
    await tab.keeping.apply();
    await tab.keeping.end();
    const next = this.#tab(shelf);
    await next.keeping.apply();
    return next;
  }

  /** The stream tells, by the rule of `hear`. */
  async #news({ keeping }: Tab): Promise<void> {
    const delta = this.server.since(keeping.state.stored.revision);
    const { isHasty = false } = this.#mutant;
    await keeping.apply((state) => (!isHasty && isHeld(state, delta) ? state : take(state, delta).state));
  }

  async #exchange({ keeping }: Tab, act: string): Promise<void> {
    const { retry = same, op = (one: Op): Op => one } = this.#mutant;
    let batch: ReturnType<typeof send>["batch"] = [];
    const state = await keeping.apply((now) => {
      const sent = send(now, LIMIT);
      batch = sent.batch;
      return sent.state;
    });
    const [first] = batch;
    if (first === undefined) return;
    if (act === "lose request") return void (await keeping.apply(retry));
    const changes = batch.map(onWire).map(({ seq, ops }) => ({ seq, ops: ops.map(op) }));
    const since = state.stored.revision;
    if (act === "send twice") this.server.answer(first.writer, since, changes);
    const reply = this.server.answer(first.writer, since, changes);
    if (act === "lose answer") await keeping.apply(retry);
    else await keeping.apply((now) => settle(now, reply, first.writer).state);
  }
}

const same = (state: State): State => state;
