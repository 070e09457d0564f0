// @vitest-environment happy-dom
// @vitest-environment-options {"settings": {"fetch": {"disableSameOriginPolicy": true}}}
/** Promise: components show the cart of whoever is there, and change it once, also where React renders twice. */

import { type ReactElement, StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cartOf } from "../src/cart/index.js";
import type { Retoma } from "../src/index.js";
import { RetomaProvider, useCart, type UsedCart } from "../src/react/index.js";
import type { WireDraft } from "../src/wire.js";
import { type Fault, json } from "./server.js";
import { setting } from "./setting.js";

const here = setting();
const TOTALS = { lines: 1, quantity: 2, unpriced: 1, price_hash: "", amounts: [] };
const none: Fault = (_request, response) => json(response, 200, { items: [], next: null });
let root: Root;
let retoma: Retoma;
let used: UsedCart;
const rendered: string[] = [];

/** A cart as the server has it. */
function cartWith(sku: string, more: Partial<WireDraft> = {}): Partial<WireDraft> {
  const line = { key: `ln_${sku}`, sku, attributes: {}, quantity: 2, info: {}, price: null, max_quantity: null, revision: 1, by: {} };
  return { process: "cart", kind: "cart", revision: 1, lines: [line], unavailable: [], totals: TOTALS, ...more } as unknown as Partial<WireDraft>;
}

function Badge(): ReactElement {
  used = useCart(cartOf);
  const text = used.isReady ? `${used.state} ${used.lines.map(({ sku, quantity }) => `${quantity} ${sku}`).join()}`.trim() : "loading";
  rendered.push(text);
  return <button onClick={() => used.cart?.add("tee", 2)}>{text}</button>;
}

const show = (child: ReactElement | null): void => root.render(<StrictMode><RetomaProvider client={retoma}>{child}</RetomaProvider></StrictMode>);
const text = (): string | null | undefined => document.querySelector("button")?.textContent;
const shows = (expected: string): Promise<void> => vi.waitFor(() => expect(text()).toBe(expected), 3000);

beforeEach(() => {
  document.body.innerHTML = "<div id='root'></div>";
  root = createRoot(document.querySelector("#root") as HTMLElement);
  retoma = here.connect();
  rendered.length = 0;
});

afterEach(() => root.unmount());

describe("a cart in a component", () => {
  it("asks the server nothing for a new visitor until the first add, which is sent once", async () => {
    show(<Badge />);
    await shows("saved");
    expect(here.server.heard).toEqual([]);
    here.server.hold({ process: "cart", kind: "cart", lines: [], totals: TOTALS } as unknown as Partial<WireDraft>);
    document.querySelector("button")?.click();
    await shows("saving 2 tee");
    await used.cart?.saved();
    expect(here.server.of(/changes/).flatMap(({ body }) => body.changes).flatMap(({ ops }) => ops)).toMatchObject([{ op: "add", sku: "tee", quantity: 2 }]);
    expect(here.server.of(/POST .v1.drafts$/)).toHaveLength(1);
  });

  it("shows one that its customer begins elsewhere, and every component the same", async () => {
    retoma = here.connect({ customer: "ann", getToken: () => "ct_1" });
    here.server.disturb(/GET .v1.drafts\?/, none, 1000);
    show(<><Badge /><Badge /></>);
    await shows("saved");
    await vi.waitFor(() => expect(here.server.streams).toBe(1));
    here.server.heal();
    here.server.hold(cartWith("tee"));
    here.server.tell("draft-opened", { type: "draft-opened", draft: "dr_1", process: "cart", revision: 1 });
    await shows("saved 2 tee");
    expect([...document.querySelectorAll("button")].map(({ textContent }) => textContent)).toEqual(["saved 2 tee", "saved 2 tee"]);
  });

  it("shows it once the server answers, and at once to a component that comes later", async () => {
    retoma = here.connect({ customer: "ann", getToken: () => "ct_1" });
    here.server.disturb(/GET .v1.drafts\?/, (_request, response) => void response.destroy(), 3);
    here.server.hold(cartWith("tee"));
    show(<Badge />);
    await shows("saved 2 tee");
    show(null);
    await vi.waitFor(() => expect(text()).toBeUndefined());
    rendered.length = 0;
    show(<Badge />);
    await shows("saved 2 tee");
    expect(rendered[0]).toBe("saved 2 tee");
  });

  it("is the one that a handoff brought to this page", async () => {
    history.replaceState(null, "", "/shop#retoma=ho_t_h_s~n1");
    here.server.hold(cartWith("mug"));
    show(<Badge />);
    await shows("saved 2 mug");
    expect([here.server.of(/handoffs.redeem/).length, here.server.of(/GET .v1.drafts\?/)]).toEqual([1, []]);
  });
});

describe("after a sign-out", () => {
  let token = "ct_a";

  beforeEach(async () => {
    token = "ct_a";
    retoma = here.connect({ getToken: () => token });
    here.server.hold(cartWith("tee"));
    show(<Badge />);
    await shows("saved 2 tee");
    rendered.length = 0;
  });

  it("a component shows the cart of whoever comes next, and nothing between", async () => {
    token = "ct_b";
    here.server.hold(cartWith("mug", { id: "dr_2", customer: "cu_2" }));
    await retoma.signOut();
    await shows("saved 2 mug");
    expect(rendered.slice(rendered.lastIndexOf("saved 2 tee") + 1).filter((each) => !["loading", "saved 2 mug", "saved"].includes(each))).toEqual([]);
    document.querySelector("button")?.click();
    await used.cart?.saved();
    expect(here.server.of(/dr_2.changes/)[0]?.headers["authorization"]).toBe("Bearer ct_b");
  });

  it("it is empty, and can be filled, where they have none", async () => {
    token = "ct_b";
    here.server.disturb(/GET .v1.drafts\?/, none, 1000);
    await retoma.signOut();
    await shows("saved");
    expect([used.id, used.count]).toEqual([null, 0]);
  });
});
