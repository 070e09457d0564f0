/** Promise: an app whose fetch cannot stream, on a device with AsyncStorage, keeps what is typed and hears what others type. */

import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { createRetoma, type Draft, type Retoma } from "../../src/index.js";
import { nativeOptions } from "../../src/native/index.js";
import { RealServer } from "./server.js";

const server = new RealServer();
const clients: Retoma[] = [];

beforeAll(() => server.start());

afterEach(() => clients.splice(0).forEach((client) => client.close()));

afterAll(() => server.remove());

/** As React Native's: an answer arrives as a whole or not at all, and has no body to read from. */
const streamless: typeof fetch = async (address, init) => {
  const answer = await fetch(address, init);
  if (answer.headers.get("Content-Type")?.startsWith("text/event-stream")) await answer.body?.cancel();
  return new Proxy(answer, { get: (whole, name) => (name === "body" ? undefined : bound(whole, Reflect.get(whole, name, whole))) });
};

const bound = (whole: Response, member: unknown): unknown => (typeof member === "function" ? member.bind(whole) : member);

/** What is installed on one phone; it outlives the app. */
function phone() {
  const kept = new Map<string, string>();
  const AsyncStorage = {
    getItem: async (key: string) => kept.get(key) ?? null,
    setItem: async (key: string, value: string) => void kept.set(key, value),
    removeItem: async (key: string) => void kept.delete(key),
    getAllKeys: async () => [...kept.keys()],
  };
  const AppState = { addEventListener: () => ({ remove: () => undefined }) };
  const NetInfo = { addEventListener: () => () => undefined };
  return async (): Promise<Retoma> => {
    const native = await nativeOptions({ AsyncStorage, AppState, NetInfo });
    const client = createRetoma({ url: server.url, publishableKey: server.publishableKey, channel: "ios", fetch: streamless, ...native });
    clients.push(client);
    return client;
  };
}

it("hears what another device types, both ways", async () => {
  const app = await phone()();
  const draft = app.draft("mortgage");
  draft.set("name", "Ann");
  const { url } = await draft.handoff({ url: `${server.url}/form` });
  const other = createRetoma({ url: server.url, publishableKey: server.publishableKey });
  clients.push(other);
  const theirs = (await other.redeem(url)) as Draft;
  theirs.set("income", 1200);
  await expect.poll(() => draft.value).toEqual({ name: "Ann", income: 1200 });
  draft.set("name", "Anna");
  await expect.poll(() => theirs.get("name")).toBe("Anna");
});

it("has after a restart what was kept without a network, and sends it", async () => {
  const start = phone();
  const before = (await start()).draft("mortgage");
  before.set("name", "Ann");
  await before.saved();
  await server.kill();
  before.set("name", "Anna");
  await expect.poll(() => before.state).toMatch(/kept|offline/);
  clients.splice(0).forEach((client) => client.close());
  const after = (await start()).draft("mortgage");
  await after.ready;
  expect(after.get("name")).toBe("Anna");
  await server.start();
  await after.saved();
  await after.refresh();
  expect([after.get("name"), after.conflicts]).toEqual(["Anna", []]);
});
