// @vitest-environment happy-dom
/** Promise: the interface of a form says how things stand and asks where a person must choose, in their language. */

import { afterEach, describe, expect, it, vi } from "vitest";
import type { Conflict, Json } from "../src/wire.js";
import { bound, buttonOf, FORM, hearing, isShown, press, region, rootOf, saying, textOf, unbindAll, withInterface } from "./form_said.js";
import { control, type } from "./form_setting.js";

afterEach(() => {
  unbindAll();
  document.documentElement.lang = "";
});

/** As a browser tells of the Tab key: what is within a shadow goes by the name of its host. */
function leave(name: string, host: Element | null): void {
  control(name).dispatchEvent(new FocusEvent("focusout", { bubbles: true, relatedTarget: host }));
  host?.dispatchEvent(new FocusEvent("focusin", { bubbles: true, relatedTarget: control(name) }));
}

const side = (value: Json, device: string | null, name: string | null = null) => ({ value, by: { kind: name ? "staff" : "visitor", channel: "web", writer: "w", device, name } });

const conflict = (path: string, stored: ReturnType<typeof side>, arriving: ReturnType<typeof side>): Conflict =>
  ({ id: "cf_1", path, policy: "incumbent", status: "open", revision: 5, stored, arriving, earlier: [] }) as unknown as Conflict;

describe("how it is saved", () => {
  it("is said once something was entered, and not before", async () => {
    withInterface();
    await Promise.resolve();
    expect(document.querySelector("[data-retoma]")).toBeNull();
    type("name", "Ann");
    await saying("state", "Not saved yet. Keep this page open");
  });

  it("is said in Spanish where the page is", async () => {
    document.documentElement.lang = "es-MX";
    withInterface({ name: "Ann" });
    await saying("state", "Guardado");
    await saying("bar", "Empezar de nuevo");
    expect(document.querySelector<HTMLElement>("[data-retoma=bar]")?.lang).toBe("es");
  });

  it("is said in the page's own words", async () => {
    withInterface({ name: "Ann" }, { texts: { saved: "All good" } });
    await saying("state", "All good");
    expect(textOf("bar")).toContain("Start over");
  });

  it("stands where the page has a place for it", async () => {
    bound(`${FORM}<div data-retoma-status></div>`, { name: "Ann" }, { ui: true });
    await saying("state", "Saved");
    expect(document.querySelector("[data-retoma=state]")?.parentElement?.hasAttribute("data-retoma-status")).toBe(true);
  });

  it("tells that the form has been sent", async () => {
    const { close } = withInterface({ name: "Ann" });
    await saying("state", "Saved");
    close("completed");
    await saying("state", "This form has been sent");
    expect(isShown(".restored")).toBe(false);
  });

  it("is left out where the page says it itself, and gone with the binding", async () => {
    const { unbind } = withInterface({ name: "Ann" });
    await saying("state", "Saved");
    unbind();
    expect(document.querySelector("[data-retoma]")).toBeNull();
    withInterface({ name: "Ann" }, { ui: false });
    await vi.dynamicImportSettled();
    expect(document.querySelector("[data-retoma]")).toBeNull();
  });
});

describe("what is spoken", () => {
  it("is a state that wants attention, once it lasts, and that all is well again", async () => {
    const { fare } = withInterface({ name: "Ann" });
    await hearing("Welcome back");
    fare("needs-auth");
    await hearing("Sign in to go on elsewhere");
    fare(null);
    await vi.waitFor(() => expect(region()?.textContent).toBe("Saved"), 3000);
  });

  it("is nothing of what comes and goes while somebody types, and then that the page must stay open", async () => {
    withInterface();
    for (const name of ["A", "An", "Ann", "Anna"]) {
      type("name", name);
      await new Promise((done) => setTimeout(done, 400));
      expect(region()?.textContent).toBe("");
    }
    await hearing("Not saved yet. Keep this page open");
  });

  it("is all that there is to say, also when it comes at once", async () => {
    const { dispute } = withInterface({ name: "Ann" });
    dispute(conflict("/name", side("Ann", "iPhone"), side("Anna", "Mac")));
    await hearing("Welcome back. Your answers are here: Full name. Full name: You also entered Anna on Mac.");
  });

  it("is left standing for a while before the next text takes its place", async () => {
    const { happen, helped } = withInterface({ name: "Ann" });
    await hearing("Welcome back");
    helped({ name: "Sam" });
    happen({ type: "assist-started" });
    await new Promise((done) => setTimeout(done, 200));
    expect(region()?.textContent).toContain("Welcome back");
    await hearing("Sam is helping you.");
  });
});

describe("the focus", () => {
  it("goes to the first control that can be seen and used, once everything is thrown away", async () => {
    const unusable = '<input type="hidden" name="token" value="t"><input name="off" disabled><div hidden><input name="unseen"></div>';
    bound(`${unusable}${FORM}`, { name: "Ann" }, { ui: true });
    await saying("bar", "Welcome back");
    press("bar", "Start over");
    press("bar", "Yes, delete");
    expect(document.activeElement).toBe(control("name"));
  });

  it("goes to the form when help ends, for whoever has ended it", async () => {
    const { happen, helped } = withInterface();
    helped({ name: "Sam" });
    happen({ type: "assist-started" });
    await saying("bar", "Stop");
    buttonOf("bar", "Stop").focus();
    press("bar", "Stop");
    helped({ name: "Sam", store: "Leeds" });
    happen({ type: "assist-changed" });
    await saying("bar", "Sam in Leeds is helping you.");
    expect(rootOf("bar")?.activeElement).toBe(buttonOf("bar", "Stop"));
    helped(null);
    happen({ type: "assist-ended" });
    await vi.waitFor(() => expect(document.activeElement).toBe(control("name")));
  });

  it("stays where somebody types, whatever ends beside it", async () => {
    const { happen, helped } = withInterface();
    helped({ name: "Sam" });
    happen({ type: "assist-started" });
    await saying("bar", "Stop");
    control("plan").focus();
    helped(null);
    happen({ type: "assist-ended" });
    await vi.waitFor(() => expect(isShown(".helping")).toBe(false));
    expect(document.activeElement).toBe(control("plan"));
  });

  it("goes from a choice that has gone to its field", async () => {
    const { dispute } = withInterface({ name: "Ann", plan: "b" });
    const met = conflict("/plan", side("b", "iPhone"), side("a", "Mac"));
    dispute(met);
    await saying("notice", "Small");
    buttonOf("notice", "Use it").focus();
    dispute({ ...met, status: "resolved" });
    expect([document.querySelector("[data-retoma=notice]"), document.activeElement]).toEqual([null, control("plan")]);
  });
});

describe("what was put back", () => {
  it("is named to a screen reader", async () => {
    withInterface({ name: "Ann", plan: "b" });
    await vi.waitFor(() => expect(rootOf("state")?.querySelector("[role=status]")?.textContent).toBe("Welcome back. Your answers are here: Full name, Plan."));
  });

  it("can be thrown away after a second look, with what other pages hold", async () => {
    const { draft } = withInterface({ name: "Ann", plan: "b", other: { page: 1 } });
    await saying("bar", "Welcome back");
    press("bar", "Start over");
    press("bar", "No, keep them");
    expect(control("name").value).toBe("Ann");
    press("bar", "Start over");
    press("bar", "Yes, delete");
    expect([draft.value, control("name").value, control("plan").value]).toEqual([{}, "", "a"]);
    expect(isShown(".restored")).toBe(false);
  });
});

describe("a newer value", () => {
  it("is offered beside the field that somebody is in, and taken", async () => {
    const { arrive } = withInterface({ name: "Ann" });
    control("name").focus();
    arrive({ "/name": "Anne" });
    await saying("notice", "You also entered Anne on iPhone.");
    press("notice", "Use it");
    expect([control("name").value, document.querySelector("[data-retoma=notice]")]).toEqual(["Anne", null]);
  });

  it("is replaced by the person's own when they keep that", async () => {
    const { arrive, edits } = withInterface({ name: "Ann" });
    control("name").focus();
    arrive({ "/name": "Anne" });
    await saying("notice", "Anne");
    press("notice", "Keep mine");
    expect(edits()).toEqual([{ op: "set", path: "/name", value: "Ann", seen: 5 }]);
    expect(document.querySelector("[data-retoma=notice]")).toBeNull();
  });

  it("waits for whoever walks from the field to the choice, and is shown once they walk on", async () => {
    const { arrive, edits } = withInterface({ name: "Ann" });
    control("name").focus();
    arrive({ "/name": "Anne" });
    await saying("notice", "Anne");
    const host = document.querySelector("[data-retoma=notice]");
    leave("name", host);
    arrive({ "/plan": "b" });
    expect([control("name").value, textOf("notice")]).toEqual(["Ann", "You also entered Anne on iPhone.Use itKeep mine"]);
    host?.dispatchEvent(new FocusEvent("focusout", { bubbles: true, relatedTarget: control("plan") }));
    expect([control("name").value, edits(), document.querySelector("[data-retoma=notice]")]).toEqual(["Anne", [], null]);
  });

  it("is shown as the page's options call it, and never as markup", async () => {
    const { arrive } = withInterface({ plan: "a", name: "Ann" });
    control("plan").focus();
    arrive({ "/plan": "b" });
    await saying("notice", "You also entered Large on iPhone.");
    control("name").focus();
    arrive({ "/name": "<img src=x>" });
    await saying("notice", "You also entered <img src=x> on iPhone.");
    expect(rootOf("notice")?.querySelector("img")).toBeNull();
  });
});

describe("two answers", () => {
  it("are a choice: the other one is used", async () => {
    const { dispute, edits } = withInterface({ name: "Ann" });
    dispute(conflict("/name", side("Ann", "iPhone"), side("Anna", "Mac")));
    await saying("notice", "You also entered Anna on Mac.");
    await saying("state", "Please choose between two answers");
    press("notice", "Use it");
    expect(edits()).toMatchObject([{ op: "resolve", conflict: "cf_1", choice: "arriving" }]);
    expect([control("name").value, document.activeElement]).toEqual(["Anna", control("name")]);
  });

  it("are a choice: the one on screen is kept", async () => {
    const { dispute, edits } = withInterface({ name: "Ann" });
    dispute(conflict("/name", side("Ann", "iPhone"), side("Anna", null, "Sam")));
    await saying("notice", "Sam entered Anna.");
    press("notice", "Keep mine");
    expect(edits()).toMatchObject([{ op: "resolve", conflict: "cf_1", choice: "stored" }]);
  });

  it("take the person's own for theirs while it still stands in the control", async () => {
    const { dispute, edits } = withInterface({ name: "Ann" });
    control("name").focus();
    control("name").value = "Anna";
    dispute(conflict("/name", side("Ann", "iPhone"), side("Anna", "Mac")));
    await saying("notice", "You also entered Ann on iPhone.");
    press("notice", "Keep mine");
    expect(edits()).toMatchObject([{ op: "resolve", choice: "arriving" }]);
  });

  it("of several fields that count as one stand at the last of them", async () => {
    const { dispute } = bound('<input name="a.street"><input name="a.city">', { a: { street: "X", city: "Vigo" } }, { ui: true });
    dispute(conflict("/a", side({ street: "X", city: "Vigo" }, "iPhone"), side({ street: "Y", city: "Lugo" }, "Mac")));
    await saying("notice", "You also entered Y, Lugo on Mac.");
    expect(document.querySelector("[data-retoma=notice]")?.previousElementSibling).toBe(control("a.city"));
  });
});

describe("a refused value", () => {
  it("is said to be not saved", async () => {
    const { kept, answer } = withInterface();
    type("name", "Ann");
    await kept();
    await answer({ seq: 1, status: "rejected", revision: 4, code: "field-not-storable" });
    await saying("notice", "Ann was not accepted and is not saved.");
  });

  it("is not even sent where it is a card number, and the person is told what to do", async () => {
    const { edits } = withInterface();
    type("name", "4111 1111 1111 1111");
    await saying("notice", "Card numbers are never saved. Take it out, and what you write here is saved.");
    expect(edits()).toEqual([]);
  });
});

describe("a device that waits for its digits", () => {
  const WAITING = { id: "ho_1", to: "device", draft: "dr_1", status: "matching", expires_at: "2026-01-01T00:10:00Z", device: "iPhone", choices: ["18", "47", "83"] };

  it("is shown with the three choices, and what is picked is told", async () => {
    const { happen, offer, picked } = withInterface();
    offer(WAITING);
    happen({ type: "handoff-waiting", handoff: "ho_1" });
    await saying("bar", "iPhone wants to go on with this. Which number does it show?184783None of these");
    press("bar", "47");
    await vi.waitFor(() => expect(picked).toEqual([{ digits: "47" }]));
    offer();
    happen({ type: "handoff-redeemed", handoff: "ho_1" });
    await vi.waitFor(() => expect(isShown(".bar > :first-child")).toBe(false));
  });

  it("is asked for again by a tab that was reloaded meanwhile", async () => {
    const before = withInterface();
    before.happen({ type: "handoff-created", handoff: "ho_1" });
    const { offer } = withInterface({}, {});
    offer(WAITING);
    await saying("bar", "Which number does it show?");
    sessionStorage.clear();
  });
});
