/**
 * Promise: what somebody has entered as a visitor is theirs once they have signed in, on the same page and whatever happens
 * on the way; nothing of it is lost, doubled, or shown to the next person at that device.
 */

import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ClaimedForm, Receipt } from "../../src/receipts.js";
import { DraftPages, holds, KEPT, kill, run } from "./draft_page.js";

const pages = new DraftPages();

beforeAll(() => pages.start());
afterEach(() => pages.leave());
afterAll(() => pages.stop());

/** The name, and not three letters of a token. */
const ANN = /\bAnna?\b/;

/** A tab of a device: the guest's, or a customer's. */
const visit = (device: BrowserContext, process: string, customer?: string): Promise<Page> => pages.visit(device, process, { ...(customer && { customer }) });

const signIn = (tab: Page, customer: string, options = {}): Promise<Receipt> => run(tab, `signIn(${JSON.stringify(customer)}, ${JSON.stringify(options)})`);

/** A draft as another device of the customer sees it, that has nothing else to do with it. */
async function stored(process: string, customer: string): Promise<{ value: object; conflicts: number }> {
  const page = await visit(await pages.device(), process, customer);
  await run(page, "draft.resume()");
  return run(page, "({ value: draft.value, conflicts: draft.conflicts.length })");
}

/** A guest's tab with a name, whose customer has a form already where `saved` is given. */
async function guest(saved?: object) {
  const process = pages.process();
  const device = await pages.device();
  if (saved) {
    const phone = await visit(await pages.device(), process, process);
    await run(phone, `draft.patch(${JSON.stringify(saved)}); draft.saved()`);
  }
  const tab = await visit(device, process);
  await run(tab, `draft.patch({ name: "Ann" }); draft.saved()`);
  return { process, device, tab };
}

/** Waits until a tab goes on as a customer's. */
const isCustomers = (tab: Page): Promise<unknown> => holds(tab, "window.owner?.startsWith('customer:')");

describe("a form that was begun as a visitor", () => {
  it("goes on as the customer's, in the same handle", async () => {
    const { process, tab } = await guest();
    const id = await run(tab, "draft.id");
    const receipt = await signIn(tab, process);
    expect([receipt.forms.length, receipt.forms[0]?.fate, receipt.isPending]).toEqual([1, "adopted", false]);
    expect([receipt.forms[0]?.saved, receipt.forms[0]?.differs]).toEqual([null, []]);
    expect(await run(tab, `[draft.value, draft === retoma.draft(${JSON.stringify(process)}), draft.id !== ${JSON.stringify(id)}]`)).toEqual([{ name: "Ann" }, true, true]);
    await run(tab, `draft.set("phone", "1"); draft.saved()`);
    expect(await stored(process, process)).toEqual({ value: { name: "Ann", phone: "1" }, conflicts: 0 });
  });

  it("is sent first, where something waits", async () => {
    const { process, tab } = await guest();
    await run(tab, `void draft.set("phone", "1")`);
    await signIn(tab, process);
    expect([await run(tab, "draft.value"), await stored(process, process)]).toEqual([{ name: "Ann", phone: "1" }, { value: { name: "Ann", phone: "1" }, conflicts: 0 }]);
  });

  it("stands beside a saved one, and the customer chooses, and changes their mind", async () => {
    const { process, tab } = await guest({ name: "Anna", age: 30 });
    const { id, forms } = await signIn(tab, process);
    const [form] = forms as [ClaimedForm];
    expect([form.fate, form.differs, form.saved?.fields, form.guest.fields]).toEqual(["guest-parked", ["/name", "/age"].toSorted(), 2, 1]);
    expect(await run(tab, "draft.value")).toEqual({ name: "Anna", age: 30 });
    await run(tab, `retoma.activate(${JSON.stringify(form.parked)})`);
    expect(await run(tab, "draft.value")).toEqual({ name: "Ann" });
    await run(tab, `draft.set("phone", "1"); draft.saved()`);
    expect(await stored(process, process)).toEqual({ value: { name: "Ann", phone: "1" }, conflicts: 0 });
    await run(tab, `retoma.activate(${JSON.stringify(form.saved?.draft)})`);
    expect([await run(tab, "draft.value"), id?.slice(0, 3)]).toEqual([{ name: "Anna", age: 30 }, "cl_"]);
  });

  it("is merged where that is wanted, and taken apart again", async () => {
    const { process, tab } = await guest({ name: "Anna", age: 30 });
    await run(tab, `draft.set("phone", "1"); draft.saved()`);
    const receipt = await signIn(tab, process, { forms: "merge" });
    expect(receipt.forms[0]?.fate).toBe("merged");
    expect(await run(tab, "[draft.value, draft.conflicts.length]")).toEqual([{ name: "Anna", age: 30, phone: "1" }, 1]);
    const undone = await run<Receipt>(tab, `retoma.undo(${JSON.stringify(receipt)})`);
    expect([undone.forms[0]?.undone, await run(tab, "draft.value")]).toEqual([true, { name: "Anna", age: 30 }]);
  });

  it("is first only shown, and then taken as it was shown, or not at all", async () => {
    const { process, tab } = await guest({ name: "Anna" });
    const preview = await signIn(tab, process, { strategy: "ask" });
    expect([preview.forms[0]?.choices?.length, preview.id, await run(tab, "draft.value")]).toEqual([3, null, { name: "Ann" }]);
    await run(tab, `draft.set("phone", "1"); draft.saved()`);
    const outdated = { forms: "merge", seen: preview.seen };
    expect(await run(tab, `signIn(${JSON.stringify(process)}, ${JSON.stringify(outdated)}).catch(({ code }) => code)`)).toBe("preview-outdated");
    expect(await run(tab, "draft.value")).toEqual({ name: "Ann", phone: "1" });
    const again = await signIn(tab, process, { strategy: "ask" });
    const { forms } = await signIn(tab, process, { forms: "merge", seen: again.seen });
    expect(forms[0]?.fate).toBe("merged");
  });

  it("leaves nothing to the next person at the device", async () => {
    const { process, device, tab } = await guest();
    const other = await visit(device, process);
    await run(other, "draft.resume()");
    await signIn(tab, process);
    await isCustomers(other);
    expect(await run(tab, KEPT)).toContain("Ann");
    await run(tab, "retoma.flush().then(() => retoma.signOut())");
    await holds(other, "draft.state === 'closed'");
    expect(await run(tab, KEPT)).not.toMatch(ANN);
    const next = await visit(device, process);
    expect(await run(next, "draft.resume().then((there) => [there, draft.value, draft.rejected.length])")).toEqual([false, {}, 0]);
  });

  it("finds its customer under the name of somebody who turned out to be the same", async () => {
    const { process, tab } = await guest();
    const saved = await visit(await pages.device(), `${process}-other`, process);
    await run(saved, `draft.set("name", "Anna"); draft.saved()`);
    const idOf = async (name: string): Promise<string> => (await pages.server.asService<{ id: string }>(`customers/by-external-id/${name}`, {}, "PUT")).id;
    const [ann, same] = [await idOf(process), await idOf(`${process}-same`)];
    await pages.server.asService(`customers/${same}/merges`, { from: ann });
    await signIn(tab, process);
    await run(tab, `draft.set("phone", "1"); draft.saved()`);
    for (const name of [process, `${process}-same`]) expect(await stored(process, name)).toEqual({ value: { name: "Ann", phone: "1" }, conflicts: 0 });
    expect(await stored(`${process}-other`, `${process}-same`)).toEqual({ value: { name: "Anna" }, conflicts: 0 });
  });

  it("is signed in twice with nothing to do the second time", async () => {
    const { process, tab } = await guest();
    await signIn(tab, process);
    expect(await signIn(tab, process)).toEqual({ id: null, isPending: false, carts: [], forms: [] });
    expect(await run(tab, "draft.value")).toEqual({ name: "Ann" });
  });
});

/** A second tab of a guest that hears nothing of the sign-in, and is without a network until the returned function is called. */
async function deaf(device: BrowserContext, process: string) {
  const tab = await device.newPage();
  await tab.addInitScript(`const { addEventListener } = window; window.addEventListener = (type, ...rest) => type === "storage" || addEventListener.call(window, type, ...rest);`);
  await tab.goto(`${pages.origin}/?${new URLSearchParams({ process }).toString()}`);
  await tab.waitForFunction("window.ready");
  await run(tab, "draft.resume()");
  await tab.route(`${pages.server.url}/**`, (route) => route.abort());
  return { tab, mend: () => tab.unroute(`${pages.server.url}/**`) };
}

describe("another tab of the visitor", () => {
  it("leaves what it has unsent to the customer's", async () => {
    const { process, device, tab } = await guest();
    const other = await visit(device, process);
    await run(other, "draft.resume()");
    await other.route(`${pages.server.url}/**`, (route) => route.abort());
    await Promise.all([signIn(tab, process), run(other, `void draft.set("phone", "1")`)]);
    await holds(tab, "draft.value.phone === '1'");
    expect(await stored(process, process)).toEqual({ value: { name: "Ann", phone: "1" }, conflicts: 0 });
    await other.unroute(`${pages.server.url}/**`);
    await holds(other, "draft.value.phone === '1' && draft.status === 'open'");
  });

  it("goes on as the customer's by itself, in the same handle, and each shows what the other enters", async () => {
    const { process, device, tab } = await guest();
    const other = await visit(device, process);
    await run(other, "draft.resume()");
    await signIn(tab, process);
    await isCustomers(other);
    await run(other, `draft.set("phone", "1"); draft.saved()`);
    await holds(tab, "draft.value.phone === '1'");
    await run(tab, `draft.set("age", 30); draft.saved()`);
    await holds(other, "draft.value.age === 30");
    expect(await run(other, `[draft.value.name, draft === retoma.draft(${JSON.stringify(process)}), draft.rejected.length]`)).toEqual(["Ann", true, 0]);
    expect(await stored(process, process)).toEqual({ value: { name: "Ann", phone: "1", age: 30 }, conflicts: 0 });
  });

  it("loses nothing that is entered in both while one of them signs in", async () => {
    const { process, device, tab } = await guest();
    const other = await visit(device, process);
    await run(other, "draft.resume()");
    const typing = (page: Page, name: string): Promise<number> =>
      run(page, `(async () => {
        let refused = 0;
        for (let count = 1; count <= 60; count++) {
          try { draft.set("${name}", count); } catch { refused++; count--; }
          await new Promise((done) => setTimeout(done, 50));
        }
        return refused;
      })()`);
    await Promise.all([typing(tab, "here"), typing(other, "there"), signIn(tab, process)]);
    for (const page of [tab, other]) await holds(page, "draft.state === 'saved' && draft.value.here === 60 && draft.value.there === 60");
    expect(await stored(process, process)).toEqual({ value: { name: "Ann", here: 60, there: 60 }, conflicts: 0 });
  });

  it("has its tokens from the customer's tabs, and says so where none is left", async () => {
    const { process, device, tab } = await guest();
    const other = await visit(device, process);
    await run(other, "draft.resume()");
    await signIn(tab, process);
    await isCustomers(other);
    await tab.close();
    await run(other, `draft.set("phone", "1"); draft.saved()`);
    expect(await stored(process, process)).toEqual({ value: { name: "Ann", phone: "1" }, conflicts: 0 });
    await pages.server.endTokens(process);
    await run(other, `void draft.set("phone", "2")`);
    await holds(other, "draft.state === 'needs-auth'");
    await signIn(other, process);
    await holds(other, "draft.state === 'saved'");
    expect(await stored(process, process)).toEqual({ value: { name: "Ann", phone: "2" }, conflicts: 0 });
  });

  it("that had begun nothing is the customer's too", async () => {
    const { process, device, tab } = await guest();
    const other = await visit(device, `${process}-other`);
    await signIn(tab, process);
    await isCustomers(other);
    await run(other, `draft.set("name", "Ann"); draft.saved()`);
    expect(await stored(`${process}-other`, process)).toEqual({ value: { name: "Ann" }, conflicts: 0 });
  });

  it("goes on as somebody new where the tab that has signed in is gone", async () => {
    const { process, device, tab } = await guest();
    const other = await visit(device, process);
    await run(other, "draft.resume()");
    await run(tab, `BroadcastChannel.prototype.postMessage = () => undefined`);
    await signIn(tab, process);
    await holds(other, "draft.state === 'closed'");
    expect(await run(other, `[retoma.draft(${JSON.stringify(process)}) === draft, retoma.draft(${JSON.stringify(process)}).value]`)).toEqual([false, {}]);
  });

  it("that has not heard of the sign-in edits the customer's form, as far as it had seen it", async () => {
    const { process, device, tab } = await guest();
    const { tab: other, mend } = await deaf(device, process);
    await signIn(tab, process);
    await run(other, `draft.set("name", "Anna"); draft.set("phone", "1"); undefined`);
    await holds(other, "draft.state === 'offline'");
    await mend();
    await holds(tab, "draft.value.phone === '1' && draft.value.name === 'Anna'");
    await run(other, "draft.flush().catch(() => undefined)");
    await holds(other, "draft.state === 'closed'");
    expect(await stored(process, process)).toEqual({ value: { name: "Anna", phone: "1" }, conflicts: 0 });
    await run(tab, "retoma.flush().then(() => retoma.signOut())");
    expect(await run(tab, KEPT)).not.toMatch(ANN);
  });

  it("puts into a merged form what differs as a conflict, though it is killed and the next customer is somebody else", async () => {
    const { process, device, tab } = await guest({ name: "Bea" });
    const { tab: other } = await deaf(device, process);
    await signIn(tab, process, { forms: "merge" });
    await run(tab, "retoma.flush().then(() => retoma.signOut())");
    await tab.close();
    await run(other, `void draft.set("name", "Anna")`);
    await holds(other, "draft.state === 'offline'");
    await kill(other);
    const bob = await visit(device, process, "bob");
    await run(bob, `draft.set("age", 30); draft.saved()`);
    expect(await run(bob, "[draft.value, draft.rejected.length]")).toEqual([{ age: 30 }, 0]);
    await bob.close();
    const ann = await visit(device, process, process);
    await run(ann, "draft.resume().then(() => draft.refresh())");
    await holds(ann, "JSON.stringify(draft.conflicts).includes('Anna')");
    expect((await stored(process, process)).value).toEqual({ name: "Bea" });
  });
});

describe("a sign-in that cannot be told to the server", () => {
  it("for want of a network goes on as the visitor's until it can, and loses nothing", async () => {
    const { process, device, tab } = await guest();
    const mend = await pages.cut(device);
    await run(tab, `void draft.set("phone", "1")`);
    expect((await signIn(tab, process)).isPending).toBe(true);
    await run(tab, `void draft.set("age", 30)`);
    expect(await run(tab, "draft.value")).toEqual({ name: "Ann", phone: "1", age: 30 });
    await mend();
    await expect.poll(() => stored(process, process)).toEqual({ value: { name: "Ann", phone: "1", age: 30 }, conflicts: 0 });
    await holds(tab, "retoma.inspect().then(({ owner }) => owner.startsWith('customer:'))");
    expect(await run(tab, "draft.value")).toEqual({ name: "Ann", phone: "1", age: 30 });
  });

  it("is made up for by the next page of that customer, and by nobody else's", async () => {
    const { process, device, tab } = await guest();
    const mend = await pages.cut(device);
    await run(tab, `void draft.set("phone", "1")`);
    await signIn(tab, process);
    await holds(tab, "draft.state === 'offline'");
    await kill(tab);
    await mend();
    const bob = await visit(device, process, "bob");
    expect(await run(bob, "draft.resume().then((there) => [there, draft.value])")).toEqual([false, {}]);
    await bob.close();
    const ann = await visit(device, process, process);
    await run(ann, "draft.resume()");
    await holds(ann, "draft.value.phone === '1' && draft.value.name === 'Ann'");
    expect(await stored(process, process)).toEqual({ value: { name: "Ann", phone: "1" }, conflicts: 0 });
  });

  it("is killed between the claim and all that follows from it, and done once", async () => {
    const { process, device, tab } = await guest();
    let isLost = false;
    await device.route(`${pages.server.url}/**/claim`, async (route) => {
      if (isLost) return route.continue();
      await route.fetch();
      isLost = true;
      await new Promise(() => undefined);
    });
    await run(tab, `void signIn(${JSON.stringify(process)})`);
    await expect.poll(() => isLost).toBe(true);
    await kill(tab);
    const ann = await visit(device, process, process);
    await run(ann, "draft.resume()");
    await holds(ann, "draft.value.name === 'Ann'");
    await holds(ann, `localStorage.getItem("retoma.claim.${pages.server.publishableKey}") === ""`);
    await run(ann, "retoma.signOut()");
    expect(await run(ann, KEPT)).not.toMatch(ANN);
    expect(await stored(process, process)).toEqual({ value: { name: "Ann" }, conflicts: 0 });
  });
});
