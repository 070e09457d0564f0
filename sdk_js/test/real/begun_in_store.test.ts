/** Promise: what staff begin for a person with no account is theirs who open its link, on whatever device that is. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { assistOf } from "../../src/assist.js";
import { cartOf } from "../../src/cart/index.js";
import { createRetoma, type Draft, type Retoma, type RetomaOptions } from "../../src/index.js";
import { RealServer } from "./server.js";

const server = new RealServer();
const open: Retoma[] = [];
let token = "";

beforeAll(async () => {
  await server.start();
  token = /sf_\S+/.exec(server.cli("staff", "add", "Sam"))?.[0] ?? "";
  await server.register("basket", { kind: "cart", titles: { en: "Basket" } });
});
afterEach(() => open.splice(0).forEach((retoma) => retoma.close()));
afterAll(() => server.remove());

/** A page of a browser that remembers what is in `kept`. */
function page(options: Partial<RetomaOptions> = {}, kept = new Map<string, string>()): Retoma {
  const storage = { get: (key: string) => kept.get(key) ?? null, set: (key: string, value: string) => void kept.set(key, value) };
  const retoma = createRetoma({ url: server.url, publishableKey: server.publishableKey, channel: "web", storage, ...options });
  open.push(retoma);
  return retoma;
}

let count = 0;
/** The link to something that staff have begun with an answer in it. */
async function handedOver(process = `process-${++count}`): Promise<{ process: string; link: string }> {
  const assist = assistOf(page({ channel: "store", getToken: () => token }));
  const draft = await assist.start(process);
  draft.set("income", 3100);
  const { url } = await assist.handBack(draft, { to: "device", url: `${server.url}/form` });
  return { process, link: url ?? "" };
}

const enteredIn = async (draft: Draft): Promise<readonly (string | null)[]> => {
  await draft.saved();
  return (await draft.help()).answers.map(({ name }) => name);
};

describe("what staff began for nobody", () => {
  it("is the visitor's of a device that nobody has used, also after a reload", async () => {
    const { process, link } = await handedOver();
    const kept = new Map<string, string>();
    const draft = await page({}, kept).redeem(link);
    expect(draft?.value).toEqual({ income: 3100 });
    expect(await enteredIn(draft as Draft)).toEqual(["Sam"]);
    const later = page({}, kept).draft(process);
    await later.flush();
    expect([later.id, later.get("income")]).toEqual([draft?.id, 3100]);
  });

  it("is claimed where a customer is signed in, and is in every page of theirs", async () => {
    const { process, link } = await handedOver();
    const getToken = () => server.tokenFor("ana");
    const draft = await page({ getToken, customer: "ana" }).redeem(link);
    expect(draft?.value).toEqual({ income: 3100 });
    expect(await enteredIn(draft as Draft)).toEqual(["Sam"]);
    const elsewhere = page({ getToken, customer: "ana" }).draft(process);
    await elsewhere.flush();
    expect([elsewhere.id, elsewhere.get("income")]).toEqual([draft?.id, 3100]);
  });

  it("goes on beside what a visitor had, who loses nothing of it", async () => {
    const { process, link } = await handedOver();
    const retoma = page();
    const mine = retoma.draft(process);
    mine.set("name", "Ann");
    await mine.flush();
    const before = mine.id;
    const draft = await retoma.redeem(link);
    expect(draft?.value).toEqual({ income: 3100 });
    expect(mine.value).toEqual({ income: 3100 });
    await retoma.activate(before ?? "");
    expect(mine.value).toEqual({ name: "Ann" });
  });

  it("is a cart like any other", async () => {
    const assist = assistOf(page({ channel: "store", getToken: () => token }));
    const begun = await assist.start("basket");
    cartOf(begun).add("tee", 2);
    const { url } = await assist.handBack(begun, { to: "device", url: `${server.url}/cart` });
    const retoma = page();
    const cart = cartOf((await retoma.redeem(url ?? "")) as Draft);
    expect(cart.lines.map(({ sku, quantity }) => [sku, quantity])).toEqual([["tee", 2]]);
  });

  it("is whoever's who began it until then, to make another link", async () => {
    const assist = assistOf(page({ channel: "store", getToken: () => token }));
    const draft = await assist.start(`process-${++count}`);
    draft.set("income", 3100);
    await assist.handBack(draft, { to: "device", url: `${server.url}/form` });
    const again = await assist.resume(draft.id ?? "");
    expect(again.value).toEqual({ income: 3100 });
    const { url } = await assist.handBack(again, { to: "device", url: `${server.url}/form` });
    expect((await page().redeem(url ?? ""))?.value).toEqual({ income: 3100 });
    await expect(assist.resume(draft.id ?? "")).rejects.toMatchObject({ code: "not-found" });
  });

  it("is handed over by a link alone", async () => {
    const assist = assistOf(page({ channel: "store", getToken: () => token }));
    const draft = await assist.start(`process-${++count}`);
    draft.set("income", 3100);
    await expect(assist.handBack(draft)).rejects.toMatchObject({ status: 422 });
    expect((await assist.handBack(draft, { to: "device", url: `${server.url}/form` })).url).toContain("/r#ho_");
  });
});
