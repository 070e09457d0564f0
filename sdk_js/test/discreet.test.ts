/** Promise: what no device may keep is on none, in whatever order classes, edits, tabs and refusals come; and it is not lost while its page lives. */

import { describe, expect, it, vi } from "vitest";
import type { DraftStorage, Place } from "../src/keeping/adapter.js";
import { DiscreetStorage } from "../src/keeping/discreet.js";
import { IndexedDbStorage } from "../src/keeping/indexeddb.js";
import { Keeping } from "../src/keeping/keeping.js";
import { memoryStorage } from "../src/keeping/memory.js";
import { Shelf } from "../src/keeping/shelf.js";
import { adopted, take } from "../src/news.js";
import { edit, emptyState, type State, transact, view } from "../src/rebasing.js";
import { renumber, settle } from "../src/settling.js";
import type { Surroundings } from "../src/surroundings.js";
import type { Delta, Result, WireDraft } from "../src/wire.js";
import { type Fault, json, problem } from "./server.js";
import { setting } from "./setting.js";

const here = setting();
const PLACE: Place = { owner: "visitor", draft: "draft" };
const UNSTORED = ["/iban"];

const whole = (unstored?: string[]): WireDraft => ({ id: "dr", revision: 0, status: "open", data: {}, position: null, conflicts: [], ...(unstored && { unstored }) }) as unknown as WireDraft;

/** A page with a draft on a device that several pages may share. */
function page(storage: DraftStorage, writer = "w_1"): Keeping {
  const shelf = new Shelf(new DiscreetStorage(storage));
  shelf.belongTo(PLACE.owner);
  return new Keeping(shelf, PLACE.draft, emptyState(writer));
}

const open = (keeping: Keeping, unstored?: string[]): Promise<State> => keeping.apply((state) => adopted(state, whole(unstored), "e"));
const type = (keeping: Keeping, value: string, path = "/iban"): void => keeping.show((state) => edit(state, [{ set: [path, value] }]));
const kept = async (storage: DraftStorage): Promise<string> => JSON.stringify(await storage.read(PLACE));
const waiting = ({ state }: Keeping): unknown[] => state.outbox.changes.map(({ writer, seq, steps }) => [writer, seq, ...steps.map(({ value }) => value)]);

describe("a secret", () => {
  it("that was kept before the classes were known is taken off the device with them, and still waits", async () => {
    const storage = memoryStorage();
    const one = page(storage);
    type(one, "ES91");
    await one.apply();
    expect(await kept(storage)).toContain("ES91");
    await open(one, UNSTORED);
    expect(await kept(storage)).not.toContain("ES91");
    expect(waiting(one)).toEqual([["w_1", 1, "ES91"]]);
  });

  it("whose class is registered later is taken off by an answer that tells nothing else", async () => {
    const storage = memoryStorage();
    const one = page(storage);
    await open(one);
    await one.apply((state) => take(state, { ...whole(), from: 0, revision: 3, epoch: "e", cells: { "/iban": { value: "ES91", revision: 3, by: {} } } } as unknown as Delta).state);
    expect(await kept(storage)).toContain("ES91");
    await one.apply((state) => take(state, { ...whole(UNSTORED), from: 3, revision: 3, epoch: "e", cells: {} } as unknown as Delta).state);
    expect(await kept(storage)).not.toContain("ES91");
    expect(view(one.state).get("/iban")).toBe("ES91");
  });

  it("says that its author has seen what the same page had written under its other name", async () => {
    const one = page(memoryStorage());
    type(one, "ES");
    await one.apply();
    await open(one, UNSTORED);
    type(one, "ES91");
    await one.apply();
    const [, later] = one.state.outbox.changes;
    expect(later).toMatchObject({ writer: "w_1_aside", seq: 1, steps: [{ wire: { value: "ES91", also: { w_1: 1 } } }] });
  });

  it("that is typed while its page is keeping, and leaves with it, is under one number with one content", async () => {
    const storage = memoryStorage();
    const one = page(storage);
    await open(one, UNSTORED);
    type(one, "ES9");
    const keeping = one.apply();
    type(one, "ES91");
    one.leave();
    await keeping;
    await one.reload();
    one.leave();
    await one.reload();
    expect(view(one.state).get("/iban")).toBe("ES91");
    const numbers = one.state.outbox.changes.map(({ writer, seq }) => `${writer} ${seq}`);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(await kept(storage)).not.toContain("ES9");
  });

  it("is not taken from the page that has it by what another tab learns or takes in", async () => {
    const storage = memoryStorage();
    const [one, two] = [page(storage), page(storage, "w_2")];
    type(one, "ES91");
    await one.apply();
    await open(two, UNSTORED);
    await one.reload();
    expect(waiting(one)).toEqual([["w_1", 1, "ES91"]]);
    await two.apply((state) => take(state, { ...whole(), from: 0, revision: 2, epoch: "other", cells: {} } as unknown as Delta).state);
    await one.reload();
    expect(view(one.state).get("/iban")).toBe("ES91");
  });

  it("that waited for a draft which is no more goes to the person, in its own page alone", async () => {
    const storage = memoryStorage();
    const [one, two] = [page(storage), page(storage, "w_2")];
    await open(one, UNSTORED);
    type(one, "ES91");
    await one.apply();
    await two.apply((state) => adopted(state, { ...whole(UNSTORED), id: "dr_next" } as WireDraft, "e"));
    await one.reload();
    expect(one.state.rejected).toMatchObject([{ code: "draft-closed", ops: [{ value: "ES91" }] }]);
    expect(two.state.rejected).toEqual([]);
    expect(await kept(storage)).not.toContain("ES91");
  });

  it("is on no device while a page that has just looked is left", async () => {
    const storage = memoryStorage();
    const [one, two] = [page(storage), page(storage, "w_2")];
    await open(one, UNSTORED);
    await two.reload();
    type(two, "ES91");
    two.leave();
    await two.reload();
    expect(await kept(storage)).not.toContain("ES91");
    expect(waiting(two)).toEqual([["w_2_aside", 1, "ES91"]]);
  });

  it("in a transaction keeps the whole of it off the device", async () => {
    const storage = memoryStorage();
    const one = page(storage);
    await open(one, UNSTORED);
    one.show((state) => transact(state, [{ set: ["/name", "Ann"] }, { set: ["/iban", "ES91"] }]));
    await one.apply();
    expect(await kept(storage)).not.toMatch(/Ann|ES91/);
  });

  it("goes on counting under the name that the server knows, once a gap has made it begin anew", async () => {
    const one = page(memoryStorage());
    await open(one, UNSTORED);
    type(one, "ES9");
    await one.apply();
    await one.apply((state) => renumber(state, "w_1_aside", "w_9"));
    await one.apply((state) => ({ ...state, outbox: { ...state.outbox, changes: state.outbox.changes.map((change) => ({ ...change, sent: true })) } }));
    type(one, "ES91");
    await one.apply();
    expect(waiting(one)).toEqual([["w_9_aside", 1, "ES9"], ["w_9_aside", 2, "ES91"]]);
  });
});

describe("a draft with secrets", () => {
  const raw = async (): Promise<string> => {
    const owner = `visitor:${here.kept.get("retoma.installation")}`;
    return JSON.stringify(await new IndexedDbStorage(here.device).read({ owner, draft: JSON.stringify(["mortgage", "default"]) }));
  };

  it("that was closed elsewhere gives back what waited, and writes it nowhere", async () => {
    here.server.hold({ unstored: UNSTORED });
    const draft = here.connect().draft("mortgage");
    await draft.open();
    here.server.disturb(/changes/, problem(409, "draft-closed"));
    draft.set("iban", "ES91");
    await vi.waitFor(() => expect(draft.rejected).toMatchObject([{ code: "draft-closed", ops: [{ value: "ES91" }] }]));
    await vi.waitFor(async () => expect(await raw()).toContain('"rejected":[]'));
    expect(await raw()).not.toContain("ES91");
  });

  it.each([
    ["a server that does not answer", (_request: unknown, response: { destroy(): void }) => void response.destroy()],
    ["a failing server", problem(503, "busy")],
  ])("says before %s that only this page has it", async (_what, fault) => {
    here.server.hold({ unstored: UNSTORED });
    const draft = here.connect().draft("mortgage");
    await draft.open();
    here.server.disturb(/changes/, fault as Fault, 1000);
    draft.set("iban", "ES91");
    await vi.waitFor(() => expect(draft.state).toBe("memory-only"));
    here.server.heal();
    await draft.saved();
    expect(draft.state).toBe("saved");
  });

  it("is fetched by a page that learns of it from another tab", async () => {
    let wake = (): void => undefined;
    const surroundings: Surroundings = { watch: (on) => ((wake = on.wake), () => undefined) };
    const draft = here.connect({ getToken: () => "ct_1", customer: "ann", surroundings }).draft("mortgage");
    await draft.ready;
    const other = here.connect({ getToken: () => "ct_1", customer: "ann" }).draft("mortgage");
    here.server.hold({ unstored: UNSTORED });
    other.set("name", "Ann");
    other.set("iban", "ES91");
    await other.saved();
    wake();
    await vi.waitFor(() => expect(draft.get("iban")).toBe("ES91"));
  });
});

describe("what the server refuses of anybody", () => {
  it("is given back to its page, and is not on the device any more", async () => {
    const storage = memoryStorage();
    const one = page(storage);
    await open(one);
    type(one, "4111111111111111", "/note");
    await one.apply((state) => ({ ...state, outbox: { ...state.outbox, changes: state.outbox.changes.map((change) => ({ ...change, sent: true })) } }));
    const refused = { seq: 1, status: "rejected", revision: 0, code: "payment-data-refused" } as unknown as Result;
    await one.apply((state) => settle(state, { revision: 0, epoch: "e", results: [refused], conflicts: [] }).state);
    expect(await kept(storage)).not.toContain("4111111111111111");
    await one.apply();
    expect(one.state.rejected).toMatchObject([{ ops: [{ value: "4111111111111111" }] }]);
  });
});

describe("an odd answer", () => {
  it("says nothing against the device", async () => {
    const retoma = here.connect();
    const draft = retoma.draft("mortgage");
    await draft.open();
    here.server.disturb(/changes/, (_request, response) => json(response, 200, {}), 2);
    draft.set("name", "Ann");
    await draft.saved();
    expect(retoma.persistence).toBe("durable");
  });
});
