/** Promise: in an app, what was kept is there after a restart, apart for each owner, and a device that fails is told of. */

import { describe, expect, it } from "vitest";
import { NOTHING_KEPT, type Place, type Row } from "../src/keeping/adapter.js";
import { asyncStorage, type AsyncStrings, appSurroundings, loadStorage } from "../src/native/index.js";

/** What AsyncStorage does: strings by key, each call answered later. */
function strings(kept = new Map<string, string>()): AsyncStrings & { kept: Map<string, string> } {
  const later = <T>(act: () => T): Promise<T> => new Promise((done) => setImmediate(() => done(act())));
  return {
    kept,
    getItem: (key) => later(() => kept.get(key) ?? null),
    setItem: (key, value) => later(() => void kept.set(key, value)),
    removeItem: (key) => later(() => void kept.delete(key)),
    getAllKeys: () => later(() => [...kept.keys()]),
  };
}

const row = (seq: number, writer = "w_1"): Row => ({ version: 1, writer, seq, order: seq, sent: false, whole: false, content: [`step ${seq}`] });

const ann: Place = { owner: "customer:ann", draft: "mortgage" };
const bob: Place = { owner: "customer:bob", draft: "mortgage" };

describe("drafts in AsyncStorage", () => {
  it("are there after a restart, rows and snapshot", async () => {
    const device = strings();
    const snapshot = { version: 1, order: 2, content: { name: "Ann" } };
    await asyncStorage(device).update(ann, (kept) => ({ ...kept, rows: [row(1), row(2)], snapshot }));
    const kept = await asyncStorage(strings(device.kept)).read(ann);
    expect(kept.rows.toSorted((one, other) => one.seq - other.seq)).toEqual([row(1), row(2)]);
    expect(kept.snapshot).toEqual(snapshot);
  });

  it("are changed one update after the other", async () => {
    const storage = asyncStorage(strings());
    const add = (): Promise<unknown> => storage.update(ann, (kept) => ({ ...kept, rows: [...kept.rows, row(kept.rows.length + 1)] }));
    await Promise.all([add(), add(), add()]);
    expect((await storage.read(ann)).rows).toHaveLength(3);
  });

  it("lose the rows that an update leaves out, and write only what differs", async () => {
    const device = strings();
    const storage = asyncStorage(device);
    await storage.add(ann, [row(1), row(2)]);
    const written: string[] = [];
    const { setItem } = device;
    device.setItem = (key, value) => (written.push(key), setItem(key, value));
    await storage.update(ann, (kept) => ({ ...kept, rows: [...kept.rows.filter(({ seq }) => seq !== 1), row(3)] }));
    expect((await storage.read(ann)).rows.map(({ seq }) => seq).toSorted()).toEqual([2, 3]);
    expect(written).toHaveLength(1);
  });

  it("are never read for another owner, and are forgotten for one alone", async () => {
    const storage = asyncStorage(strings());
    await Promise.all([storage.add(ann, [row(1)]), storage.add(bob, [row(1, "w_2")])]);
    expect(await storage.places(ann.owner)).toEqual(["mortgage"]);
    await storage.forget(ann.owner);
    expect(await storage.read(ann)).toEqual(NOTHING_KEPT);
    expect((await storage.read(bob)).rows).toEqual([row(1, "w_2")]);
  });

  it("that the device refuses are told of, with the reason", async () => {
    const full = { ...strings(), setItem: () => Promise.reject(new Error("database or disk is full")) };
    const writing = asyncStorage(full).add(ann, [row(1)]);
    await expect(writing).rejects.toMatchObject({ name: "StorageError", kind: "lost", cause: { message: "database or disk is full" } });
  });
});

it("the visitor's token is had at once after a restart, and nothing of the app's own is touched", async () => {
  const device = strings(new Map([["app.theme", "dark"]]));
  (await loadStorage(device)).set("retoma.visitor.pk_1", "vt_1");
  await new Promise((done) => setImmediate(done));
  const storage = await loadStorage(strings(device.kept));
  expect([storage.get("retoma.visitor.pk_1"), storage.get("app.theme")]).toEqual(["vt_1", null]);
});

it("an app wakes when it is looked at or has a network, and leaves when it is put away", () => {
  const heard: string[] = [];
  let toState = (_state: string): void => undefined;
  let toNetwork = (_network: { isConnected: boolean | null }): void => undefined;
  const states = { addEventListener: (_type: "change", fn: typeof toState) => ((toState = fn), { remove: () => heard.push("removed") }) };
  const networks = { addEventListener: (fn: typeof toNetwork) => ((toNetwork = fn), () => void heard.push("stopped")) };
  const stop = appSurroundings(states, networks).watch({ wake: () => heard.push("wake"), leave: () => heard.push("leave"), hurry: () => undefined });
  toState("background");
  toState("active");
  toNetwork({ isConnected: false });
  toNetwork({ isConnected: true });
  stop();
  expect(heard).toEqual(["leave", "wake", "wake", "removed", "stopped"]);
});
