// @vitest-environment happy-dom
/** Promise: in a page, a handoff's secret leaves the address, and a missing connection is explained once. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import { Retoma } from "../src/client.js";
import { noting } from "./setting.js";

/** A page whose every request is answered by `answer`. */
function page(answer: (url: string) => Response): { retoma: Retoma; asked: string[] } {
  const asked: string[] = [];
  const fetch = async (url: RequestInfo | URL): Promise<Response> => (asked.push(String(url)), answer(String(url)));
  return { retoma: new Retoma({ url: "https://retoma.example/", publishableKey: "pk_1", fetch: fetch as typeof globalThis.fetch }, noting([])), asked };
}

const draft = { id: "dr_1", process: "mortgage", key: "default", status: "open", revision: 1, data: { name: "Ann" }, position: null, conflicts: [] };

function redemption(url: string): Response {
  if (url.includes("/events")) return new Response("", { status: 503 });
  if (url.includes("since=")) return Response.json({ ...draft, from: 1, epoch: "k", cells: {} });
  return Response.json({ grant: "gr_1", expires_at: "", draft });
}

beforeEach(() => sessionStorage.clear());

describe("a handoff in the address", () => {
  it("is taken out before anything else happens, and what else is there stays", async () => {
    history.replaceState({ own: 1 }, "", "/form?a=1#part&retoma=ho_t_h_s~n1");
    const { retoma } = page(redemption);
    const redeeming = retoma.redeem();
    expect(location.href).toMatch(/\/form\?a=1#part$/);
    expect(history.state).toEqual({ own: 1 });
    expect((await redeeming)?.value).toEqual({ name: "Ann" });
    expect(await retoma.redeem()).toBe(await redeeming);
    retoma.close();
  });

  it("is remembered by the tab, so that a reload goes on with its draft", async () => {
    const first = page(redemption);
    await first.retoma.redeem("ho_t_h_s~n1");
    first.retoma.close();
    const { retoma, asked } = page(redemption);
    expect((await retoma.redeem())?.id).toBe("dr_1");
    expect(asked.some((url) => url.includes("redeem"))).toBe(false);
    retoma.close();
  });

  it("that leads to what was nobody's is tried again by the tab, until it is theirs who are here", async () => {
    localStorage.clear();
    let isDown = true;
    const answer = (url: string): Response => {
      if (url.endsWith("/redeem")) return Response.json({ grant: "gr_1", expires_at: "", draft, visitor: { token: "vt_1" } });
      if (url.endsWith("/claim")) return Response.json({ id: null, carts: [], forms: [], visitor: null });
      if (url.endsWith("/drafts") && !isDown) return Response.json(draft);
      return url.endsWith("/drafts") ? Response.json({ code: "storage-full", retryable: false }, { status: 507 }) : redemption(url);
    };
    const first = page(answer);
    expect((await first.retoma.redeem("ho_t_h_s~n1"))?.value).toEqual({ name: "Ann" });
    first.retoma.close();
    isDown = false;
    const { retoma, asked } = page(answer);
    expect(await retoma.redeem()).toBe(retoma.draft("mortgage"));
    expect(asked.some((url) => url.includes("redeem"))).toBe(false);
    expect([localStorage.getItem("retoma.visitor.pk_1"), sessionStorage.length]).toEqual(["vt_1", 0]);
    retoma.close();
  });

  it("that is not there makes no request", async () => {
    history.replaceState(null, "", "/form#part");
    const { retoma, asked } = page(redemption);
    expect(await retoma.redeem()).toBeNull();
    expect(asked).toEqual([]);
    retoma.close();
  });
});

describe("a missing answer", () => {
  it("is explained by one line that names both causes and the command", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const { retoma } = page(() => {
      throw new TypeError("Failed to fetch");
    });
    await expect(retoma.draft("mortgage").open()).rejects.toMatchObject({ code: "no-answer" });
    await expect(retoma.draft("other").open()).rejects.toMatchObject({ code: "no-answer" });
    expect(warn).toHaveBeenCalledOnce();
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/offline.*origin is not allowed.*retoma-server tenants allow NAME --origin /));
    retoma.close();
  });
});

describe("a page", () => {
  it("that is left sends all that waits at once, what is under way again with it, in a request that outlives it", async () => {
    const sent: { keepalive: boolean | undefined; seqs: number[] }[] = [];
    const fetch = async (url: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
      if (!String(url).endsWith("/changes")) return redemption(String(url));
      const { changes } = JSON.parse(init.body as string) as { changes: { seq: number }[] };
      sent.push({ keepalive: init.keepalive, seqs: changes.map((change) => change.seq) });
      return new Promise(() => undefined);
    };
    const retoma = new Retoma({ url: "https://retoma.example", publishableKey: "pk_1", fetch: fetch as typeof globalThis.fetch }, noting([]));
    const passed = await retoma.redeem("ho_t_h_s~n1");
    passed?.set("name", "Anna");
    await vi.waitUntil(() => sent.length === 1, 5000);
    passed?.set("phone", "1");
    vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.waitUntil(() => sent.length === 2, 5000);
    expect(sent).toEqual([{ keepalive: false, seqs: [1] }, { keepalive: true, seqs: [1, 2] }]);
    retoma.close();
  });

  it("that comes back from the browser's cache has heard nothing, and forgets all the same who has signed out meanwhile", async () => {
    const { retoma: here } = page(redemption);
    const { retoma: elsewhere } = page(redemption);
    const shown = here.draft("mortgage");
    await shown.ready;
    shown.set("name", "Ann");
    await elsewhere.signOut({ discardUnsent: true });
    expect(shown.state).not.toBe("closed");
    window.dispatchEvent(new Event("pageshow"));
    await vi.waitUntil(() => shown.state === "closed", 5000);
    expect(localStorage.getItem("retoma.parting.pk_1")).toMatch(/^\d+ \d+ \d+$/);
    here.close();
    elsewhere.close();
  });

  it("that becomes visible without any draft asks for nothing", () => {
    const { retoma, asked } = page(redemption);
    document.dispatchEvent(new Event("visibilitychange"));
    window.dispatchEvent(new Event("online"));
    expect(asked).toEqual([]);
    retoma.close();
  });
});
