/** Promise: whoever signs out is gone at once, from this device and from every request; whoever comes next is nobody else. */

import { describe, expect, it, vi } from "vitest";
import { IndexedDbStorage } from "../src/keeping/indexeddb.js";
import { memoryStorage } from "../src/keeping/memory.js";
import { Shelf } from "../src/keeping/shelf.js";
import { StorageError } from "../src/errors.js";
import { json, problem } from "./server.js";
import { setting } from "./setting.js";

const here = setting();
const NAME = JSON.stringify(["mortgage", "default"]);
const keptOf = async (owner: string): Promise<string> => JSON.stringify(await new IndexedDbStorage(here.device).read({ owner, draft: NAME }));
const bearers = (path: RegExp): unknown[] => here.server.of(path).map(({ headers }) => headers["authorization"]);

describe("a page that has ended", () => {
  it("says so to whoever dismisses something there, instead of letting them wait", async () => {
    const retoma = here.connect();
    const draft = retoma.draft("mortgage");
    await draft.open();
    retoma.close();
    await expect(draft.dismiss({ ops: [], code: "invalid" })).rejects.toMatchObject({ code: "client-closed" });
  });
});

describe("somebody who signs out", () => {
  it("while their token is being asked for never speaks for whoever comes next", async () => {
    const answers: ((token: string) => void)[] = [];
    const retoma = here.connect({ getToken: () => new Promise<string>((give) => answers.push(give)) });
    retoma.draft("mortgage").set("name", "Ann");
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    await retoma.signOut({ discardUnsent: true });
    const next = retoma.draft("mortgage");
    next.set("name", "Bob");
    answers[0]?.("ct_of_ann");
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers[1]?.("ct_of_bob");
    await next.saved();
    expect(new Set(bearers(/drafts/))).toEqual(new Set(["Bearer ct_of_bob"]));
    expect(here.server.data).toEqual({ name: "Bob" });
  });

  it("while their draft is being opened does not name whoever comes next", async () => {
    const retoma = here.connect({ getToken: () => "ct_1" });
    let answer = (): void => undefined;
    here.server.disturb(/POST .*drafts$/, (_request, response) => void (answer = () => json(response, 200, { id: "dr_9", customer: "cu_ann", status: "open", revision: 0, data: {}, position: null, conflicts: [] })));
    retoma.draft("mortgage").set("name", "Ann");
    await here.server.request(/POST .*drafts$/);
    await retoma.signOut({ discardUnsent: true });
    answer();
    const next = retoma.draft("mortgage");
    next.set("name", "Bob");
    await next.saved();
    expect((await retoma.inspect()).owner).toBe("customer:cu_1");
    expect(next.value).toEqual({ name: "Bob" });
  });

  it("before anybody was named is forgotten all the same", async () => {
    const owner = "customer:cu_1";
    const before = here.connect({ getToken: () => "ct_1" });
    const draft = before.draft("mortgage");
    draft.set("name", "Ann Unread");
    await draft.saved();
    await vi.waitFor(async () => expect(await keptOf(owner)).toContain("Unread"));
    before.close();
    await here.connect({ getToken: () => "ct_1" }).signOut();
    expect(await keptOf(owner)).not.toContain("Unread");
  });

  it("is forgotten on a device that has failed meanwhile, as far as it answers", async () => {
    const storage = memoryStorage();
    const shelf = new Shelf({ ...storage, persistence: "durable" });
    shelf.belongTo("visitor:1");
    await storage.add({ owner: "visitor:1", draft: NAME }, [{ version: 1, writer: "w", seq: 1, order: 1, sent: false, whole: false, content: [] }]);
    shelf.fail(shelf.home, new StorageError({ code: "storage-quota", message: "full" }, "quota"));
    expect(shelf.persistence).toBe("memory");
    await shelf.forget();
    expect((await storage.read({ owner: "visitor:1", draft: NAME })).rows).toEqual([]);
  });
});

describe("a device that refuses to forget", () => {
  it("is told of, and nobody stays signed in for it", async () => {
    const heard: string[] = [];
    const broken = { ...memoryStorage(), persistence: "durable" as const, forget: () => Promise.reject(new StorageError({ code: "storage-lost", message: "gone", cause: null }, "lost")) };
    const retoma = here.connect({ draftStorage: broken, onStorageError: ({ kind }) => heard.push(kind) });
    const draft = retoma.draft("mortgage");
    draft.set("name", "Ann");
    await draft.saved();
    await retoma.signOut();
    expect([draft.state, heard]).toEqual(["closed", ["lost"]]);
  });
});

describe("a visitor's token that has ended", () => {
  it("is replaced once for all tabs", async () => {
    here.kept.set("retoma.visitor.pk_1", "vt_old");
    const two = here.connect();
    here.server.disturb(/GET .*drafts/, (request, response) => {
      // Meanwhile the other tab has opened a visitor.
      here.kept.set("retoma.visitor.pk_1", "vt_other");
      problem(401, "token-revoked")(request, response);
    });
    await two.drafts.list();
    expect(here.kept.get("retoma.visitor.pk_1")).toBe("vt_other");
    expect(here.server.of(/visitors/)).toEqual([]);
  });
});

describe("a device that fails under two drafts at once", () => {
  it("keeps both in memory, and both are sent", async () => {
    const full: typeof storage.update = () => Promise.reject(new StorageError({ code: "storage-quota", message: "full" }, "quota"));
    const storage = { ...memoryStorage(), persistence: "durable" as const };
    const heard: string[] = [];
    const retoma = here.connect({ draftStorage: { ...storage, update: full }, onStorageError: ({ kind }) => heard.push(kind) });
    const drafts = ["mortgage", "survey"].map((process) => retoma.draft(process));
    drafts.forEach((draft) => draft.set("name", "Ann"));
    await Promise.all(drafts.map((draft) => draft.saved()));
    expect(heard).toEqual(["quota"]);
  });
});
