/**
 * Promise: whatever is lost, repeated or reloaded on the way, no value of somebody else is replaced by a person who never
 * had it on screen, every change takes effect once, and nothing that was kept disappears.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withSeen } from "../src/outbox.js";
import type { State } from "../src/rebasing.js";
import { renumber } from "../src/settling.js";
import type { Op } from "../src/wire.js";
import { type Mutant, World } from "./world.js";

const PATHS = ["/name", "/phone"];
const ACTS = ["type", "type", "type", "keep", "look", "leave", "reload", "send", "lose request", "lose answer", "send twice"];

interface Act {
  readonly device: number;
  readonly tab: number;
  readonly act: string;
  readonly path: string;
}

const acts = fc.array(
  fc.record({ device: fc.nat({ max: 1 }), tab: fc.nat({ max: 1 }), act: fc.constantFrom(...ACTS), path: fc.constantFrom(...PATHS) }),
  { maxLength: 50 },
);

async function play(steps: readonly Act[], mutant: Mutant = {}): Promise<void> {
  const world = new World(2, mutant);
  for (const { device, tab, act, path } of steps) await world.act(device, tab, act, path);
  await world.settle();
  world.check();
}

/** The same, of a process that lets no device keep the phone. */
async function playDiscreetly(steps: readonly Act[], mutant: Mutant = {}): Promise<void> {
  const world = new World(2, mutant, ["/phone"]);
  await world.open();
  for (const { device, tab, act, path } of steps) {
    await world.act(device, tab, act, path);
    const kept = await world.kept();
    if (world.secrets.some((value) => kept.includes(value))) throw new Error("a device has kept what it may not keep");
  }
  await world.settle();
  world.check();
}

/** One person on one device, who looks at a tab before typing in it; the leader of the tabs sends. */
async function playAlone(steps: readonly Act[], mutant: Mutant = {}): Promise<void> {
  const world = new World(1, mutant);
  for (const { tab, act, path } of steps) {
    await world.act(0, tab, "look", path);
    await world.act(0, act === "type" || act === "reload" ? tab : 0, act, path);
    if (act === "type") await world.act(0, tab, "keep", path);
  }
  await world.settle();
  world.check();
  if (world.server.conflicts.length > 0) throw new Error("somebody disagrees with themselves");
}

type Play = (steps: readonly Act[], mutant?: Mutant) => Promise<unknown>;

const run = (how: Play, mutant?: Mutant, numRuns = 600) => fc.assert(fc.asyncProperty(acts, async (steps) => void (await how(steps, mutant))), { numRuns });

/** The promise can be broken in several ways by one fault; whichever is found first tells of it. */
const BROKEN = /has changed after it was sent|leaves a gap|never on screen|never arrived|took effect twice/;

/** The property fails, and for this reason. */
async function breaks(how: Play, mutant: Mutant, reason: string | RegExp): Promise<void> {
  const failure = await run(how, mutant, 6000).then(() => null, (error: Error) => error);
  expect(String(failure?.cause ?? failure)).toMatch(reason);
}

const everyOp = (change: (op: Op & { seen: number }) => Op) => (state: State): State => {
  const changes = state.outbox.changes.map((each) => ({ ...each, steps: each.steps.map((step) => ("seen" in step.wire ? { ...step, wire: change(step.wire) } : step)) }));
  return { ...state, outbox: { ...state.outbox, changes } };
};

describe("random typing in several tabs of two devices with a bad network", () => {
  it("keeps the promise", () => run(play), 60_000);

  it("keeps it of what no device may keep, and none does", () => run(playDiscreetly), 60_000);

  it("breaks it there too if `seen` is raised with the news", async () => {
    const rebase = (state: State): State => everyOp((op) => withSeen(op, { revision: state.stored.revision, also: ("also" in op && op.also) || {} }))(state);
    await breaks(playDiscreetly, { rebase }, BROKEN);
  }, 60_000);

  it("breaks it if the server compares nothing", () => breaks(play, { isBlind: true }, BROKEN), 60_000);

  it("breaks it if `seen` is raised with the news", async () => {
    const rebase = (state: State): State => everyOp((op) => withSeen(op, { revision: state.stored.revision, also: ("also" in op && op.also) || {} }))(state);
    await breaks(play, { rebase }, BROKEN);
  }, 60_000);

  it("breaks it if a lost answer is asked for under another number", async () => {
    let count = 0;
    await breaks(play, { retry: (state) => renumber(state, state.outbox.changes[0]?.writer ?? "", `w_again_${++count}`) }, BROKEN);
  }, 60_000);

  it("breaks it if what was sent goes on changing", async () => {
    const retry = (state: State): State => ({ ...state, outbox: { ...state.outbox, changes: state.outbox.changes.map((change) => ({ ...change, sent: false })) } });
    await breaks(play, { retry }, BROKEN);
  }, 60_000);
});

describe("one person who types, reloads and changes tabs", () => {
  it("never disagrees with themselves", () => run(playAlone), 60_000);

  it("would, if an edit did not say what of the other tabs was on screen", async () => {
    const op = (one: Op): Op => ("seen" in one ? withSeen(one, { revision: one.seen, also: {} }) : one);
    await breaks(playAlone, { op }, "disagrees");
  }, 60_000);
});
