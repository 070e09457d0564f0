/** Promise: with the real server, a form begun on one device goes on on the next, and nothing entered is lost. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createRetoma, type Draft, type Retoma, type Snapshot } from "../../src/index.js";
import { RealServer } from "./server.js";

const server = new RealServer();
const open: Retoma[] = [];

beforeAll(async () => void (await server.start()));
afterEach(() => open.splice(0).forEach((retoma) => retoma.close()));
afterAll(() => server.remove());

/** A device with a memory of its own and a network that can be switched off. */
function device(name: string): { retoma: Retoma; network: { up: boolean } } {
  const kept = new Map<string, string>();
  const network = { up: true };
  const through: typeof fetch = (...request) => (network.up ? fetch(...request) : Promise.reject(new TypeError("offline")));
  const storage = { get: (key: string) => kept.get(key) ?? null, set: (key: string, value: string) => void kept.set(key, value) };
  const retoma = createRetoma({ url: server.url, publishableKey: server.publishableKey, channel: "web", device: name, storage, fetch: through });
  open.push(retoma);
  return { retoma, network };
}

function until(draft: Draft, holds: (snapshot: Snapshot<unknown>) => boolean): Promise<void> {
  return new Promise((done) => {
    const stop = draft.subscribe((snapshot) => {
      if (!holds(snapshot)) return;
      queueMicrotask(() => stop());
      done();
    });
  });
}

let count = 0;
/** A desktop with something entered, and a phone that took it over. */
async function desktopAndPhone() {
  const desktop = device("Mac");
  const phone = device("iPhone");
  const draft = desktop.retoma.draft(`process-${++count}`);
  draft.patch({ name: "Ann", phone: "1" });
  const { url } = await draft.handoff({ url: `${server.url}/form` });
  const onPhone = (await phone.retoma.redeem(url)) as Draft;
  return { desktop, phone, draft, onPhone };
}

describe("a draft", () => {
  it("goes on on another device by its link, and each sees what the other types", async () => {
    const { draft, onPhone } = await desktopAndPhone();
    expect(onPhone.value).toEqual({ name: "Ann", phone: "1" });
    onPhone.set("income", 1200);
    await until(draft, ({ value }) => (value as { income?: number }).income === 1200);
    draft.set("address.city", "Vigo");
    await until(onPhone, () => onPhone.get("address.city") === "Vigo");
    expect(onPhone.value).toEqual(draft.value);
  });

  it("keeps both values where two devices wrote unseen, and settles them on both", async () => {
    const { desktop, draft, onPhone } = await desktopAndPhone();
    desktop.network.up = false;
    draft.set("name", "Anna");
    await expect(draft.flush()).rejects.toMatchObject({ code: "no-answer" });
    onPhone.set("name", "Anne");
    await onPhone.saved();
    desktop.network.up = true;
    await draft.flush();
    expect(draft.get("name")).toBe("Anne");
    await until(onPhone, ({ conflicts }) => conflicts.length === 1);
    const [conflict] = draft.conflicts;
    expect([conflict?.stored.value, conflict?.arriving.value]).toEqual(["Anne", "Anna"]);
    expect(draft.state).toBe("conflict");
    if (conflict) draft.resolve(conflict, "arriving");
    await until(onPhone, ({ conflicts }) => conflicts.length === 0 && onPhone.get("name") === "Anna");
    await until(draft, ({ state }) => state === "saved"); // its own answer may come after the other's news
  });

  it("is completed as it is on screen, everywhere", async () => {
    const { draft, onPhone } = await desktopAndPhone();
    draft.set("name", "Anna");
    await draft.complete();
    expect(draft.status).toBe("completed");
    await until(onPhone, ({ state }) => state === "closed");
    expect((await draft.history()).items.length).toBeGreaterThan(1);
  });

  it("opens on the other device once the digits that it shows were picked here", async () => {
    const draft = device("Mac").retoma.draft(`process-${++count}`);
    draft.set("name", "Ann");
    const handoff = await draft.handoff({ url: `${server.url}/form`, confirm: true });
    let opening: Promise<Draft | null> | undefined;
    const shown = await new Promise<string>((show) => (opening = device("iPhone").retoma.redeem(handoff.url, { show })));
    const [waiting] = await draft.handoffs();
    expect([waiting?.device, waiting?.choices.includes(shown)]).toEqual(["iPhone", true]);
    await waiting?.confirm(shown);
    expect((await opening)?.value).toEqual({ name: "Ann" });
  });

  it("ends the other device's access when its handoff is revoked", async () => {
    const desktop = device("Mac");
    const draft = desktop.retoma.draft(`process-${++count}`);
    const handoff = await draft.handoff({ url: `${server.url}/form` });
    const onPhone = (await device("iPhone").retoma.redeem(handoff.url)) as Draft;
    await draft.revoke(handoff);
    onPhone.set("name", "Anna");
    await expect(onPhone.flush()).rejects.toMatchObject({ name: "AuthRequiredError" });
    // This device keeps nothing, so that to leave now would be to lose it.
    expect([onPhone.state, onPhone.get("name")]).toEqual(["memory-only", "Anna"]);
  });

  it("is listed, resumed and discarded", async () => {
    const { retoma } = device("Mac");
    const process = `process-${++count}`;
    expect(await retoma.drafts.list()).toEqual({ items: [], next: null });
    const draft = retoma.draft(process);
    draft.goTo("income");
    draft.set("name", "Ann");
    await draft.saved();
    const { items } = await retoma.drafts.list({ process, status: "open" });
    expect(items).toMatchObject([{ id: draft.id, data: { name: "Ann" }, position: { step: "income" } }]);
    await draft.discard();
    expect(retoma.draft(process)).not.toBe(draft);
    expect(await retoma.draft(process).resume()).toBe(false);
  });

  it("gives back only the edit that may not be stored", async () => {
    const draft = device("Mac").retoma.draft(`process-${++count}`);
    draft.patch({ name: "Ann", memo: "4111 1111 1111 1111" });
    await expect(draft.saved()).rejects.toMatchObject({ code: "payment-data-refused" });
    expect(draft.value).toEqual({ name: "Ann" });
    expect(draft.rejected).toHaveLength(1);
  });

  it("opens with a code for staff", async () => {
    const draft = device("Mac").retoma.draft(`process-${++count}`);
    const { code } = await draft.handoff({ to: "staff" });
    expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  });
});

describe("a server that dies", () => {
  it("loses nothing, and the stream goes on when it is back", async () => {
    const { draft, onPhone } = await desktopAndPhone();
    await until(draft, ({ state }) => state === "saved");
    await server.kill();
    draft.set("name", "Anna");
    onPhone.set("phone", "2");
    await expect(draft.flush()).rejects.toMatchObject({ code: "no-answer" });
    await server.start();
    await Promise.all([draft.saved(), onPhone.saved()]);
    await until(draft, () => draft.get("phone") === "2");
    await until(onPhone, () => onPhone.get("name") === "Anna");
    draft.set("last", true);
    await until(onPhone, () => onPhone.get("last") === true);
  });
});

describe("a hundred lost answers", () => {
  it("double nothing and lose nothing", async () => {
    const answers = { lost: 0 };
    const losing: typeof fetch = async (url, init) => {
      const answer = await fetch(url, init);
      if (!String(url).endsWith("/changes") || answers.lost >= 100 || Math.random() < 0.3) return answer;
      answers.lost += 1;
      throw new TypeError("The answer was lost.");
    };
    const retoma = createRetoma({ url: server.url, publishableKey: server.publishableKey, fetch: losing });
    open.push(retoma);
    const draft = retoma.draft(`process-${++count}`);
    for (let number = 0; number < 150 || answers.lost < 100; number++) {
      draft.set("count", number);
      await draft.flush().catch(() => undefined);
    }
    await draft.saved();
    const written = await numbersIn(draft);
    expect(answers.lost).toBe(100);
    expect(new Set(written).size).toBe(written.length);
    expect(written.at(-1)).toBe(draft.get("count"));
  });
});

/** Every number that was ever written to a draft, oldest first. */
async function numbersIn(draft: Draft): Promise<number[]> {
  const found: number[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: Awaited<ReturnType<Draft["history"]>> = await draft.history({ limit: 100, ...(cursor ? { cursor } : {}) });
    found.push(...page.items.flatMap(({ ops }) => ops.map((op) => op.value as number)));
    cursor = page.next;
  }
  return found.toReversed();
}
