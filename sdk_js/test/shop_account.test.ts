/** Promise: a claim that the shop of the examples makes leaves the device with the visitor's new token, whatever waits there. */

import { expect, it, vi } from "vitest";
// @ts-expect-error -- a page's script, which the examples check themselves
import { claim } from "../../examples/shop/account.js";
import { json } from "./server.js";
import { setting } from "./setting.js";

const here = setting();

/** A guest with something in a draft, and how they claim it. */
async function guest() {
  const retoma = here.connect();
  const draft = retoma.draft("mortgage");
  draft.set("name", "Ann");
  await draft.saved();
  here.server.disturb(/POST .*claim/, (_request, response) => json(response, 200, { id: "cl_1", carts: [], visitor: { token: "vt_new" } }));
  const storage = { get: (name: string) => here.kept.get(name) ?? null, set: (name: string, value: string) => void here.kept.set(name, value) };
  return { draft, claimed: () => claim(retoma, { server: here.server.url, key: "pk_1", storage, getToken: async () => ({ token: "ct_1" }) }) };
}

it("a sign-out that follows forgets the old one only", async () => {
  const { claimed } = await guest();
  await claimed();
  expect(here.kept.get("retoma.visitor.pk_1")).toBe("vt_new");
});

it("what is unsent by then hinders the sign-out, and is not left with a token that is good for nothing", async () => {
  const { draft, claimed } = await guest();
  here.server.disturb(/changes/, (_request, response) => void response.destroy(), 1000);
  draft.set("name", "Anna");
  await vi.waitFor(() => expect(draft.state).toBe("offline"));
  await expect(claimed()).rejects.toMatchObject({ code: "unsent-changes" });
  expect(here.kept.get("retoma.visitor.pk_1")).toBe("vt_new");
});
