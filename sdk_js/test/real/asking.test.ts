/** Promise: a customer who has no code is asked by staff, and decides; staff learn of a yes only. */

import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { assistOf, type LookupOptions } from "../../src/assist.js";
import { createRetoma, type HelpRequest, memoryStorage, type Retoma } from "../../src/index.js";
import { requestsOf } from "../../src/requests.js";
import { RealServer } from "./server.js";

const server = new RealServer();
const clients: Retoma[] = [];

beforeAll(async () => {
  await server.start();
  await server.register("mortgage", { titles: { en: "Mortgage" } });
});

afterEach(() => clients.splice(0).forEach((client) => client.close()));

afterAll(() => server.remove());

function connect(getToken: () => Promise<string>): Retoma {
  const client = createRetoma({ url: server.url, publishableKey: server.publishableKey, getToken, draftStorage: memoryStorage() });
  clients.push(client);
  return client;
}

function clerk(name: string, ...roles: string[]) {
  const token = /sf_\S+/.exec(server.cli("staff", "add", name, ...roles.flatMap((role) => ["--role", role])))?.[0] ?? "";
  return assistOf(connect(async () => token));
}

/** A customer who has begun something, and is asked for by their number. */
async function customer(name: string, ...processes: readonly string[]): Promise<Retoma> {
  const client = connect(() => server.tokenFor(name));
  for (const process of processes) {
    const draft = client.draft(process);
    draft.set("name", name);
    await draft.saved();
  }
  return client;
}

const askFor = (value: string, more: Partial<LookupOptions> = {}): LookupOptions => ({ kind: "external_id", value, reason: "You called us.", ...more });

/** The next who asks. */
const nextOf = (client: Retoma): Promise<HelpRequest> =>
  new Promise((found) => {
    const stop = requestsOf(client).watch(([first]) => {
      if (first === undefined) return;
      queueMicrotask(() => stop());
      found(first);
    });
  });

it("is asked, says how far, and is helped", async () => {
  const ann = await customer("ann", "mortgage");
  const asked = nextOf(ann);
  const lookup = await clerk("Sam").lookUp(askFor("ann", { process: "mortgage" }));
  const request = await asked;
  expect(request).toMatchObject({ name: "Sam", store: null, reason: "You called us.", process: "mortgage" });
  expect(request.choices).toMatchObject([{ process: "mortgage", titles: { en: "Mortgage" } }]);
  const waiting = lookup.approved();
  await request.approve({ scope: "view", showAnswers: true });
  const helped = await waiting;
  expect(helped?.get("name")).toBe("ann");
  const { helpers, requests } = await ann.draft("mortgage").help();
  expect([helpers[0]?.method, helpers[0]?.scope, helpers[0]?.showsAnswers, requests]).toEqual(["lookup", "view", true, []]);
  await expect(request.approve()).rejects.toMatchObject({ code: "not-found" });
});

it("chooses which, where several are open", async () => {
  const bea = await customer("bea", "mortgage", "loan");
  const lookup = await clerk("Sam").lookUp(askFor("bea"));
  const [request] = await requestsOf(bea).list();
  expect(request?.choices.map(({ process, titles }) => [process, titles])).toEqual([["loan", {}], ["mortgage", { en: "Mortgage" }]]);
  await expect(request?.approve()).rejects.toMatchObject({ code: "validation-failed" });
  const chosen = request?.choices[1];
  await request?.approve({ ...(chosen && { draft: chosen.draft }) });
  const draft = await lookup.approved();
  expect(draft?.process).toBe("mortgage");
  draft?.set("income", 3100);
  await draft?.saved();
});

it("says no, which nobody hears of", async () => {
  const cat = await customer("cat", "mortgage");
  const lookup = await clerk("Sam").lookUp(askFor("cat"));
  const [request] = await requestsOf(cat).list();
  await request?.deny();
  expect(await requestsOf(cat).list()).toEqual([]);
  const stopping = new AbortController();
  const waiting = lookup.approved(stopping.signal);
  await expect(lookup.enterCode("000000")).rejects.toMatchObject({ code: "code-wrong" });
  await expect(lookup.sendCode()).rejects.toMatchObject({ code: "sending-unavailable" });
  stopping.abort();
  void waiting.catch(() => undefined);
});

it("is told in the same moment when a supervisor looks without asking, and why", async () => {
  const dan = await customer("dan", "mortgage");
  const eva = clerk("Eva", "supervisor");
  const why = { reason: "Court order, handed in", ticket: "HELP-1" };
  const looked = await eva.override({ ...askFor("dan"), ...why });
  const [helper] = (await dan.draft("mortgage").help()).helpers;
  expect(helper).toMatchObject({ name: "Eva", method: "override", scope: "view", reason: "Court order, handed in (HELP-1)" });
  await helper?.stop();
  await expect(eva.current(looked)).rejects.toMatchObject({ code: "not-found" });
  await expect(eva.override({ ...askFor("nobody"), ...why })).rejects.toMatchObject({ code: "not-found" });
});

it("of whom nothing is known is asked nothing, and no request is made", async () => {
  const visitor = createRetoma({ url: server.url, publishableKey: server.publishableKey, draftStorage: memoryStorage() });
  clients.push(visitor);
  expect(await requestsOf(visitor).list()).toEqual([]);
});
