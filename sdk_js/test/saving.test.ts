/** Promise: what is edited is on the server once, whatever happens on the way, and the draft says how it stands. */

import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { ClosedError, NetworkError, RateLimitedError, RejectedError } from "../src/errors.js";
import { type Fault, json, problem } from "./server.js";
import { setting } from "./setting.js";

const here = setting();

/** The next snapshot for which something holds. */
function until<S>(draft: { subscribe(fn: (snapshot: S) => void): () => void }, holds: (snapshot: S) => boolean): Promise<S> {
  return new Promise((done) => {
    const stop = draft.subscribe((snapshot) => {
      if (!holds(snapshot)) return;
      queueMicrotask(() => stop());
      done(snapshot);
    });
  });
}

describe("a draft", () => {
  it("sends nothing before it is opened or edited", async () => {
    const draft = here.connect().draft("mortgage");
    draft.subscribe(() => undefined);
    await new Promise((done) => setImmediate(done));
    expect(here.server.heard).toEqual([]);
  });

  it("is opened by its first edit, for a new visitor, and shows the edit at once", async () => {
    const draft = here.connect({ channel: "kiosk", device: "Küche" }).draft("mortgage");
    draft.set("applicant.email", "ann@example.com");
    expect(draft.value).toEqual({ applicant: { email: "ann@example.com" } });
    expect(draft.state).toBe("saving");
    await draft.saved();
    expect(draft.state).toBe("saved");
    const posts = here.server.of(/POST/);
    expect(posts.map((request) => request.path)).toEqual(["/v1/visitors", "/v1/drafts", "/v1/drafts/dr_1/changes"]);
    const [visitor, opening, sending] = posts;
    expect(visitor?.headers["authorization"]).toBe("Bearer pk_1");
    expect(opening?.headers).toMatchObject({ authorization: "Bearer vt_1", "retoma-channel": "kiosk", "retoma-device": "K%C3%BCche" });
    expect(sending?.body).toMatchObject({ since: 0, changes: [{ seq: 1, ops: [{ op: "set", path: "/applicant/email", value: "ann@example.com", seen: 0 }] }] });
  });

  it("gathers the edits of one turn of the page in one request", async () => {
    const draft = here.connect().draft("mortgage");
    await draft.open();
    for (let i = 0; i < 20; i++) draft.set(`field${i}`, i);
    await draft.saved();
    expect(here.server.of(/changes/)).toHaveLength(1);
  });

  it("is the same object for all who ask for it", () => {
    const retoma = here.connect();
    expect(retoma.draft("mortgage")).toBe(retoma.draft("mortgage"));
    expect(retoma.draft("mortgage")).not.toBe(retoma.draft("mortgage", { key: "second" }));
  });

  it("goes on for the same visitor on the next page", async () => {
    await here.connect().draft("mortgage").open();
    await here.connect().draft("mortgage").open();
    expect(here.server.of(/visitors/)).toHaveLength(1);
  });

  it("asks for a new visitor where the remembered one has ended", async () => {
    here.kept.set("retoma.visitor.pk_1", "vt_old");
    here.server.disturb(/POST .*drafts/, problem(401, "token-revoked"));
    await here.connect().draft("mortgage").open();
    expect(here.kept.get("retoma.visitor.pk_1")).toBe("vt_1");
  });
});

const faults: Record<string, Fault> = {
  "an HTML page of a proxy with status 502": (_request, response) => void response.writeHead(502, { "Content-Type": "text/html" }).end("<h1>Bad gateway</h1>"),
  "an HTML page with status 200": (_request, response) => void response.writeHead(200, { "Content-Type": "text/html" }).end("<h1>Sign in to our Wi-Fi</h1>"),
  "an HTML page with status 404": (_request, response) => void response.writeHead(404).end("<h1>Not found</h1>"),
  "half a document": (_request, response) => void response.writeHead(200, { "Content-Type": "application/json" }).end('{"revision": 1, "resul'),
  "a document of another shape": (_request, response) => void response.writeHead(200).end("[]"),
  "a redirect to itself": (request, response) => void response.writeHead(302, { Location: request.path }).end(),
  "a cut before the answer": (_request, response) => void response.destroy(),
  "a cut within the answer": cutWithin,
  "503 busy": problem(503, "busy"),
  "500 internal-error": problem(500, "internal-error"),
  "429 rate-limited": problem(429, "rate-limited"),
};

function cutWithin(_request: unknown, response: ServerResponse): void {
  response.writeHead(200, { "Content-Length": "1000" });
  response.write("{", () => response.destroy());
}

describe("resuming", () => {
  it("opens the draft that there is", async () => {
    here.server.hold({ revision: 3, data: { name: "Ann" } });
    const draft = here.connect({ getToken: () => "ct_1" }).draft("mortgage");
    expect(await draft.resume()).toBe(true);
    expect([draft.id, draft.value]).toEqual(["dr_1", { name: "Ann" }]);
    expect(here.server.of(/POST/)).toEqual([]);
  });

  it("makes none where there is none", async () => {
    const retoma = here.connect({ getToken: () => "ct_1" });
    expect(await retoma.draft("mortgage", { key: "another" }).resume()).toBe(false);
    expect(here.server.of(/POST/)).toEqual([]);
  });

  it("asks nothing for a visitor who never entered anything", async () => {
    expect(await here.connect().draft("mortgage").resume()).toBe(false);
    expect(here.server.heard).toEqual([]);
  });
});

describe.each(Object.entries(faults))("%s", (_name, fault) => {
  it("loses nothing: the same bytes are sent until they are answered", async () => {
    const draft = here.connect().draft("mortgage");
    await draft.open();
    here.server.disturb(/changes/, fault, 3);
    draft.set("name", "Ann");
    const saved = draft.saved();
    await here.server.request(/changes/);
    draft.set("phone", "1");
    await saved;
    const sent = here.server.of(/changes/).map((request) => JSON.stringify(request.body.changes));
    expect(new Set(sent.slice(0, 4)).size).toBe(1);
    expect(here.server.data).toEqual({ name: "Ann", phone: "1" });
    expect(here.pauses).toHaveLength(3);
    expect(draft.rejected).toEqual([]);
  });

  it("is a typed error for whoever waits for the request itself", async () => {
    const draft = here.connect().draft("mortgage");
    here.server.disturb(/POST .*drafts/, fault, 100);
    await expect(draft.open()).rejects.toMatchObject({ code: expect.stringMatching(/^[a-z-]+$/), retryable: true });
    here.server.heal();
    await until(draft, () => draft.id !== null);
  });
});

describe("waiting between attempts", () => {
  it("is as long as the server asks", async () => {
    const draft = here.connect().draft("mortgage");
    await draft.open();
    here.server.disturb(/changes/, problem(429, "rate-limited", {}, { "Retry-After": "7" }));
    draft.set("name", "Ann");
    await expect(draft.flush()).rejects.toBeInstanceOf(RateLimitedError);
    await draft.saved();
    expect(here.pauses).toEqual([7000]);
  });

  it("grows from half a second to half a minute otherwise, with full jitter", async () => {
    const draft = here.connect().draft("mortgage");
    await draft.open();
    await here.server.request(/GET .*since/);
    here.server.disturb(/changes/, problem(503, "busy"), 9);
    draft.set("name", "Ann");
    await draft.saved();
    expect(here.pauses).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  });
});

describe("offline", () => {
  it("is a state; edits wait, and go when the network is back", async () => {
    const retoma = here.connect();
    const draft = retoma.draft("mortgage");
    await draft.open();
    here.server.disturb(/changes/, (_request, response) => void response.destroy(), 1000);
    draft.set("name", "Ann");
    await expect(draft.flush()).rejects.toBeInstanceOf(NetworkError);
    expect([draft.state, retoma.status]).toEqual(["offline", "offline"]);
    expect(draft.value).toEqual({ name: "Ann" });
    here.server.heal();
    await draft.saved();
    expect([draft.state, retoma.status]).toEqual(["saved", "online"]);
  });

  it("stays one however long it lasts, until the server says something else", async () => {
    const tokens = ["ct_1"];
    const draft = here.connect({ getToken: () => tokens.pop() ?? null }).draft("mortgage");
    await draft.open();
    here.server.disturb(/changes/, (_request, response) => void response.destroy(), 10);
    draft.set("name", "Ann");
    await here.server.request(/changes/, 10);
    expect(draft.state).toBe("offline");
    here.server.disturb(/changes/, problem(401, "token-expired"), 100);
    await until(draft, ({ state }) => state === "needs-auth");
  });
});

describe("a refused request", () => {
  it("of several changes is repeated one by one, and only the bad one is given back", async () => {
    const draft = here.connect().draft("mortgage");
    await draft.open();
    const refuse: Fault = (request, response) => (request.text.includes('"bad"') ? problem(422, "unknown-field")(request, response) : false);
    here.server.disturb(/changes/, refuse, 100);
    draft.transaction((edits) => edits.set("a", 1));
    draft.transaction((edits) => edits.set("b", "bad"));
    draft.transaction((edits) => edits.set("c", 3));
    await expect(draft.saved()).rejects.toBeInstanceOf(RejectedError);
    expect(here.server.data).toEqual({ a: 1, c: 3 });
    expect(draft.rejected).toEqual([{ code: "unknown-field", ops: [{ op: "set", path: "/b", value: "bad", seen: 0 }] }]);
    const sent = here.server.of(/changes/).map((request) => request.body.changes.map((change: { seq: number; ops: unknown[] }) => `${change.seq}:${change.ops.length}`).join());
    expect(sent).toEqual(["1:1,2:1,3:1", "1:1", "2:1", "2:0", "3:1"]);
  });

  it("of edits that were merely gathered gives back only the bad edit", async () => {
    const draft = here.connect().draft("mortgage");
    await draft.open();
    const refuse: Fault = (request, response) => (request.text.includes('"bad"') ? problem(400, "invalid-string")(request, response) : false);
    here.server.disturb(/changes/, refuse, 100);
    draft.patch({ a: 1, b: "bad", c: 3 });
    await expect(draft.saved()).rejects.toMatchObject({ code: "invalid-string" });
    expect(here.server.data).toEqual({ a: 1, c: 3 });
    expect(draft.rejected).toHaveLength(1);
  });

  it("that stays refused even empty is a failing server, and never a busy loop", async () => {
    const draft = here.connect().draft("mortgage");
    await draft.open();
    here.server.disturb(/changes/, problem(400, "bad-request"), 8);
    draft.set("name", "Ann");
    await expect(draft.saved()).rejects.toMatchObject({ code: "bad-request" });
    expect(here.pauses.length).toBeGreaterThan(3);
    expect(draft.rejected).toMatchObject([{ ops: [{ value: "Ann" }] }]);
  });
});

describe("an answer that decides nothing", () => {
  it("is a failing server, and never a busy loop", async () => {
    const draft = here.connect().draft("mortgage");
    await draft.open();
    const empty: Fault = (_request, response) => json(response, 200, { revision: 0, epoch: "k", results: [], conflicts: [] });
    here.server.disturb(/changes/, empty, 5);
    draft.set("name", "Ann");
    await draft.saved();
    expect(here.pauses).toHaveLength(5);
  });
});

describe("numbers that do not fit", () => {
  it("after a gap begin again under another writer", async () => {
    const draft = here.connect().draft("mortgage");
    draft.set("name", "Ann");
    await draft.saved();
    here.server.disturb(/changes/, problem(409, "sequence-gap", { expected: 1 }));
    draft.set("phone", "1");
    await draft.saved();
    const [first, refused, again] = here.server.of(/changes/).map((request) => request.body);
    expect(refused.writer).toBe(first.writer);
    expect(again.writer).not.toBe(first.writer);
    expect(again.changes).toEqual([{ seq: 1, ops: [{ op: "set", path: "/phone", value: "1", seen: 0 }] }]);
  });

  it("after a restored backup begin from the whole draft and keep what waits, as seen by nobody", async () => {
    const draft = here.connect().draft("mortgage");
    here.server.hold({ revision: 9, data: { name: "Old" } });
    await draft.open();
    here.server.disturb(/changes/, problem(409, "resync"));
    here.server.hold({ revision: 5, data: { name: "Older" } });
    draft.set("phone", "1");
    await draft.saved();
    expect(draft.value).toEqual({ name: "Older", phone: "1" });
    expect(here.server.of(/changes/)[1]?.body.changes[0].ops[0].seen).toBe(0);
  });
});

describe("a closed draft", () => {
  it("gives back what waits and takes nothing more", async () => {
    const retoma = here.connect();
    const draft = retoma.draft("mortgage");
    await draft.open();
    here.server.disturb(/changes/, problem(409, "draft-closed"));
    draft.set("name", "Ann");
    await expect(draft.saved()).rejects.toBeInstanceOf(ClosedError);
    expect(draft.state).toBe("closed");
    expect(draft.rejected).toMatchObject([{ code: "draft-closed", ops: [{ value: "Ann" }] }]);
    expect(() => draft.set("name", "Anna")).toThrow(ClosedError);
    expect(retoma.draft("mortgage")).not.toBe(draft);
  });

  it("is what completing leaves, under one key for all attempts", async () => {
    const draft = here.connect().draft("mortgage");
    draft.set("name", "Ann");
    here.server.disturb(/complete/, (_request, response) => void response.destroy());
    await draft.complete({ keepStored: true });
    expect([draft.status, draft.state]).toEqual(["completed", "closed"]);
    const [first, second] = here.server.of(/complete/);
    expect(first?.body).toEqual({ seen: 1, keep_stored: true });
    expect(second?.headers["idempotency-key"]).toBe(first?.headers["idempotency-key"]);
  });

  it("is what discarding leaves", async () => {
    const draft = here.connect().draft("mortgage");
    await draft.discard();
    expect([draft.status, draft.state]).toEqual(["discarded", "closed"]);
    expect(here.server.of(/DELETE/)).toHaveLength(1);
  });

  it("is what closing the client leaves, and nobody waits for ever", async () => {
    const retoma = here.connect();
    const draft = retoma.draft("mortgage");
    here.server.disturb(/visitors/, () => undefined);
    draft.set("name", "Ann");
    const saved = draft.saved();
    await here.server.request(/visitors/);
    retoma.close();
    await expect(saved).rejects.toMatchObject({ code: "client-closed" });
  });
});

describe("completing", () => {
  it("is refused while conflicts are open, and says which", async () => {
    const draft = here.connect().draft("mortgage");
    here.server.disturb(/complete/, problem(409, "conflicts-open", { conflicts: [{ id: "cf_1_0" }] }));
    await expect(draft.complete()).rejects.toMatchObject({ name: "ConflictError", code: "conflicts-open", requestId: "rq_1", conflicts: [{ id: "cf_1_0" }] });
    expect(draft.status).toBe("open");
  });
});

describe("handoffs", () => {
  it("give a link and its picture for a device, a code for staff, after what waits was sent", async () => {
    const draft = here.connect().draft("mortgage");
    draft.set("name", "Ann");
    expect(await draft.handoff()).toEqual({ id: "ho_1", to: "device", url: "https://retoma.example/r#ho_1", qrSvg: "<svg/>", expiresAt: "2026-01-01T10:00:00.000Z" });
    expect(here.server.data).toEqual({ name: "Ann" });
    const forStaff = await draft.handoff({ to: "staff" });
    expect(forStaff.code).toBe("BCDF-GHJK");
    await draft.revoke(forStaff);
    expect(here.server.of(/DELETE .*handoffs\/ho_1/)).toHaveLength(1);
  });
});

describe("lists", () => {
  it("name the customer's drafts in the words of JavaScript", async () => {
    const retoma = here.connect({ getToken: () => "ct_1" });
    const { items, next } = await retoma.drafts.list({ status: "open" });
    expect(items[0]).toMatchObject({ id: "dr_1", createdAt: "", expiresAt: "" });
    expect(next).toBeNull();
    expect(here.server.of(/GET/)[0]?.path).toBe("/v1/drafts?status=open");
  });

  it("are empty for a visitor who never entered anything, without asking", async () => {
    expect(await here.connect().drafts.list()).toEqual({ items: [], next: null });
    expect(here.server.heard).toEqual([]);
  });
});

describe("subscribers", () => {
  it("are told at once and on every change until they leave", async () => {
    const draft = here.connect().draft("mortgage");
    const told: unknown[] = [];
    const stop = draft.subscribe(({ value }) => told.push(value));
    draft.set("name", "Ann");
    stop();
    draft.set("name", "Anna");
    expect(told).toEqual([{}, { name: "Ann" }]);
  });
});
