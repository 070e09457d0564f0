/** Promise: whoever is signed in sees the devices that hold their drafts, names them, and signs a lost one out. */

import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { devicesOf } from "../../src/devices.js";
import { createRetoma, memoryStorage, type Retoma } from "../../src/index.js";
import { RealServer } from "./server.js";

const server = new RealServer();
const clients: Retoma[] = [];

beforeAll(() => server.start());

afterEach(() => clients.splice(0).forEach((client) => client.close()));

afterAll(() => server.remove());

/** A client on one device of a customer. */
function signedIn(customer: string, session: string, label: string): Retoma {
  const getToken = () => server.asService<{ token: string; customer: string }>("customer-tokens", { external_id: customer, device: session });
  const client = createRetoma({ url: server.url, publishableKey: server.publishableKey, device: label, getToken, draftStorage: memoryStorage() });
  clients.push(client);
  return client;
}

it("signs a lost device out, which gets in no more, and leaves the others", async () => {
  const phone = signedIn("ann", "s-1", "iPhone");
  const laptop = signedIn("ann", "s-2", "Laptop");
  const draft = phone.draft("mortgage");
  draft.set("name", "Ann");
  await draft.saved();
  const devices = devicesOf(laptop);
  await laptop.drafts.list();
  const [lost, ...more] = (await devices.list()).filter(({ isCurrent }) => !isCurrent);
  expect(more).toEqual([]);
  expect(lost).toMatchObject({ name: "iPhone", kind: "signed-in" });
  if (lost === undefined) return;
  expect(await devices.rename(lost, "<b>Ann's</b> phone")).toMatchObject({ name: "<b>Ann's</b> phone" });
  const { items } = await laptop.drafts.list();
  expect(items[0]?.touched).toEqual({ channel: expect.any(String), device: "<b>Ann's</b> phone" });
  await devices.revoke(lost);
  expect((await devices.list()).map(({ name }) => name)).toEqual(["Laptop"]);
  await expect(phone.drafts.list()).rejects.toThrow();
  await expect(devices.revoke(lost)).rejects.toMatchObject({ code: "not-found" });
});
