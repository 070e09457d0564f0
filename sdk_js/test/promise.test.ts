/**
 * Promise: whatever is lost or repeated on the way, no value of somebody else is replaced by a person who never had it on
 * screen, every change takes effect once, and nothing typed disappears.
 *
 * The oracle keeps its own record of what each person saw; it does not read `seen`.
 */

import fc from "fast-check";
import { expect, it } from "vitest";
import { emptyOutbox } from "../src/outbox.js";
import { edit, send, settle, type State, view } from "../src/rebasing.js";
import { NOTHING } from "../src/stored.js";
import type { By, Cell, ChangesReply, Conflict, Delta, Json, Op, Result } from "../src/wire.js";

type Device = { state: State; readonly name: string; readonly everShown: Set<Json>; readonly shownAtEdit: Map<Json, Set<Json>>; readonly newest: Map<string, Json> };

const PATHS = ["/name", "/phone"];
const LIMIT = { changes: 2, bytes: 60_000 };

/** A server by the rule of the wire contract alone: a cell changed by another after `seen` is not replaced. */
class Server {
  revision = 0;
  readonly cells = new Map<string, Cell>();
  /** Every value as often as it took effect, in the draft or in a conflict record. */
  readonly received: Json[] = [];
  readonly replaced: { value: Json; by: Json }[] = [];
  readonly done = new Map<string, Result>();

  answer(writer: string, since: number, changes: readonly { seq: number; ops: readonly Op[] }[]): ChangesReply {
    const results = changes.map((change) => this.#once(writer, change));
    return { revision: this.revision, epoch: "e", results, conflicts: [], delta: this.#since(since) };
  }

  #once(writer: string, change: { seq: number; ops: readonly Op[] }): Result {
    const id = `${writer} ${change.seq}`;
    const first = this.done.get(id);
    if (first) return { ...first, status: "replayed", was: first.status as "applied" };
    const clashes = change.ops.filter((op) => !this.#apply(writer, op));
    const result: Result = { seq: change.seq, status: clashes.length > 0 ? "conflict" : "applied", revision: this.revision };
    this.done.set(id, result);
    return result;
  }

  #apply(writer: string, op: Op): boolean {
    if (op.op !== "set") throw new Error("only sets here");
    this.received.push(op.value);
    const cell = this.cells.get(op.path);
    if (cell && cell.revision > op.seen && cell.by.writer !== writer) return false;
    if (cell && cell.by.writer !== writer) this.replaced.push({ value: cell.value as Json, by: op.value });
    this.revision += 1;
    this.cells.set(op.path, { value: op.value, revision: this.revision, by: { writer } as By });
    return true;
  }

  #since(from: number): Delta {
    const cells = Object.fromEntries([...this.cells].filter(([, cell]) => cell.revision > from));
    const about = { id: "dr", epoch: "e", status: "open", conflicts: [] as Conflict[], updated_at: "", expires_at: "" } as const;
    return { ...about, from, revision: this.revision, cells };
  }
}

const step = fc.record({
  device: fc.nat({ max: 1 }),
  act: fc.constantFrom("type", "type", "type", "send", "lose request", "lose answer", "send twice"),
  path: fc.constantFrom(...PATHS),
});

it("keeps the promise over random typing on two devices with a bad network", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => play(steps)), { numRuns: 400 });
});

it("is a promise that a raised `seen` breaks", () => {
  const raising = (state: State): State => {
    const changes = state.outbox.changes.map((change) => ({ ...change, steps: change.steps.map((each) => raised(each, state.stored.revision)) }));
    return { ...state, outbox: { ...state.outbox, changes } };
  };
  const broken = (): void => fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => play(steps, raising)), { numRuns: 400 });
  const reason = expect.objectContaining({ message: expect.stringContaining("never on screen") });
  expect(broken).toThrow(expect.objectContaining({ cause: reason }));
});

const raised = (each: State["outbox"]["changes"][number]["steps"][number], seen: number): typeof each =>
  "seen" in each.wire ? { ...each, wire: { ...each.wire, seen } } : each;

function play(steps: readonly { device: number; act: string; path: string }[], rebase: (state: State) => State = (state) => state): void {
  const server = new Server();
  const devices = ["w_a", "w_b"].map(newDevice);
  steps.forEach((one, index) => {
    const device = devices[one.device] as Device;
    if (one.act === "type") type(device, one.path, `${device.name} ${index}`);
    else exchange(device, server, one.act, rebase);
  });
  for (const device of devices) while (device.state.outbox.changes.length > 0) exchange(device, server, "send", rebase);
  checkNothingUnseenReplaced(server, devices);
  checkEverythingArrivedOnce(server, devices);
}

function newDevice(name: string): Device {
  const state: State = { stored: NOTHING, outbox: emptyOutbox(name), rejected: [] };
  return { name, state, everShown: new Set(), shownAtEdit: new Map(), newest: new Map() };
}

function type(device: Device, path: string, value: string): void {
  device.shownAtEdit.set(value, new Set(device.everShown));
  device.newest.set(path, value);
  become(device, edit(device.state, [{ set: [path, value] }]));
}

function exchange(device: Device, server: Server, act: string, rebase: (state: State) => State): void {
  if (device.state.outbox.changes.length === 0) return;
  const { state, batch } = send(device.state, LIMIT);
  device.state = state;
  if (act === "lose request") return;
  const changes = batch.map(({ seq, steps }) => ({ seq, ops: steps.map((each) => each.wire) }));
  const since = device.state.stored.revision;
  if (act === "send twice") server.answer(device.name, since, changes);
  const reply = server.answer(device.name, since, changes);
  if (act !== "lose answer") become(device, rebase(settle(device.state, reply).state));
}

function become(device: Device, state: State): void {
  device.state = state;
  for (const value of view(state).values()) device.everShown.add(value);
}

function checkNothingUnseenReplaced(server: Server, devices: readonly Device[]): void {
  for (const { value, by } of server.replaced) {
    const author = devices.find((device) => device.shownAtEdit.has(by));
    if (!author?.shownAtEdit.get(by)?.has(value)) throw new Error(`${String(value)} was never on screen for the author of ${String(by)}`);
  }
}

/** What each person typed last in each field reached the server once, and nothing reached it twice. */
function checkEverythingArrivedOnce(server: Server, devices: readonly Device[]): void {
  const newest: unknown[] = devices.flatMap((device) => [...device.newest.values()]);
  expect(server.received as unknown[]).toEqual(expect.arrayContaining(newest));
  expect(new Set(server.received).size).toBe(server.received.length);
}
