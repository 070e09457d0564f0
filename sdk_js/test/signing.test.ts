/** Promise: whoever calls, a lost sign-in loses no edit, and a handoff opens one draft and no more. */

import { describe, expect, it, vi } from "vitest";
import { assistOf } from "../src/assist.js";
import type { TokenReason } from "../src/credentials.js";
import type { Draft } from "../src/draft.js";
import { draftOf, problem } from "./server.js";
import { setting } from "./setting.js";

const here = setting();

describe("a refused token", () => {
  it("is renewed once for all who wait, and their requests are repeated", async () => {
    const asked: TokenReason[] = [];
    const retoma = here.connect({ getToken: ({ reason }) => `ct_${asked.push(reason)}` });
    const drafts = ["a", "b", "c"].map((key) => retoma.draft("mortgage", { key }));
    here.server.disturb(/POST .*drafts/, problem(401, "token-expired"), 3);
    await Promise.all(drafts.map((draft) => draft.open()));
    expect(asked).toEqual(["initial", "expired"]);
  });

  it("without another pauses everything and keeps every edit until somebody has signed in", async () => {
    let token: string | null = "ct_1";
    const retoma = here.connect({ getToken: () => token });
    const draft = retoma.draft("mortgage");
    await draft.open();
    await here.server.request(/events/);
    token = null;
    here.server.disturb(/events/, problem(401, "token-revoked"));
    here.server.cutStreams();
    await here.server.request(/events/, 2);
    here.server.disturb(/changes/, problem(401, "token-revoked"));
    draft.set("name", "Ann");
    await expect(draft.flush()).rejects.toMatchObject({ name: "AuthRequiredError" });
    expect([draft.state, retoma.status, draft.value]).toEqual(["needs-auth", "needs-auth", { name: "Ann" }]);
    draft.set("phone", "1");
    token = "ct_2";
    await draft.flush();
    expect(here.server.data).toEqual({ name: "Ann", phone: "1" });
    await here.server.request(/events/, 3);
    expect([draft.state, retoma.status]).toEqual(["saved", "online"]);
  });

  it("of the shop's own provider goes beside the publishable key, and is renewed alike, once for all", async () => {
    const asked: TokenReason[] = [];
    const retoma = here.connect({ getToken: ({ reason }) => `eyJ.e30.${asked.push(reason)}` });
    const drafts = ["a", "b", "c"].map((key) => retoma.draft("mortgage", { key }));
    here.server.disturb(/POST .*drafts/, problem(401, "token-revoked"), 3);
    await Promise.all(drafts.map((draft) => draft.open()));
    await here.server.request(/events/);
    drafts[0]?.set("name", "Ann");
    await drafts[0]?.saved();
    expect(asked).toEqual(["initial", "rejected"]);
    expect(here.server.heard.map(({ headers }) => headers["retoma-key"])).toEqual(here.server.heard.map(() => "pk_1"));
    expect(here.server.of(/changes|events/).map(({ headers }) => headers["authorization"])).toEqual(["Bearer eyJ.e30.2", "Bearer eyJ.e30.2"]);
  });

  it("of the server itself needs no key beside it", async () => {
    await here.connect({ getToken: () => "ct_1" }).draft("mortgage").open();
    expect(here.server.of(/POST .*drafts/)[0]?.headers).not.toHaveProperty("retoma-key");
  });

  it("that getToken fails to replace counts as a failed network, and is asked for again", async () => {
    const answers = [() => "ct_1", () => { throw new Error("no network"); }, () => "ct_2"];
    const draft = here.connect({ getToken: () => (answers.shift() as () => string)() }).draft("mortgage");
    await draft.open();
    here.server.disturb(/changes/, problem(401, "token-expired"));
    draft.set("name", "Ann");
    await draft.saved();
    expect(here.server.of(/changes/).at(-1)?.headers["authorization"]).toBe("Bearer ct_2");
  });
});

describe("a code that a customer reads out", () => {
  it("opens their draft for the member of staff who is signed in, on a stream of its own", async () => {
    here.server.hold({ revision: 3, data: { name: { $masked: true, hint: "A•••" } } });
    const draft = await assistOf(here.connect({ channel: "store", getToken: () => "sf_1" })).redeem("BCDF-GHJK");
    expect(draft.get("name")).toEqual({ $masked: true, hint: "A•••" });
    draft.set("name", "Anna");
    await draft.saved();
    expect(here.server.of(/assist/)[0]?.body).toEqual({ code: "BCDF-GHJK" });
    expect(here.server.of(/changes/)[0]?.headers).toMatchObject({ authorization: "Bearer sf_1", "retoma-channel": "store" });
    expect((await here.server.request(/events/)).path).toBe("/v1/events?draft=dr_1");
  });
});

describe("a draft that staff came to by a code", () => {
  it("is handed back with what waits, and closed to whoever is in it no more", async () => {
    const assist = assistOf(here.connect({ channel: "store", getToken: () => "sf_1" }));
    const draft = await assist.redeem("BCDF-GHJK");
    here.server.disturb(/handback/, (_, response) => void response.writeHead(200, { "Content-Type": "application/json" }).end('{"handoff":null}'));
    draft.set("name", "Anna");
    expect(await assist.handBack(draft, { step: "income" })).toEqual({ url: null, qrSvg: null });
    expect(here.server.of(/changes/)).toHaveLength(1);
    expect(here.server.of(/handback/)[0]?.body).toEqual({ step: "income" });
    await expect(assist.leave(draft)).rejects.toThrow("not let into");
  });
});

describe("the right to write that staff have one at a time", () => {
  const clerk = () => here.connect({ channel: "store", getToken: () => "sf_1" });
  const fences = () => here.server.of(/changes/).map(({ headers }) => headers["retoma-fence"]);

  it("is taken with the code, kept by heartbeats, and carried by every write", async () => {
    const draft = await assistOf(clerk()).redeem("BCDF-GHJK");
    draft.set("name", "Anna");
    await draft.saved();
    expect(fences()).toEqual(["1"]);
    await vi.waitFor(() => expect(here.server.of(/lease/).at(-1)?.body).toEqual({ fence: 1 }));
    expect(here.pauses).toContain(20_000);
  });

  it("is taken anew where it was lost, and the same change sent again", async () => {
    const draft = await assistOf(clerk()).redeem("BCDF-GHJK");
    here.server.disturb(/changes/, problem(423, "lease-lost", { name: "Leo" }));
    draft.set("name", "Anna");
    await draft.saved();
    expect(fences()).toEqual(["1", "2"]);
    const [lost, sent] = here.server.of(/changes/).map(({ body }) => body);
    expect(sent).toEqual(lost);
  });

  it("that a colleague has loses no edit: it is saved once they are done", async () => {
    here.server.disturb(/POST .*lease/, problem(423, "lease-held", { name: "Leo" }), 4);
    const draft = await assistOf(clerk()).redeem("BCDF-GHJK");
    draft.set("name", "Anna");
    await draft.saved();
    expect([draft.state, fences()]).toEqual(["saved", ["1"]]);
  });

  it("is not asked for on the customer's own device", async () => {
    here.server.disturb(/redeem/, (_, response) => {
      response.writeHead(200, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ assist: null, draft: draftOf({}) }));
    });
    await assistOf(here.connect({ getToken: () => "ct_1" })).redeem("BCDF-GHJK");
    expect(here.server.of(/lease/)).toEqual([]);
  });
});

describe("a handoff", () => {
  it.each(["ho_t_h_s~n1", "https://shop.example/form#retoma=ho_t_h_s~n1", "https://shop.example/form?a=1#part&retoma=ho_t_h_s~n1"])("in %s opens its draft by a grant of its own", async (link) => {
    here.server.hold({ revision: 3, data: { name: "Ann" } });
    const retoma = here.connect({ device: "iPhone" });
    const draft = await retoma.redeem(link);
    expect(draft?.value).toEqual({ name: "Ann" });
    draft?.set("phone", "1");
    await draft?.saved();
    const [redeeming] = here.server.of(/redeem/);
    expect(redeeming?.body).toEqual({ token: "ho_t_h_s", nonce: "n1", device: "iPhone" });
    expect(here.server.of(/changes/)[0]?.headers["authorization"]).toBe("Bearer gr_1");
    expect((await here.server.request(/events/)).path).toBe("/v1/events?draft=dr_1");
    expect(here.server.of(/visitors/)).toEqual([]);
  });

  it("repeats a lost answer with the same nonce", async () => {
    here.server.disturb(/redeem/, (_request, response) => void response.destroy());
    await here.connect().redeem("https://retoma.example/r#ho_t_h_s");
    const [first, second] = here.server.of(/redeem/);
    expect(second?.body).toEqual(first?.body);
    expect(first?.body.nonce).toMatch(/^[0-9a-f]{32}$/);
  });

  it("that needs a match shows its digits once, and waits until they were picked", async () => {
    for (const digits of ["47", "47", "12"]) here.server.disturb(/redeem/, problem(403, "match-required", { digits }));
    const shown: string[] = [];
    const draft = await here.connect().redeem("ho_t_h_s~n1", { show: (digits) => shown.push(digits) });
    expect([shown, draft?.id]).toEqual([["47", "12"], "dr_1"]);
    here.server.disturb(/redeem/, problem(403, "match-required", { digits: "47" }));
    await expect(here.connect().redeem("ho_t_h_s~n1")).rejects.toMatchObject({ code: "match-required" });
  });

  it("that is used or unknown is an error, and so is what is no handoff", async () => {
    here.server.disturb(/redeem/, problem(404, "handoff-invalid"));
    await expect(here.connect().redeem("ho_t_h_s~n1")).rejects.toMatchObject({ code: "handoff-invalid" });
    await expect(here.connect().redeem("https://shop.example/")).rejects.toMatchObject({ code: "handoff-invalid" });
    expect(here.server.of(/redeem/)).toHaveLength(1);
  });

  it("whose grant has ended keeps what was typed and says that somebody is needed", async () => {
    const draft = await here.connect().redeem("ho_t_h_s~n1");
    here.server.disturb(/changes/, problem(401, "session-ended"), 100);
    draft?.set("name", "Ann");
    await expect(draft?.flush()).rejects.toMatchObject({ code: "session-ended" });
    expect([draft?.state, draft?.value]).toEqual(["needs-auth", { name: "Ann" }]);
  });

  it("while another request is under way tells those who came meanwhile, instead of leaving them to wait", async () => {
    const draft = await here.connect().redeem("ho_t_h_s~n1");
    const refuse = new Promise<() => void>((held) => {
      here.server.disturb(/GET .*drafts/, (request, response) => held(() => problem(401, "session-ended")(request, response)));
    });
    here.server.disturb(/changes/, problem(401, "session-ended"), 100);
    const refreshing = draft?.refresh();
    const answer = await refuse;
    draft?.set("name", "Ann");
    const flushing = draft?.flush();
    answer();
    const told = { code: "session-ended" };
    await Promise.all([expect(refreshing).rejects.toMatchObject(told), expect(flushing).rejects.toMatchObject(told)]);
    expect([draft?.state, draft?.value]).toEqual(["needs-auth", { name: "Ann" }]);
  });
});

describe("a sign-out", () => {
  it("leaves nothing to a visitor who comes while it is under way, and what they enter is kept", async () => {
    const retoma = here.connect();
    const left = retoma.draft("mortgage");
    left.set("name", "Ann");
    await left.saved();
    const next = new Promise<Draft>((come) => retoma.onOwner.add((owner) => owner === null && come(retoma.draft("mortgage"))));
    await retoma.signOut();
    const draft = await next;
    await draft.ready;
    expect([left.state, draft.value]).toEqual(["closed", {}]);
    here.server.disturb(/POST/, (_request, response) => void response.destroy(), 1000);
    draft.set("name", "Bea");
    await vi.waitFor(() => expect(draft.state).toBe("offline"));
    expect([retoma.persistence, (await retoma.inspect()).drafts]).toMatchObject(["durable", [{ outbox: [{ ops: [{ path: "/name" }] }] }]]);
  });

  it("keeps nothing of the next customer under the name of the one before", async () => {
    let customer = "cu_1";
    const retoma = here.connect({ customer: "user-a", getToken: () => ({ token: `ct_${customer}`, customer }) });
    await retoma.draft("mortgage").open();
    customer = "cu_2";
    here.server.hold({ id: "dr_2", customer });
    await retoma.signOut();
    const draft = retoma.draft("mortgage");
    draft.set("name", "Bea");
    await draft.saved();
    const later = here.connect({ customer: "user-a", getToken: () => null }).draft("mortgage");
    await later.ready;
    expect([retoma.persistence, later.value]).toEqual(["durable", {}]);
  });
});
