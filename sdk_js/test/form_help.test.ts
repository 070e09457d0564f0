// @vitest-environment happy-dom
/** Promise: a form tells who of staff helps, asks to, or looks unasked; and its customer decides beside it. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { hearing, isShown, press, rootOf, saying, unbindAll, withInterface } from "./form_said.js";
import { control } from "./form_setting.js";

afterEach(() => {
  vi.useRealTimers();
  unbindAll();
  document.documentElement.lang = "";
});

describe("help", () => {
  it("is said by name and store, narrowed and ended", async () => {
    const { happen, helped, decided } = withInterface();
    helped({ name: "Sam", store: "Leeds" });
    happen({ type: "assist-started" });
    await saying("bar", "Sam in Leeds is helping you.StopOnly look");
    press("bar", "Only look");
    press("bar", "Stop");
    await vi.waitFor(() => expect(decided).toEqual(['PATCH /v1/drafts/dr_1/assists/as_1 {"scope":"view"}', "DELETE /v1/drafts/dr_1/assists/as_1"]));
    helped({ name: "Sam", store: "Leeds", scope: "view" });
    happen({ type: "assist-changed" });
    await vi.waitFor(() => expect(rootOf("bar")?.querySelectorAll(".helping button")).toHaveLength(1));
    helped(null);
    happen({ type: "assist-ended" });
    await vi.waitFor(() => expect(isShown(".helping")).toBe(false));
  });

  it("leaves what staff have entered marked, until the customer says that it is right", async () => {
    const { happen, helped, decided } = withInterface({ name: "Ann", plan: "b" });
    helped({ name: "Sam" }, "/name", "/plan");
    happen({ type: "assist-started" });
    await saying("bar", "Sam is helping you.");
    expect(isShown(".changed")).toBe(false);
    helped(null, "/name", "/plan");
    happen({ type: "assist-ended" });
    await saying("bar", "Sam changed 2 answers.That’s right");
    await saying("notice", "Sam entered this.");
    helped(null);
    press("bar", "That’s right");
    await vi.waitFor(() => expect(isShown(".changed")).toBe(false));
    expect(JSON.parse(decided[0] ?? "")).toMatchObject({ seen: 4, ops: [{ op: "confirm", path: "/name" }, { op: "confirm", path: "/plan" }] });
  });

  it("that nobody allowed says so, and why", async () => {
    const { happen, helped } = withInterface();
    helped({ name: "Eva", store: "Leeds", method: "override", scope: "view" });
    happen({ type: "assist-overridden" });
    await saying("bar", "Eva, a supervisor in Leeds, is looking at this without having asked you. Court order (HELP-1)Stop");
    await hearing("without having asked you");
  });
});

describe("staff who ask", () => {
  it("are named with their reason, and let in as far as is said; nobody's focus is taken", async () => {
    const { happen, asks, decided } = withInterface({ name: "Ann" });
    control("name").focus();
    asks("dr_1", "dr_1");
    happen({ type: "assist-requested" });
    await saying("bar", "Sam in Leeds asks to see what you have begun: Your mortgage. You called.Yes, they may look and changeOnly lookNo");
    await hearing("Sam in Leeds asks to see what you have begun: Your mortgage. You called.");
    expect(document.activeElement).toBe(control("name"));
    const alike = [...(rootOf("bar")?.querySelectorAll(".asking button") ?? [])].map(({ className }) => className);
    expect(alike).toEqual(["", "", ""]);
    press("bar", "Only look");
    await vi.waitFor(() => expect(isShown(".asking")).toBe(false));
    expect(decided).toEqual(['POST /v1/me/assist-requests/lk_1 {"approve":true,"scope":"view","draft":"dr_1"}']);
  });

  it("are let into what the customer chooses, where they name nothing", async () => {
    document.documentElement.lang = "es";
    const { happen, asks, decided } = withInterface();
    asks(null, "dr_2", "dr_1");
    happen({ type: "assist-requested" });
    await saying("bar", "Sam en Leeds pide ayudarte con lo que elijas. You called.");
    const choice = rootOf("bar")?.querySelector("select") as HTMLSelectElement;
    expect([choice.value, ...[...choice.options].map(({ text }) => text)]).toEqual(["dr_1", "Tu hipoteca (dr_2)", "Tu hipoteca (dr_1)"]);
    choice.value = "dr_2";
    press("bar", "Sí, puede mirar y cambiar");
    await vi.waitFor(() => expect(decided).toEqual(['POST /v1/me/assist-requests/lk_1 {"approve":true,"draft":"dr_2"}']));
  });

  it("are told no by one press, and asked of no more", async () => {
    const { happen, asks, decided } = withInterface();
    asks("dr_1", "dr_1");
    happen({ type: "assist-requested" });
    await saying("bar", "Sam in Leeds asks");
    press("bar", "No");
    await vi.waitFor(() => expect(isShown(".asking")).toBe(false));
    expect(decided).toEqual(['POST /v1/me/assist-requests/lk_1 {"approve":false}']);
  });

  it("go by themselves once they were answered elsewhere, which no event tells", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
    const { happen, asks, asked } = withInterface();
    asks("dr_1", "dr_1");
    happen({ type: "assist-requested" });
    await saying("bar", "Sam in Leeds asks");
    asked.length = 0;
    await vi.advanceTimersByTimeAsync(20_000);
    await vi.waitFor(() => expect(isShown(".asking")).toBe(false));
  });
});
