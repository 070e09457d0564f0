// @vitest-environment happy-dom
/** Promise: a bound form shows what the draft holds and saves what a person enters, and nothing else. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { bindings, check, commit, control, type } from "./form_setting.js";

const { bound, unbindAll } = bindings();

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => {
  unbindAll();
  vi.useRealTimers();
});

const EVERYTHING = `
  <input name="name" value="Initial"><textarea name="notes"></textarea><input name="applicant[email]"><input name="income" type="number">
  <input name="born" type="date"><select name="plan"><option value="a">A<option value="b">B</select>
  <select name="extras" multiple><option value="x">X<option value="y">Y<option value="z">Z</select>
  <input type="radio" name="pet" value="cat"><input type="radio" name="pet" value="dog">
  <input type="checkbox" name="terms"><input type="checkbox" name="days[]" value="mo"><input type="checkbox" name="days[]" value="tu">`;

describe("restoring", () => {
  it("fills every kind of control", () => {
    const data = {
      name: "Ann", notes: "x\ny", applicant: { email: "a@b.c" }, income: 1200.5, born: "1990-02-03", plan: "b",
      extras: ["x", "z"], pet: "dog", terms: true, days: ["tu"], outside: "too",
    };
    const { form } = bound(EVERYTHING, data);
    expect(control("name").value).toBe("Ann");
    expect(control("notes").value).toBe("x\ny");
    expect(control("applicant[email]").value).toBe("a@b.c");
    expect(control("income").value).toBe("1200.5");
    expect(control("born").value).toBe("1990-02-03");
    expect(control("plan").value).toBe("b");
    expect([...(form.elements.namedItem("extras") as HTMLSelectElement).selectedOptions].map((option) => option.value)).toEqual(["x", "z"]);
    expect((form.querySelector("[value=dog]") as HTMLInputElement).checked).toBe(true);
    expect(control("terms").checked).toBe(true);
    expect([...form.querySelectorAll<HTMLInputElement>("[name='days[]']")].map((box) => box.checked)).toEqual([false, true]);
    expect(control("outside").value).toBe("too");
  });

  it("leaves what the draft does not hold as the page began", () => {
    bound(EVERYTHING, { notes: "x" });
    expect(control("name").value).toBe("Initial");
  });

  it("tells frameworks and validators by real events, and takes them for no edits", () => {
    document.addEventListener("input", (event) => heard.push((event.target as HTMLInputElement).name), { once: true });
    const heard: string[] = [];
    const { edits } = bound('<input name="name">', { name: "Ann" });
    vi.runAllTimers();
    expect(heard).toEqual(["name"]);
    expect(edits()).toEqual([]);
  });

  it("shows what another device writes, and what it takes away", () => {
    const { arrive, draft } = bound('<input name="name" value="Initial">');
    arrive({ "/name": "Ann" });
    expect(control("name").value).toBe("Ann");
    draft.unset("name");
    expect(control("name").value).toBe("Initial");
  });

  it("survives a value that the control cannot show", () => {
    bound('<input name="name" value="Initial"><select name="plan"><option value="a">A</select>', { name: { first: "Ann" }, plan: "gone" });
    expect(control("name").value).toBe("Initial");
  });
});

describe("saving", () => {
  it("takes every keystroke, as one edit until that is sent", () => {
    const { edits } = bound('<input name="name">');
    for (const text of ["A", "An", "Ann"]) type("name", text);
    expect(edits()).toEqual([{ op: "set", path: "/name", value: "Ann", seen: 4 }]);
  });

  it.each(["change", "blur", "submit"])("takes it at once on %s", (event) => {
    const { edits, form } = bound('<input name="name"><input name="other">');
    type("name", "Ann");
    if (event === "change") commit("name");
    else if (event === "blur") control("other").focus();
    else form.dispatchEvent(new Event("submit", { cancelable: true }));
    expect(edits()).toHaveLength(1);
  });

  it("takes it when the page is hidden or the form unbound", () => {
    const { edits, unbind } = bound('<input name="name"><input name="phone">');
    type("name", "Ann");
    document.dispatchEvent(new Event("visibilitychange"));
    expect(edits()).toHaveLength(1);
    type("phone", "1");
    unbind();
    expect(edits()).toHaveLength(2);
    type("phone", "12");
    vi.runAllTimers();
    expect(edits()).toHaveLength(2);
  });

  it("reads every kind of control as what it is", () => {
    const { draft, form } = bound(EVERYTHING);
    type("income", "1200.5");
    type("applicant[email]", "a@b.c");
    type("outside", "too");
    (form.querySelector("[value=y]") as HTMLOptionElement).selected = true;
    control("extras").dispatchEvent(new Event("input", { bubbles: true }));
    check(form.querySelector("[value=cat]") as HTMLInputElement);
    check(control("terms"));
    check(form.querySelector("[value=mo]") as HTMLInputElement);
    check(form.querySelector("[value=tu]") as HTMLInputElement);
    vi.runAllTimers();
    expect(draft.value).toEqual({ income: 1200.5, applicant: { email: "a@b.c" }, outside: "too", extras: ["y"], pet: "cat", terms: true, days: ["mo", "tu"] });
    check(control("terms"), false);
    type("income", "");
    commit("income");
    expect(draft.value).toMatchObject({ terms: false });
    expect(draft.get("income")).toBeUndefined();
  });

  it("keeps digits that a number cannot hold", () => {
    const { draft } = bound('<input name="account" type="number">');
    type("account", "12345678901234567890");
    commit("account");
    expect(draft.get("account")).toBe("12345678901234567890");
  });

  it("follows names with dots, brackets, or the page's own rule", () => {
    const { draft } = bound('<input name="a.b"><input name="c[d][e]"><input name="q7"><input name="skip">', {}, {
      names: (one) => {
        if (one.name === "skip") return null;
        return one.name === "q7" ? "applicant.email" : one.name.replace(/\[(\w+)\]/g, ".$1");
      },
    });
    for (const name of ["a.b", "c[d][e]", "q7", "skip"]) type(name, name);
    vi.runAllTimers();
    expect(draft.value).toEqual({ a: { b: "a.b" }, c: { d: { e: "c[d][e]" } }, applicant: { email: "q7" } });
  });

  it("takes several controls of one name for a list", () => {
    const { draft, form } = bound('<input name="phones"><input name="phones">', { phones: ["1", "2"] });
    const second = form.querySelectorAll("input")[1] as HTMLInputElement;
    expect(second.value).toBe("2");
    second.value = "3";
    second.dispatchEvent(new Event("change", { bubbles: true }));
    expect(draft.get("phones")).toEqual(["1", "3"]);
  });

  it("takes a reset for an edit of what the draft holds", () => {
    const { draft, form } = bound('<input name="name"><input name="phone">', { name: "Ann" });
    form.reset();
    vi.runAllTimers();
    expect(draft.value).toEqual({ name: "" });
  });

  it.each([
    '<input name="x" type="password">',
    '<input name="x" autocomplete="cc-number">',
    '<input name="x" autocomplete="billing cc-csc">',
    '<input name="x" autocomplete="one-time-code">',
    '<input name="x" autocomplete="current-password">',
    '<input name="card-cvc">',
    '<input name="x" type="hidden">',
    '<input name="x" data-retoma-ignore>',
    '<div data-retoma-ignore><input name="x"></div>',
    '<input name="__proto__.x">',
    '<input name="">',
  ])("never reads or fills %s", (html) => {
    const { edits, form } = bound(html, { x: "secret", "card-cvc": "1" });
    const input = form.querySelector("input") as HTMLInputElement;
    expect(input.value).toBe("");
    input.value = "typed";
    input.dispatchEvent(new Event("change", { bubbles: true }));
    vi.runAllTimers();
    expect(edits()).toEqual([]);
  });

  it("never reads a password, also while its text is shown", () => {
    const { edits } = bound('<input name="word" type="password">');
    control("word").type = "text";
    type("word", "secret");
    vi.runAllTimers();
    expect(edits()).toEqual([]);
  });

  it("takes nothing of a form that is not its own", () => {
    const { edits } = bound('<input name="name">');
    type("stranger", "x");
    vi.runAllTimers();
    expect(edits()).toEqual([]);
  });
});

describe("news while somebody types", () => {
  it("never replaces what has the focus; it is shown when the focus goes", () => {
    const { arrive } = bound('<input name="name"><input name="other">');
    control("name").focus();
    arrive({ "/name": "Anne" });
    expect(control("name").value).toBe("");
    control("other").focus();
    expect(control("name").value).toBe("Anne");
  });

  it("never replaces text that is not saved yet", () => {
    const { arrive } = bound('<input name="name">');
    type("name", "An");
    control("name").blur();
    arrive({ "/name": "Anne" });
    expect(control("name").value).toBe("An");
  });

  it("leaves an edit with the revision that the control showed", () => {
    const { arrive, edits } = bound('<input name="name">', { name: "Ann" });
    control("name").focus();
    arrive({ "/name": "Anne" });
    type("name", "Anna");
    commit("name");
    expect(edits()).toEqual([{ op: "set", path: "/name", value: "Anna", seen: 4 }]);
  });

  it("leaves typing on after a conflict with the revision that the control showed, since it never showed the other value", async () => {
    const { arrive, edits, answer, kept } = bound('<input name="name">', { name: "Ann" });
    type("name", "Anna");
    commit("name");
    arrive({ "/name": "Anne" });
    await kept();
    await answer({ seq: 1, status: "conflict", revision: 6 });
    expect(control("name").value).toBe("Anna");
    type("name", "Annabel");
    commit("name");
    expect(edits()).toEqual([{ op: "set", path: "/name", value: "Annabel", seen: 4 }]);
  });

  it("makes no edit of a change event that tells nothing new", async () => {
    const { arrive, edits, answer, kept } = bound('<input name="name"><input name="other">');
    type("name", "Ann");
    await kept();
    await answer({ seq: 1, status: "applied", revision: 5 });
    arrive({ "/name": "Anne" });
    commit("name");
    control("other").focus();
    expect(edits()).toEqual([]);
    expect(control("name").value).toBe("Anne");
  });

  it("gives an edit the new revision once the control has shown the news", () => {
    const { arrive, edits } = bound('<input name="name"><input name="other">', { name: "Ann" });
    arrive({ "/name": "Anne" });
    type("name", "Anna");
    commit("name");
    expect(edits()).toEqual([{ op: "set", path: "/name", value: "Anna", seen: 5 }]);
  });
});

describe("a closed draft", () => {
  it("lets the person type on and throws nothing at them", () => {
    const { draft, close, edits } = bound('<input name="name">', { name: "Ann" });
    close("completed");
    type("name", "Anna");
    commit("name");
    expect([draft.state, control("name").value, edits()]).toEqual(["closed", "Anna", []]);
  });
});
