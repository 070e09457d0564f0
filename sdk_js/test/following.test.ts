/** Promise: what happens elsewhere shows here, and a stream that breaks off misses nothing. */

import { describe, expect, it } from "vitest";
import type { Draft } from "../src/draft.js";
import { problem } from "./server.js";
import { setting } from "./setting.js";

const here = setting();

/** An open draft whose stream stands and has nothing to catch up with. */
async function followed(): Promise<Draft> {
  const draft = here.connect().draft("mortgage");
  await draft.open();
  await here.server.request(/GET .*since/);
  await draft.refresh();
  return draft;
}

function shows(draft: Draft, path: string, value: unknown): Promise<void> {
  return new Promise((done) => {
    const stop = draft.subscribe(() => {
      if (draft.get(path) !== value) return;
      queueMicrotask(() => stop());
      done();
    });
  });
}

describe("a stream", () => {
  it("is one for all drafts of the customer", async () => {
    const retoma = here.connect();
    await retoma.draft("mortgage").open();
    await retoma.draft("mortgage", { key: "second" }).open();
    await here.server.request(/GET .*events/);
    expect(here.server.of(/events/).map((request) => [request.path, request.headers["accept"]])).toEqual([["/v1/events", "text/event-stream"]]);
  });

  it("brings what another device writes, without asking for it", async () => {
    const draft = await followed();
    const asked = here.server.of(/GET .*drafts/).length;
    here.server.write("/name", "Anne");
    await shows(draft, "name", "Anne");
    expect(here.server.of(/GET .*drafts/)).toHaveLength(asked);
    expect(draft.revision).toBe(1);
  });

  it("says who wrote what changed", async () => {
    const draft = await followed();
    here.server.write("/name", "Anne");
    await shows(draft, "name", "Anne");
    expect(draft.author("name")?.writer).toBe("w_phone");
    expect(draft.author("phone")).toBeUndefined();
  });

  it("tells all drafts what staff ask, whichever was changed last", async () => {
    const draft = await followed();
    const told = new Promise<string>((heard) => draft.onEvent(({ type }) => heard(type)));
    here.server.tell("assist-requested", { type: "assist-requested", draft: "dr_other", revision: 9 });
    expect([await told, draft.revision]).toEqual(["assist-requested", 0]);
  });

  it("tells of everything that happens to the draft, until its listener leaves", async () => {
    const draft = await followed();
    const told: string[] = [];
    const stop = draft.onEvent(({ type }) => told.push(type));
    here.server.tell("handoff-redeemed", { type: "handoff-redeemed", draft: "dr_1" });
    here.server.tell("handoff-redeemed", { type: "handoff-redeemed", draft: "dr_other" });
    here.server.write("/name", "Anne");
    await shows(draft, "name", "Anne");
    stop();
    here.server.write("/name", "Bea");
    await shows(draft, "name", "Bea");
    expect(told).toEqual(["handoff-redeemed", "draft-changed"]);
  });

  it("that tells of more than is known here makes the gap be fetched first", async () => {
    const draft = await followed();
    here.server.write("/name", "Anne", "untold");
    here.server.write("/phone", "1");
    await shows(draft, "phone", "1");
    expect(draft.value).toEqual({ name: "Anne", phone: "1" });
  });

  it("of another epoch makes the whole draft be read again", async () => {
    const draft = await followed();
    here.server.disturb(/GET .*since/, problem(409, "resync"));
    here.server.hold({ revision: 0, data: { name: "Restored" } });
    here.server.tell("draft-changed", { draft: "dr_1", delta: { ...here.server.delta(0), epoch: "other" } });
    await shows(draft, "name", "Restored");
  });

  it("takes up where it broke off", async () => {
    const draft = await followed();
    here.server.write("/name", "Anne");
    await shows(draft, "name", "Anne");
    const last = `k.${here.server.heard.length}`;
    here.server.cutStreams();
    const again = await here.server.request(/GET .*events/, 2);
    expect(again.headers["last-event-id"]).toBe(last);
  });

  it("whose place is no longer understood begins anew, and what was missed is fetched", async () => {
    const draft = await followed();
    here.server.disturb(/events/, problem(400, "invalid-cursor"));
    here.server.write("/name", "Anne", "untold");
    here.server.cutStreams();
    await shows(draft, "name", "Anne");
    expect((await here.server.request(/GET .*events/, 3)).headers["last-event-id"]).toBeUndefined();
  });

  it("that says it cannot take up makes the drafts be read again", async () => {
    const draft = await followed();
    here.server.write("/name", "Anne", "untold");
    here.server.tell("reset", { cursor: "k.9" });
    await shows(draft, "name", "Anne");
  });

  it("that tells nonsense is survived, and what it may have meant is fetched", async () => {
    const draft = await followed();
    here.server.write("/name", "Anne", "untold");
    here.server.tell("draft-changed", "nonsense");
    await shows(draft, "name", "Anne");
  });

  it("that cannot be had is replaced by asking", async () => {
    here.server.disturb(/events/, (_request, response) => void response.writeHead(502).end("<h1>No streams here</h1>"), 1000);
    const draft = here.connect().draft("mortgage");
    await draft.open();
    here.server.write("/name", "Anne", "untold");
    await shows(draft, "name", "Anne");
  });

  it("that ends with its credential goes on with a new one", async () => {
    const tokens = ["ct_1", "ct_2"];
    const draft = here.connect({ getToken: () => tokens.shift() ?? null }).draft("mortgage");
    await draft.open();
    await here.server.request(/GET .*events/);
    here.server.disturb(/events/, problem(401, "token-expired"));
    here.server.tell("auth", {});
    here.server.cutStreams();
    const renewed = await here.server.request(/GET .*events/, 3);
    expect(renewed.headers["authorization"]).toBe("Bearer ct_2");
  });

  it("ends when the client is closed", async () => {
    const retoma = here.connect();
    await retoma.draft("mortgage").open();
    await here.server.request(/GET .*events/);
    retoma.close();
    while (here.server.streams > 0) await new Promise((done) => setImmediate(done));
  });
});

describe("an edit", () => {
  it("goes on showing while news of the same field arrives below it", async () => {
    const draft = await followed();
    here.server.disturb(/changes/, problem(503, "busy"), 20);
    draft.set("name", "Anna");
    here.server.write("/name", "Anne");
    here.server.write("/phone", "1");
    await shows(draft, "phone", "1");
    expect(draft.get("name")).toBe("Anna");
    draft.set("name", "Annah");
    await draft.saved();
    const seen = here.server.of(/changes/).flatMap((request) => request.body.changes).flatMap((change: { ops: { seen: number }[] }) => change.ops.map((op) => op.seen));
    expect(new Set(seen)).toEqual(new Set([0]));
  });

  it("of what is shown now, but was shown later than a control's value, carries the control's revision", async () => {
    const draft = await followed();
    const shown = draft.seen("name");
    here.server.write("/name", "Anne");
    await shows(draft, "name", "Anne");
    draft.set("name", "Anna", { seen: shown });
    await draft.saved();
    expect(here.server.of(/changes/)[0]?.body.changes[0].ops[0].seen).toBe(0);
    expect(draft.seen("name")).toMatchObject({ revision: 2, also: {} });
  });
});
