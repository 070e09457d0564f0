/** Promise: fields, lists and menus say how things stand, `inspect` does it without a value, and what another version has kept is left to it. */

import { describe, expect, it, vi } from "vitest";
import type { Field } from "../src/field.js";
import { IndexedDbStorage } from "../src/keeping/indexeddb.js";
import type { ListedDraft } from "../src/listing.js";
import { between } from "../src/list.js";
import type { Surroundings } from "../src/surroundings.js";
import { type Fault, json } from "./server.js";
import { setting } from "./setting.js";

const here = setting();
const NAME = JSON.stringify(["mortgage", "default"]);

describe("a field", () => {
  it("is pending, then saved, then changed elsewhere", async () => {
    const draft = here.connect().draft("mortgage");
    await draft.open();
    await here.server.request(/GET .*since/);
    const states: string[] = [];
    const field: Field<unknown> = draft.field("name");
    field.subscribe(({ state }) => states.push(state));
    field.set("Ann");
    await draft.saved();
    here.server.write("/name", "Anne");
    await vi.waitFor(() => expect(field.value).toBe("Anne"));
    expect(states).toEqual(["clean", "pending", "saved", "remote-changed"]);
  });

  it("that was refused says so until the refusal was read", async () => {
    const draft = here.connect().draft("mortgage");
    await draft.open();
    const refused: Fault = (_request, response) => json(response, 200, { revision: 0, epoch: "k", conflicts: [], results: [{ seq: 1, status: "rejected", code: "field-not-storable", revision: 0 }] });
    here.server.disturb(/changes/, refused);
    draft.field("pin").set("1234");
    await expect(draft.saved()).rejects.toMatchObject({ code: "field-not-storable" });
    expect(draft.field("pin").state).toBe("rejected");
    for (const each of draft.rejected) await draft.dismiss(each);
    expect([draft.field("pin").state, draft.rejected]).toEqual(["clean", []]);
  });
});

describe("a list", () => {
  it("keeps the order that items are added in and moved to, and every item has its own place", () => {
    const people = here.connect().draft("mortgage").list("people");
    const [a, b, c] = ["Ann", "Bea", "Cid"].map((name) => people.add({ name })) as [string, string, string];
    const order = (): string[] => people.items.map(({ id }) => id);
    expect(order()).toEqual([a, b, c]);
    people.move(c, a);
    expect(order()).toEqual([c, a, b]);
    people.move(a, null);
    expect(order()).toEqual([c, b, a]);
    people.remove(b);
    expect(order()).toEqual([c, a]);
  });

  it("has room before, between and after any two places", () => {
    let places = [between("", null)];
    for (let i = 0; i < 200; i++) {
      const at = (i * 7919) % (places.length + 1);
      places = places.toSpliced(at, 0, between(places[at - 1] ?? "", places[at] ?? null));
    }
    expect(places.toSorted()).toEqual(places);
    expect(new Set(places).size).toBe(201);
  });
});

describe("a menu of drafts", () => {
  it("is shown at once, again when something has happened, and no more once it is closed", async () => {
    const retoma = here.connect({ getToken: () => "ct_1" });
    here.server.hold({ revision: 1, data: { name: "Ann" } });
    const shown: string[] = [];
    const stop = retoma.drafts.watch((drafts: readonly ListedDraft[]) => shown.push(drafts.map(({ data }) => data.name).join()));
    await vi.waitFor(() => expect(shown[0]).toBe("Ann"));
    await vi.waitFor(() => expect(here.server.streams).toBe(1));
    const before = here.server.of(/GET .*drafts/).length;
    here.server.write("/name", "Anne");
    await vi.waitFor(() => expect(shown.at(-1)).toBe("Anne"));
    expect(here.server.of(/GET .*drafts/).length).toBeGreaterThan(before);
    stop();
    const seen = shown.length;
    here.server.write("/name", "Anna");
    await new Promise((done) => setTimeout(done, 30));
    expect(shown).toHaveLength(seen);
  });

  it("that is closed at once asks nothing and follows nothing", async () => {
    const retoma = here.connect({ getToken: () => "ct_1" });
    const shown: unknown[] = [];
    retoma.drafts.watch((drafts) => shown.push(drafts))();
    await retoma.inspect();
    await new Promise((done) => setTimeout(done, 50));
    expect([shown, here.server.heard]).toEqual([[], []]);
  });

  it("that is closed while its list is under way follows nothing", async () => {
    const retoma = here.connect({ getToken: () => "ct_1" });
    const answer = new Promise<() => void>((held) => here.server.disturb(/GET .*drafts/, (_request, response) => held(() => json(response, 200, { items: [], next: null }))));
    const stop = retoma.drafts.watch(() => undefined);
    const go = await answer;
    stop();
    go();
    await new Promise((done) => setTimeout(done, 50));
    expect(here.server.of(/events/)).toEqual([]);
  });

  it("is empty after a sign-out, whatever was under way, and then follows whoever comes next", async () => {
    let token = "ct_a";
    const retoma = here.connect({ getToken: () => token });
    const shown: string[] = [];
    here.server.hold({ revision: 1, data: { name: "Ann" } });
    const stop = retoma.drafts.watch((drafts: readonly ListedDraft[]) => shown.push(drafts.map(({ data }) => data.name).join()));
    await here.server.request(/GET .*drafts/, 2);
    await vi.waitFor(() => expect(shown.at(-1)).toBe("Ann"));
    const late = new Promise<() => void>((held) => here.server.disturb(/GET .*drafts/, (_request, response) => held(() => json(response, 200, { items: [{ data: { name: "Ann, late" } }], next: null }))));
    here.server.tell("draft-changed", { type: "draft-changed", draft: "dr_1" });
    const go = await late;
    token = "ct_b";
    here.server.hold({ id: "dr_2", customer: "cu_2", revision: 1, data: { name: "Bea" } });
    shown.length = 0;
    await retoma.signOut();
    expect(shown).toEqual([""]);
    go();
    await vi.waitFor(() => expect(shown.at(-1)).toBe("Bea"));
    await vi.waitFor(() => expect(here.server.of(/events/).at(-1)?.headers["authorization"]).toBe("Bearer ct_b"));
    await vi.waitFor(() => expect(here.server.streams).toBe(1));
    here.server.write("/name", "Bee");
    await vi.waitFor(() => expect(shown.at(-1)).toBe("Bee"));
    expect(shown.filter((each) => each.includes("Ann"))).toEqual([]);
    stop();
  });
});

describe("what is inspected", () => {
  it("tells of every draft and every change that waits, and holds no value", async () => {
    const retoma = here.connect();
    const draft = retoma.draft("mortgage");
    await draft.open();
    here.server.disturb(/changes/, (_request, response) => void response.destroy(), 1000);
    draft.set("name", "Ann Unread");
    await vi.waitFor(() => expect(draft.state).toBe("offline"));
    const found = await retoma.inspect();
    expect(found).toMatchObject({ connection: "offline", persistence: "durable", unsent: true, lastErrors: expect.arrayContaining(["no-answer"]) });
    expect(found.drafts).toMatchObject([{ process: "mortgage", key: "default", id: "dr_1", revision: 0, outbox: [{ seq: 1, sent: true, ops: [{ op: "set", path: "/name", seen: 0 }] }] }]);
    expect(JSON.stringify(found)).not.toContain("Unread");
  });
});

describe("a draft that is older on the server than it was acknowledged", () => {
  it("never takes back what is known, and stays usable", async () => {
    const draft = here.connect().draft("mortgage");
    draft.set("name", "Ann");
    await draft.saved();
    const older: Fault = (_request, response) => json(response, 200, { ...here.server.delta(0), revision: 0, cells: {} });
    here.server.disturb(/GET .*since/, older, 2);
    const fetched = draft.refresh();
    await fetched.catch(() => undefined);
    expect([draft.value, draft.revision]).toEqual([{ name: "Ann" }, 1]);
    draft.set("phone", "1");
    await draft.saved();
    expect(here.server.data).toEqual({ name: "Ann", phone: "1" });
  });
});

describe("what a newer version has kept", () => {
  it("is neither read nor lost", async () => {
    const storage = new IndexedDbStorage(here.device);
    const owner = { owner: `visitor:${(here.connect().draft("other"), here.kept.get("retoma.installation"))}`, draft: NAME };
    const row = { version: 2, writer: "w_newer", seq: 1, order: 1, sent: false, whole: false, content: { of: "another shape" } };
    await storage.update(owner, () => ({ rows: [row], snapshot: { version: 2, order: 1, content: "opaque" } }));
    const retoma = here.connect();
    const draft = retoma.draft("mortgage");
    draft.set("name", "Ann");
    await draft.saved();
    expect((await storage.read(owner)).rows).toEqual([row]);
    expect((await retoma.inspect()).drafts).toMatchObject([{ unknownRows: 1 }]);
    expect(here.server.of(/changes/).every(({ text }) => !text.includes("w_newer"))).toBe(true);
  });
});

describe("an op that this server does not know", () => {
  it("is given back with its reason, and nothing else waits for it", async () => {
    const draft = here.connect().draft("mortgage");
    await draft.open();
    const rejected: Fault = (request, response) =>
      json(response, 200, { revision: 0, epoch: "k", conflicts: [], results: request.body.changes.map(({ seq }: { seq: number }) => ({ seq, status: "rejected", code: "unknown-op", revision: 0 })) });
    here.server.disturb(/changes/, rejected);
    draft.goTo("income");
    await expect(draft.saved()).rejects.toMatchObject({ code: "unknown-op" });
    draft.set("name", "Ann");
    await draft.saved();
    expect([here.server.data, draft.rejected]).toEqual([{ name: "Ann" }, [{ code: "unknown-op", ops: [{ op: "position", step: "income" }] }]]);
  });
});

describe("a page that is put away a moment after the first edit", () => {
  it("goes on with it, since it may well live on", async () => {
    let leave = (): void => undefined;
    const surroundings: Surroundings = { watch: (on) => ((leave = on.leave), () => undefined) };
    const draft = here.connect({ surroundings }).draft("mortgage");
    draft.set("name", "Ann");
    leave();
    await vi.waitFor(() => expect(here.server.data).toEqual({ name: "Ann" }));
    await vi.waitFor(() => expect(draft.state).toBe("saved"));
  });
});

describe("a draft that was completed", () => {
  it("does not stand in the way of the next one's edits that another tab has left", async () => {
    const [one, two] = [here.connect({ getToken: () => "ct_1", customer: "ann" }), here.connect({ getToken: () => "ct_1", customer: "ann" })];
    const first = one.draft("mortgage");
    await first.open();
    await first.complete();
    here.server.hold({ id: "dr_2" });
    here.server.disturb(/changes/, (_request, response) => void response.destroy(), 1000);
    const left = two.draft("mortgage");
    left.set("name", "Ann");
    await vi.waitFor(() => expect(left.state).toBe("offline"));
    two.close();
    here.server.heal();
    await one.flush();
    expect(here.server.data).toEqual({ name: "Ann" });
  });
});
