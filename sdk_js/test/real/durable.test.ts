/** Promise: in a real browser, against the real server, what a page called kept or saved outlives whatever happens to the page. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DraftPages, holds, inside, kill, run } from "./draft_page.js";

const pages = new DraftPages();

beforeAll(() => pages.start());
afterEach(() => pages.leave());
afterAll(() => pages.stop());

/** Everything that was written to a draft, oldest first. */
const HISTORY = `draft.history({ limit: 100 }).then(({ items }) => items.reverse().flatMap(({ ops }) => ops.map((op) => op.value)))`;

describe("a tab", () => {
  it("that dies in the middle of typing is not missed: everything older than a quarter of a second is there again", async () => {
    const device = await pages.device();
    const process = pages.process();
    const mend = await pages.cut(device);
    const page = await pages.visit(device, process);
    for (const text of ["A", "An", "Ann"]) await run(page, `draft.set("name", "${text}")`);
    await holds(page, "draft.state === 'kept' || draft.state === 'offline'");
    await run(page, `draft.set("name", "Anna")`);
    await kill(page);
    const next = await pages.visit(device, process);
    expect(["Ann", "Anna"]).toContain(await run(next, "draft.value.name"));
    await mend();
    await run(next, "draft.saved()");
    expect(await run(next, "[draft.state, draft.conflicts.length, draft.rejected.length]")).toEqual(["saved", 0, 0]);
  });

  it("that is left in the same moment loses nothing", async () => {
    const device = await pages.device();
    const process = pages.process();
    const page = await pages.visit(device, process);
    await run(page, `draft.set("name", "Ann"); draft.saved()`);
    await run(page, `draft.set("name", "Anna"); location.href = "about:blank"`);
    await page.waitForURL("about:blank");
    const next = await pages.visit(device, process);
    await run(next, "draft.open().then(() => draft.saved())");
    expect(await run(next, "draft.value.name")).toBe("Anna");
  });

  it("that is left while what was entered is being kept loses nothing", async () => {
    const device = await pages.device();
    const process = pages.process();
    const page = await pages.visit(device, process);
    await run(page, `draft.set("name", "Ann"); draft.saved()`);
    await run(page, `draft.set("name", "Anna"); draft.saved(); location.href = "about:blank"`);
    await page.waitForURL("about:blank");
    const next = await pages.visit(device, process);
    await run(next, "draft.open().then(() => draft.saved())");
    expect(await run(next, "[draft.value.name, draft.rejected.length, draft.conflicts.length]")).toEqual(["Anna", 0, 0]);
  });

  it("sends at most 60 kB as it is left, and the rest when somebody comes back, all of it once", async () => {
    const device = await pages.device();
    const process = pages.process();
    const page = await pages.visit(device, process);
    await run(page, `draft.set("name", "Ann"); draft.saved()`);
    const mend = await pages.cut(device);
    await run(page, `for (let i = 0; i < 35; i++) draft.transaction((edits) => edits.set("field" + i, i + "x".repeat(2000)))`);
    await holds(page, "draft.state === 'kept' || draft.state === 'offline'");
    const bodies: number[] = [];
    page.on("request", (request) => request.url().endsWith("/changes") && bodies.push(request.postDataBuffer()?.length ?? 0));
    await run(page, `location.href = "about:blank"`);
    await page.waitForURL("about:blank");
    await expect.poll(() => bodies.length).toBeGreaterThan(0);
    expect(Math.max(...bodies)).toBeLessThanOrEqual(60_000);
    await mend();
    const next = await pages.visit(device, process);
    await run(next, "draft.saved()");
    const written = await run<string[]>(next, HISTORY);
    expect(written.length).toBe(36);
    expect(new Set(written).size).toBe(36);
  });

  it("that is reloaded goes on with the draft that was passed to it", async () => {
    const process = pages.process();
    const desktop = await pages.visit(await pages.device(), process);
    await run(desktop, `draft.set("name", "Ann"); draft.saved()`);
    const link = await run<string>(desktop, `draft.handoff({ url: "${pages.origin}/" }).then((handoff) => handoff.url)`);
    const phone = await pages.visit(await pages.device(), "other", {}, `#retoma=${link.slice(link.indexOf("#") + 1)}`);
    expect(await run(phone, "draft.value.name")).toBe("Ann");
    await phone.reload();
    await phone.waitForFunction("window.ready");
    await run(phone, `draft.set("phone", "1"); draft.saved()`);
    await holds(desktop, "draft.value.phone === '1'");
  });
});

describe("a device", () => {
  it.each(["", "encrypt"])("keeps edits made without a network over a reload (%s)", async (option) => {
    const device = await pages.device();
    const process = pages.process();
    const query: Record<string, string> = option === "" ? {} : { [option]: "" };
    const mend = await pages.cut(device);
    const page = await pages.visit(device, process, query);
    await run(page, `draft.set("name", "Ann Unread")`);
    await holds(page, "draft.state === 'kept' || draft.state === 'offline'");
    const raw = await run<string>(page, RAW);
    expect(raw.includes("Ann Unread")).toBe(option === "");
    await page.reload();
    await page.waitForFunction("window.ready");
    expect(await run(page, "draft.value.name")).toBe("Ann Unread");
    await mend();
    await run(page, "draft.saved()");
  });

  it("whose data are cleared goes on from the server", async () => {
    const device = await pages.device();
    const process = pages.process();
    const page = await pages.visit(device, process, { customer: `clear-${process}` });
    await run(page, `draft.set("name", "Ann"); draft.saved()`);
    const session = await inside(page);
    await session.send("Storage.clearDataForOrigin", { origin: pages.origin, storageTypes: "all" });
    await page.reload();
    await page.waitForFunction("window.ready");
    expect(await run(page, "draft.resume()")).toBe(true);
    expect(await run(page, "draft.value.name")).toBe("Ann");
  });

  it.each([-10, 10])("whose clock is %d years off changes nothing", async (years) => {
    const process = pages.process();
    const desktop = await pages.visit(await pages.device(), process);
    await run(desktop, `draft.set("name", "Ann"); draft.saved()`);
    const link = await run<string>(desktop, `draft.handoff({ url: "${pages.origin}/" }).then((handoff) => handoff.url)`);
    const other = await pages.device();
    await other.addInitScript(`const now = Date.now.bind(Date); Date.now = () => now() + ${years} * 365 * 86400000`);
    const phone = await pages.visit(other, "other", {}, `#retoma=${link.slice(link.indexOf("#") + 1)}`);
    await run(phone, `draft.set("name", "Anne"); draft.saved()`);
    await holds(desktop, "draft.value.name === 'Anne'");
    await run(desktop, `draft.set("name", "Anna"); draft.saved()`);
    await holds(phone, "draft.value.name === 'Anna' && draft.conflicts.length === 0");
  });

  it.each([
    ["at once", "quota", "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') }"],
    ["at the end", "lost", "IDBTransaction.prototype.commit = function () { this.abort() }"],
  ])("that refuses to write %s is a memory-only one", async (_when, kind, fault) => {
    const device = await pages.device();
    const page = await pages.visit(device, pages.process());
    const mend = await pages.cut(device);
    await run(page, `${fault}; draft.set("name", "Ann")`);
    await holds(page, "draft.state === 'memory-only'");
    await mend();
    await run(page, "draft.saved()");
    expect(await run(page, "[draft.value.name, draft.state, retoma.persistence, storageError, failed]")).toEqual(["Ann", "saved", "memory", kind, []]);
  });

  it("whose database dies under the page opens it again", async () => {
    const device = await pages.device();
    const process = pages.process();
    const page = await pages.visit(device, process);
    await run(page, `draft.set("name", "Ann"); draft.saved()`);
    const other = await device.newPage();
    await other.route("**/blank", (route) => route.fulfill({ contentType: "text/html", body: "<p>" }));
    await other.goto(`${pages.origin}/blank`);
    await run(other, `new Promise((done) => (indexedDB.deleteDatabase("retoma:${pages.server.publishableKey}").onsuccess = done))`);
    await run(page, `draft.set("name", "Anna"); draft.saved()`);
    expect(await run(page, "[retoma.persistence, draft.state]")).toEqual(["durable", "saved"]);
  });
});

/** Everything that the page's database holds, as text. */
const RAW = `(async () => {
  const [{ name }] = await indexedDB.databases();
  const database = await new Promise((done) => (indexedDB.open(name).onsuccess = (event) => done(event.target.result)));
  const all = await Promise.all(["rows", "snapshots"].map((store) => new Promise((done) => {
    database.transaction(store).objectStore(store).getAll().onsuccess = (event) => done(event.target.result);
  })));
  database.close();
  return JSON.stringify(all);
})()`;

describe("somebody", () => {
  it("whose sign-in ends while they are offline loses none of twenty edits", async () => {
    const device = await pages.device();
    const page = await pages.visit(device, pages.process(), { customer: "expired" });
    await run(page, `draft.set("name", "Ann"); draft.saved()`);
    const mend = await pages.cut(device);
    await run(page, `window.tokenFor = () => null; for (let i = 0; i < 20; i++) draft.transaction((edits) => edits.set("field" + i, i))`);
    await holds(page, "draft.state === 'offline'");
    // Before the network is there again: a device that tries by itself would have saved everything by then.
    await device.route(`${pages.server.url}/v1/drafts/*/changes`, (route) => route.fulfill({ status: 401, contentType: "application/problem+json", headers: { "Access-Control-Allow-Origin": "*" }, body: JSON.stringify({ code: "token-expired", status: 401 }) }), { times: 1 });
    await mend();
    await run(page, `dispatchEvent(new Event("online"))`);
    await holds(page, "draft.state === 'needs-auth'");
    await page.reload();
    await page.waitForFunction("window.ready");
    await run(page, "draft.saved()");
    expect(await run(page, "Object.keys(draft.value).length")).toBe(21);
  });

  it("who signs in over another's unsent edits neither sends nor sees them, and the other finds them again", async () => {
    const device = await pages.device();
    const process = pages.process();
    const mend = await pages.cut(device);
    const first = await pages.visit(device, process, { customer: `a-${process}` });
    await run(first, `draft.set("name", "of A")`);
    await holds(first, "draft.state === 'kept' || draft.state === 'offline'");
    await first.close();
    await mend();
    const sent: string[] = [];
    device.on("request", (request) => sent.push(request.postData() ?? ""));
    const second = await pages.visit(device, process, { customer: `b-${process}` });
    await run(second, `draft.set("phone", "of B"); draft.saved()`);
    expect(await run(second, "JSON.stringify(draft.value)")).toBe('{"phone":"of B"}');
    expect(sent.join()).not.toContain("of A");
    await second.close();
    const again = await pages.visit(device, process, { customer: `a-${process}` });
    await run(again, "draft.saved()");
    expect(await run(again, "JSON.stringify(draft.value)")).toBe('{"name":"of A"}');
  });

  it("who signs out is asked first, then everything is forgotten", async () => {
    const device = await pages.device();
    const one = await pages.visit(device, pages.process());
    await run(one, `draft.set("name", "Ann"); draft.saved()`);
    await pages.cut(device);
    await run(one, `draft.set("name", "Anna")`);
    expect(await run(one, "retoma.signOut().catch((error) => error.code)")).toBe("unsent-changes");
    await run(one, "retoma.signOut({ discardUnsent: true })");
    expect(await run(one, RAW)).toBe("[[],[]]");
  });

  it("who signs out in one tab is signed out in all, also in one that never had a connection", async () => {
    const device = await pages.device();
    const process = pages.process();
    const one = await pages.visit(device, process, { customer: `out-${process}` });
    await run(one, `draft.set("name", "Ann"); draft.saved()`);
    await pages.cut(device);
    const two = await pages.visit(device, process, { customer: `out-${process}` });
    await run(two, `draft.set("name", "Anna")`);
    const other = await pages.visit(device, process, { customer: `other-${process}` });
    await run(other, `draft.set("name", "Bob")`);
    await holds(other, "draft.state === 'kept' || draft.state === 'offline'");
    await run(one, "retoma.signOut({ discardUnsent: true })");
    await holds(two, "draft.state === 'closed'");
    await holds(two, `${RAW}.then((all) => !/\\bAnna?\\b/.test(all))`);
    expect(await run(other, "[draft.value.name, draft.state === 'closed']")).toEqual(["Bob", false]);
    expect(await run(other, RAW)).toContain("Bob");
  });
});

describe("a field that no device may keep", () => {
  const restricted = async (): Promise<string> => {
    const process = pages.process();
    await pages.server.register(process, { fields: { "/iban": "restricted" } });
    return process;
  };

  it("is saved and shown in every tab, and stands in no row and no snapshot", async () => {
    const device = await pages.device();
    const process = await restricted();
    const page = await pages.visit(device, process);
    await run(page, `draft.set("name", "Ann"); draft.set("iban", "secret 1"); draft.saved()`);
    const mend = await pages.cut(device);
    await run(page, `draft.set("name", "Anna"); draft.set("iban", "secret 2")`);
    await holds(page, "draft.state === 'memory-only'");
    const raw = await run<string>(page, RAW);
    expect([raw.includes("Anna"), raw.includes("secret")]).toEqual([true, false]);
    await mend();
    await run(page, "draft.saved()");
    const other = await pages.visit(device, process);
    await run(other, "draft.open()");
    expect(await run(other, "[draft.value.name, draft.value.iban]")).toEqual(["Anna", "secret 2"]);
    await run(other, `draft.set("iban", "secret 3"); draft.saved()`);
    await holds(page, "draft.value.iban === 'secret 3'");
    await run(page, `draft.set("iban", "secret 4"); draft.saved()`);
    await holds(other, "draft.value.iban === 'secret 4'");
    for (const each of [page, other]) expect(await run(each, "[draft.state, draft.conflicts.length, draft.rejected.length]")).toEqual(["saved", 0, 0]);
    expect(await run<string>(page, RAW)).not.toContain("secret");
  });

  it("leaves with the page, beside what is kept", async () => {
    const device = await pages.device();
    const process = await restricted();
    const page = await pages.visit(device, process);
    await run(page, `draft.set("name", "Ann"); draft.saved()`);
    await run(page, `draft.set("name", "Anna"); draft.set("iban", "secret"); location.href = "about:blank"`);
    await page.waitForURL("about:blank");
    const next = await pages.visit(device, process);
    await run(next, "draft.saved()");
    await run(next, "draft.refresh()");
    expect(await run(next, "[draft.value.name, draft.value.iban, draft.conflicts.length, draft.rejected.length]")).toEqual(["Anna", "secret", 0, 0]);
    expect(await run<string>(next, RAW)).not.toContain("secret");
  });
});
