/** Promise: a sign-in takes along what the visitor has, once; whatever the server answers, it breaks nothing and loses nothing. */

import { describe, expect, it, vi } from "vitest";
import { Account } from "../src/account.js";
import type { Retoma } from "../src/client.js";
import { AuthRequiredError } from "../src/errors.js";
import type { Held } from "../src/owned.js";
import { Partings } from "../src/partings.js";
import { json, problem } from "./server.js";
import { setting } from "./setting.js";

const here = setting();

const bearers = (path: RegExp): unknown[] => here.server.of(path).map(({ headers }) => headers["authorization"]);
const getToken = () => ({ token: "ct_1", customer: "cu_1" });
const PENDING = "retoma.claim.pk_1";
const VISITOR = "retoma.visitor.pk_1";

const TOUCHED = { draft: "dr_1", updated_at: "2026-11-28T10:00:00.000Z", channel: "web", device: "iPhone", step: "income", step_number: 3, steps: 5, fields: 1 };
const FORM = { draft: "dr_1", process: "mortgage", key: "default", form: "dr_2", parked: null, guest: TOUCHED, saved: null, differs: [], strategy: "ask", fate: "adopted", reason: null, undo_until: "2026-11-29T10:00:00.000Z" };
const CLAIMED = { id: "cl_1", carts: [], forms: [FORM], visitor: { token: "vt_new", customer: "cu_v", expires_at: "" } };

/** From now on the server has the customer's form in place of the guest's. */
function grantClaim(): void {
  here.server.disturb(/claim/, (_request, response) => {
    here.server.hold({ id: "dr_2", customer: "cu_1", revision: 3, data: { name: "Ann" } });
    json(response, 200, CLAIMED);
  });
}

async function guest(): Promise<Retoma> {
  const retoma = here.connect();
  const draft = retoma.draft("mortgage");
  draft.set("name", "Ann");
  await draft.saved();
  return retoma;
}

describe("a sign-in", () => {
  it("claims with the visitor's token, goes on as the customer, and tells what became of everything", async () => {
    const retoma = await guest();
    const draft = retoma.draft("mortgage");
    const shown = vi.fn();
    draft.subscribe(({ value }) => shown(value));
    grantClaim();
    const receipt = await retoma.signIn({ getToken, forms: "merge" });
    expect(receipt).toMatchObject({ id: "cl_1", isPending: false, forms: [{ guest: { stepNumber: 3, steps: 5 }, undoUntil: FORM.undo_until, form: "dr_2" }] });
    expect(here.server.of(/claim/).map(({ body, headers }) => [body, headers["authorization"]])).toEqual([[{ visitor: "vt_1", forms: "merge" }, "Bearer ct_1"]]);
    draft.set("phone", "1");
    await draft.saved();
    expect([draft.id, retoma.draft("mortgage"), draft.value]).toEqual(["dr_2", draft, { name: "Ann", phone: "1" }]);
    expect(shown.mock.calls.every(([value]) => value.name === "Ann")).toBe(true);
    expect([here.server.of(/dr_2.changes/).at(-1)?.headers["authorization"], here.kept.get(VISITOR), here.kept.get(PENDING)]).toEqual(["Bearer ct_1", "vt_new", ""]);
    expect((await retoma.inspect()).owner).toBe("customer:cu_1");
  });

  it("with the token of the shop's own provider claims beside the shop's key", async () => {
    const retoma = await guest();
    grantClaim();
    await retoma.signIn({ getToken: () => "eyJ.e30.1" });
    expect(here.server.of(/claim/)[0]?.headers).toMatchObject({ "authorization": "Bearer eyJ.e30.1", "retoma-key": "pk_1" });
  });

  it("that is asked for twice is one", async () => {
    const retoma = await guest();
    grantClaim();
    const both = await Promise.all([retoma.signIn({ getToken }), retoma.signIn({ getToken })]);
    expect([both[0].id, both[1].id, here.server.of(/claim/).length]).toEqual(["cl_1", "cl_1", 1]);
  });

  it("takes along what somebody enters for the first time as they sign in", async () => {
    const retoma = here.connect();
    retoma.draft("mortgage").set("name", "Ann");
    grantClaim();
    expect((await retoma.signIn({ getToken })).id).toBe("cl_1");
    expect(here.server.of(/claim/).map(({ body }) => body)).toEqual([{ visitor: "vt_1" }]);
  });

  it("of somebody who has entered nothing claims nothing", async () => {
    const retoma = here.connect();
    const draft = retoma.draft("mortgage");
    here.server.hold({ id: "dr_2", customer: "cu_1", revision: 3, data: { name: "Ann" } });
    expect(await retoma.signIn({ getToken })).toEqual({ id: null, isPending: false, carts: [], forms: [] });
    expect([draft.value, here.server.of(/claim/)]).toEqual([{ name: "Ann" }, []]);
  });

  it.each([
    ["one of the two drafts is being ordered", problem(409, "dest-busy")],
    ["the server fails", problem(503, "store-unavailable")],
    ["nobody answers", (_request: unknown, response: { destroy(): void }) => void response.destroy()],
  ])("succeeds where %s, and is made up for", async (_why, fault) => {
    const retoma = await guest();
    const draft = retoma.draft("mortgage");
    here.server.disturb(/claim/, fault, 3);
    grantClaim();
    expect(await retoma.signIn({ getToken })).toMatchObject({ id: null, isPending: true, forms: [] });
    expect(draft.value).toEqual({ name: "Ann" });
    await vi.waitFor(() => expect([draft.id, here.kept.get(PENDING)]).toEqual(["dr_2", ""]));
    expect(draft.value).toEqual({ name: "Ann" });
  });

  it("of somebody who signs out while their drafts turn comes to an end", async () => {
    const retoma = await guest();
    const survey = retoma.draft("survey");
    here.server.disturb(/claim/, (_request, response) => {
      survey.set("mood", "good");
      here.server.disturb(/drafts/, () => void setTimeout(() => void retoma.signOut({ discardUnsent: true }), 50), 9);
      json(response, 200, CLAIMED);
    });
    await expect(retoma.signIn({ getToken })).rejects.toMatchObject({ code: "signed-out" });
  });

  it("that is answered once somebody has signed out shows nothing of it to whoever comes next", async () => {
    const retoma = await guest();
    const draft = retoma.draft("mortgage");
    here.server.disturb(/claim/, (_request, response) => {
      void retoma.signOut({ discardUnsent: true });
      setTimeout(() => json(response, 200, CLAIMED), 50);
    });
    await expect(retoma.signIn({ getToken })).rejects.toMatchObject({ code: "signed-out" });
    await new Promise((done) => setTimeout(done, 150));
    expect([draft.state, retoma.draft("mortgage") === draft, retoma.draft("mortgage").value]).toEqual(["closed", false, {}]);
  });

  it("takes along a draft that somebody turns to only while it is under way", async () => {
    const retoma = await guest();
    here.server.disturb(/claim/, (_request, response) => {
      retoma.draft("survey").set("mood", "good");
      here.server.hold({ id: "dr_2", customer: "cu_1", revision: 3, data: { name: "Ann" } });
      json(response, 200, CLAIMED);
    });
    await retoma.signIn({ getToken });
    expect(retoma.draft("survey").value).toMatchObject({ mood: "good" });
  });

  it("in another tab lets nobody wait for ever for what they ask as the visitor", async () => {
    const retoma = await guest();
    const following = new Account({ client: retoma, partings: new Partings("pk_1"), options: { publishableKey: "pk_1" }, installation: "" } as never).follow();
    const line = await retoma.owned.transport.lay();
    const asked = line.call({ method: "GET", path: "drafts" }).catch((error: unknown) => error);
    await retoma.signOut({ discardUnsent: true });
    await following;
    const answer = await Promise.race([asked, new Promise((go) => setTimeout(go, 1000, "never"))]);
    expect(answer).toMatchObject({ code: "signed-out" });
  }, 9000);

  it("asks for no more news with the token that it replaces", async () => {
    const retoma = await guest();
    await vi.waitFor(() => expect(here.server.streams).toBe(1));
    const heard = here.server.of(/events/).length;
    here.server.disturb(/claim/, (_request, response) => {
      here.server.cutStreams();
      // By then, whoever comes back at once has come back.
      setTimeout(() => json(response, 200, CLAIMED), 50);
    });
    await retoma.signIn({ getToken });
    await vi.waitFor(() => expect(here.server.streams).toBe(1));
    expect(bearers(/events/).slice(heard)).toEqual(["Bearer ct_1"]);
  });

  it("comes to its end where an answer for a draft arrives that has ended by then", async () => {
    const { owned } = await guest();
    const { syncing } = owned.all[0] as Held;
    const over = new AuthRequiredError({ code: "signed-out", message: "" });
    await syncing.close(over, true);
    void syncing.apply((state) => state);
    await owned.close(over);
    await expect(syncing.saved()).rejects.toBe(over);
  });

  it("that does not come about lets the visitor hear news as before", async () => {
    const retoma = await guest();
    await vi.waitFor(() => expect(here.server.streams).toBe(1));
    here.server.disturb(/claim/, problem(422, "invalid"));
    await expect(retoma.signIn({ getToken })).rejects.toMatchObject({ code: "invalid" });
    await vi.waitFor(() => expect(here.server.streams).toBe(1));
    here.server.write("/phone", "1");
    await vi.waitFor(() => expect(retoma.draft("mortgage").value).toEqual({ name: "Ann", phone: "1" }));
  });

  it("that nobody vouches for changes nothing", async () => {
    const retoma = await guest();
    await expect(retoma.signIn({ getToken: () => null })).rejects.toMatchObject({ code: "authentication-required" });
    retoma.draft("mortgage").set("phone", "1");
    await retoma.draft("mortgage").saved();
    expect(new Set(bearers(/changes/))).toEqual(new Set(["Bearer vt_1"]));
  });

  it("that would be refused every time is an error, and is not repeated", async () => {
    const retoma = await guest();
    here.server.disturb(/claim/, problem(422, "invalid"));
    await expect(retoma.signIn({ getToken })).rejects.toMatchObject({ code: "invalid" });
    expect([here.kept.get(PENDING), retoma.draft("mortgage").id]).toEqual(["", "dr_1"]);
  });

  it("ends with a sign-out, which throws away nothing unasked that is yet to be claimed", async () => {
    const retoma = await guest();
    here.server.disturb(/claim/, problem(503, "store-unavailable"), 1e6);
    await retoma.signIn({ getToken });
    await expect(retoma.signOut()).rejects.toMatchObject({ code: "unsent-changes" });
    await retoma.signOut({ discardUnsent: true });
    expect([here.kept.get(PENDING), here.kept.get(VISITOR), retoma.draft("mortgage").value]).toEqual(["", "", {}]);
    const asked = here.server.of(/claim/).length;
    await new Promise((done) => setTimeout(done, 50));
    expect(here.server.of(/claim/).length - asked).toBeLessThan(2);
  });
});

describe("a claim that an earlier page could not make", () => {
  it("is made by the next page of that customer, and by nobody else's", async () => {
    const retoma = await guest();
    here.server.disturb(/claim/, problem(503, "store-unavailable"), 1e6);
    await retoma.signIn({ getToken, customer: "ann" });
    retoma.close();
    here.server.heal();
    const asked = here.server.of(/claim/).length;
    grantClaim();
    await here.connect({ customer: "bob", getToken: () => "ct_bob" }).drafts.list();
    await new Promise((done) => setTimeout(done, 50));
    expect(here.server.of(/claim/).length).toBe(asked);
    await here.connect({ customer: "ann", getToken }).drafts.list();
    await vi.waitFor(() => expect([here.server.of(/claim/).length, here.kept.get(PENDING)]).toEqual([asked + 1, ""]));
  });
});

describe("a choice", () => {
  it("of a parked form sends first what waits, and shows the form", async () => {
    const retoma = here.connect({ getToken });
    const draft = retoma.draft("mortgage");
    await draft.open();
    here.server.disturb(/activate/, (_request, response) => {
      here.server.hold({ id: "dr_2", customer: "cu_1", revision: 3, data: { name: "Bea" } });
      here.server.disturb(/GET .*dr_1/, problem(404, "not-found"), 100);
      json(response, 200, { id: "dr_2", process: "mortgage", key: "default" });
    });
    draft.set("name", "Ann");
    await retoma.activate("dr_2");
    expect([draft.id, draft.value, here.server.of(/dr_1.changes/).length]).toEqual(["dr_2", { name: "Bea" }, 1]);
  });
});
