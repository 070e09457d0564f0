/**
 * Devices with several tabs, a bad network, and a server by the rule of the wire contract alone. The oracle keeps its own
 * record of what each tab has shown; it does not read `seen`.
 */

import { send } from "../src/batching.js";
import type { DraftStorage } from "../src/keeping/adapter.js";
import { DiscreetStorage } from "../src/keeping/discreet.js";
import { memoryStorage } from "../src/keeping/memory.js";
import { Keeping } from "../src/keeping/keeping.js";
import { Shelf } from "../src/keeping/shelf.js";
import { onWire } from "../src/outbox.js";
import { adopted } from "../src/news.js";
import { edit, emptyState, hasAside, isUnsent, type State, view } from "../src/rebasing.js";
import { settle } from "../src/settling.js";
import { knownAt } from "../src/stored.js";
import type { By, Cell, ChangesReply, Conflict, Delta, Json, Op, Result, WireDraft } from "../src/wire.js";

const LIMIT = { changes: 2, bytes: 60_000 };

/** What a broken client or server would do. */
export interface Mutant {
  /** Makes something else of the state after an answer. */
  readonly rebase?: (state: State) => State;
  /** Makes something else of the state after a request of which nobody knows whether it arrived. */
  readonly retry?: (state: State) => State;
  /** Makes something else of an op on its way. */
  readonly op?: (op: Op) => Op;
  /** The server replaces whatever is there. */
  readonly isBlind?: boolean;
}

/** A cell changed by another after `seen`, and not named in `also`, is not replaced. */
export class ModelServer {
  revision = 0;
  readonly cells = new Map<string, Cell & { readonly seq: number }>();
  /** Every value as often as it took effect, in the draft or in a conflict record. */
  readonly received: Json[] = [];
  readonly replaced: { value: Json; by: Json }[] = [];
  /** Values that were put aside, with the one that stayed. */
  readonly conflicts: { value: Json; stayed: Json }[] = [];
  readonly #done = new Map<string, { result: Result; ops: string }>();
  readonly #last = new Map<string, number>();
  readonly #isBlind: boolean;
  /** What devices may not keep. */
  readonly unstored: string[];

  constructor(isBlind = false, unstored: string[] = []) {
    this.#isBlind = isBlind;
    this.unstored = unstored;
  }

  answer(writer: string, since: number, changes: readonly { seq: number; ops: readonly Op[] }[]): ChangesReply {
    const results = changes.map((change) => this.#once(writer, change));
    return { revision: this.revision, epoch: "e", results, conflicts: [], delta: this.since(since) };
  }

  /** The draft as it is opened. */
  whole(): WireDraft {
    return { id: "dr", kind: "form", revision: 0, status: "open", data: {}, position: null, conflicts: [], unstored: this.unstored } as unknown as WireDraft;
  }

  since(from: number): Delta {
    const cells = Object.fromEntries([...this.cells].filter(([, cell]) => cell.revision > from));
    const about = { id: "dr", epoch: "e", status: "open", conflicts: [] as Conflict[], updated_at: "", expires_at: "" } as const;
    return { ...about, from, revision: this.revision, cells };
  }

  #once(writer: string, change: { seq: number; ops: readonly Op[] }): Result {
    const id = `${writer} ${change.seq}`;
    const ops = JSON.stringify(change.ops);
    const first = this.#done.get(id);
    if (first !== undefined && first.ops !== ops) throw new Error(`${id} has changed after it was sent`);
    if (first !== undefined) return { ...first.result, status: "replayed", was: first.result.status as "applied" };
    if (change.seq !== (this.#last.get(writer) ?? 0) + 1) throw new Error(`${id} leaves a gap`);
    this.#last.set(writer, change.seq);
    const clashes = change.ops.filter((op) => !this.#apply(writer, change.seq, op));
    const result: Result = { seq: change.seq, status: clashes.length > 0 ? "conflict" : "applied", revision: this.revision };
    this.#done.set(id, { result, ops });
    return result;
  }

  #apply(writer: string, seq: number, op: Op): boolean {
    if (op.op !== "set") throw new Error("only sets here");
    this.received.push(op.value);
    const cell = this.cells.get(op.path);
    const isOthers = cell !== undefined && cell.by.writer !== writer;
    const isUnseen = isOthers && cell.revision > op.seen && cell.seq > (op.also?.[cell.by.writer ?? ""] ?? 0);
    if (isUnseen && !this.#isBlind) {
      this.conflicts.push({ value: op.value, stayed: cell.value as Json });
      return false;
    }
    if (isOthers) this.replaced.push({ value: cell.value as Json, by: op.value });
    this.revision += 1;
    this.cells.set(op.path, { value: op.value, revision: this.revision, by: { writer } as By, seq });
    return true;
  }
}

/** One page load: it shows, keeps and sends through the real {@link Keeping}. */
class Tab {
  keeping: Keeping;
  readonly everShown = new Set<Json>();

  constructor(shelf: Shelf, writer: string) {
    this.keeping = new Keeping(shelf, "draft", { ...emptyState(writer), id: "dr" });
  }

  look(): void {
    for (const value of view(this.keeping.state).values()) this.everShown.add(value);
  }
}

interface Device {
  readonly storage: DraftStorage;
  readonly tabs: Tab[];
}

/** Some devices of two tabs each, and what all of them did. */
export class World {
  readonly server: ModelServer;
  readonly #mutant: Mutant;
  readonly #devices: Device[];
  readonly #shownAtEdit = new Map<Json, ReadonlySet<Json>>();
  /** By tab and path, what was typed last. */
  readonly #newest = new Map<string, Json>();
  readonly #secrets: string[] = [];
  #count = 0;

  /** @param unstored - Paths that devices may not keep. */
  constructor(devices: number, mutant: Mutant = {}, unstored: string[] = []) {
    this.#mutant = mutant;
    this.server = new ModelServer(mutant.isBlind, unstored);
    this.#devices = Array.from({ length: devices }, () => {
      const storage = memoryStorage();
      return { storage, tabs: [this.#tab(storage), this.#tab(storage)] };
    });
  }

  /** Every page opens the draft. */
  async open(): Promise<void> {
    for (const tab of this.#devices.flatMap(({ tabs }) => tabs)) await tab.keeping.apply((state) => adopted(state, this.server.whole(), "e"));
  }

  /** What was typed where no device may keep it. */
  get secrets(): readonly string[] {
    return this.#secrets;
  }

  /** All that the devices keep, as text. */
  async kept(): Promise<string> {
    return JSON.stringify(await Promise.all(this.#devices.map(({ storage }) => storage.read({ owner: "visitor", draft: "draft" }))));
  }

  /** Lets something happen in one tab. */
  async act(device: number, at: number, act: string, path: string): Promise<void> {
    const { storage, tabs } = this.#devices[device] as Device;
    const tab = tabs[at] as Tab;
    if (act === "type") this.#type(tab, path);
    else if (act === "keep") await tab.keeping.apply();
    else if (act === "look") await tab.keeping.reload();
    else if (act === "leave") tab.keeping.leave((state) => state);
    else if (act === "reload") tabs[at] = await this.#reload(storage, tab);
    else await this.#exchange(tab, act);
    for (const each of tabs) each.look();
  }

  /** All that waits arrives at last. */
  async settle(): Promise<void> {
    for (const { tabs } of this.#devices) {
      for (const tab of tabs) {
        await tab.keeping.apply();
        while (isUnsent(tab.keeping.state)) await this.#exchange(tab, "send");
      }
    }
  }

  /** Nothing was replaced that its replacer never had on screen; all that was typed last in a tab arrived, all of it once. */
  check(): void {
    for (const { value, by } of this.server.replaced) {
      if (!this.#shownAtEdit.get(by)?.has(value)) throw new Error(`${String(value)} was never on screen for the author of ${String(by)}`);
    }
    const received = new Set(this.server.received);
    for (const value of this.#newest.values()) if (!received.has(value)) throw new Error(`${String(value)} never arrived`);
    if (received.size !== this.server.received.length) throw new Error("something took effect twice");
  }

  #tab(storage: DraftStorage): Tab {
    const shelf = new Shelf(new DiscreetStorage(storage));
    shelf.belongTo("visitor");
    return new Tab(shelf, `w_${++this.#count}`);
  }

  #type(tab: Tab, path: string): void {
    const value = `${tab.keeping.state.outbox.writer} ${++this.#count}`;
    this.#shownAtEdit.set(value, new Set(tab.everShown));
    this.#newest.set(`${tab.keeping.state.outbox.writer} ${path}`, value);
    if (this.server.unstored.includes(path)) this.#secrets.push(JSON.stringify(value));
    tab.keeping.show((state) => edit(state, [{ set: [path, value] }]));
  }

  /** A page keeps what was typed when it is left, and loses what it may not keep. */
  async #reload(storage: DraftStorage, tab: Tab): Promise<Tab> {
    await tab.keeping.apply();
    await tab.keeping.end();
    const { stored, outbox } = tab.keeping.state;
    for (const path of stored.unstored) if (hasAside(tab.keeping.state)) this.#newest.delete(`${outbox.writer} ${path}`);
    const next = this.#tab(storage);
    await next.keeping.apply();
    return next;
  }

  async #exchange({ keeping }: Tab, act: string): Promise<void> {
    const { rebase = same, retry = same, op = (one: Op): Op => one } = this.#mutant;
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
    const since = knownAt(state.stored);
    if (act === "send twice") this.server.answer(first.writer, since, changes);
    const reply = this.server.answer(first.writer, since, changes);
    if (act === "lose answer") await keeping.apply(retry);
    else await keeping.apply((now) => rebase(settle(now, reply, first.writer).state));
  }
}

const same = (state: State): State => state;
