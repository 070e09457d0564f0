// @vitest-environment happy-dom
/** Promise: whatever a form is made of, nothing entered is lost, nothing secret is kept, and no step is forgotten. */

import { afterEach, describe, expect, it } from "vitest";
import { bindForm } from "../src/form/index.js";
import { waiting } from "../src/rebasing.js";
import type { Json } from "../src/wire.js";
import { another, bindings, check, commit, control, type } from "./form_setting.js";

const { bound, unbindAll } = bindings();

afterEach(unbindAll);

/** Mutations are told after the turn in which they were made. */
const turn = (): Promise<void> => new Promise((done) => setTimeout(done));

const compose = (name: string, event: string): unknown => control(name).dispatchEvent(new CompositionEvent(event, { bubbles: true }));

describe("editable text", () => {
  const editable = '<div contenteditable="true" data-retoma-name="letter.text"></div>';
  const letter = (): HTMLElement => document.querySelector("[contenteditable]") as HTMLElement;

  it("is restored as text, never as markup", () => {
    bound(editable, { letter: { text: "<img src=x>" } });
    expect([letter().textContent, letter().childElementCount]).toEqual(["<img src=x>", 0]);
  });

  it("is kept as it is typed", () => {
    const { draft } = bound(editable);
    letter().textContent = "Dear all";
    letter().dispatchEvent(new Event("input", { bubbles: true }));
    expect(draft.value).toEqual({ letter: { text: "Dear all" } });
  });
});

describe("a value that its control cannot show", () => {
  it("waits for the option that shows it", async () => {
    const { form } = bound('<select name="city"><option value="">-</option></select>', { city: "vigo" });
    const select = form.querySelector("select") as HTMLSelectElement;
    expect(select.value).toBe("");
    select.insertAdjacentHTML("beforeend", '<option value="vigo">Vigo</option>');
    await turn();
    expect(select.value).toBe("vigo");
  });

  it.each([
    ['<select name="x"><option value="a">A<option value="b">B</select>', "gone", "b"],
    ['<input name="x">', ["one", "two"], "b"],
    ['<input name="x" type="date">', "tomorrow", "2026-01-02"],
  ])("is not taken for seen by an edit: %s", (html, value, entered) => {
    const { edits } = bound(html, { x: value });
    type("x", entered);
    expect(edits()).toEqual([{ op: "set", path: "/x", value: entered, seen: 0 }]);
  });

  it("is replaced knowingly by staff, to whom it is masked", () => {
    const { edits } = bound('<input name="x">', { x: { $masked: true, hint: "A…" } });
    type("x", "Anna");
    expect(edits()).toMatchObject([{ op: "set", path: "/x", value: "Anna", seen: 4 }]);
  });

  it("is seen where it only stands in another form", () => {
    const { edits } = bound('<input name="x" type="number">', { x: "12" });
    type("x", "13");
    expect(edits()).toEqual([{ op: "set", path: "/x", value: 13, seen: 4 }]);
  });

  it("ticks no box of a group for one that was ticked alone, and fills only the first of several texts", () => {
    const { form } = bound('<input type="checkbox" name="days" value="mo"><input type="checkbox" name="days" value="tu"><input name="p"><input name="p">', { days: true, p: "1" });
    expect([...form.querySelectorAll<HTMLInputElement>("[name=days]")].map((box) => box.checked)).toEqual([false, false]);
    expect([...form.querySelectorAll<HTMLInputElement>("[name=p]")].map((one) => one.value)).toEqual(["1", ""]);
  });
});

describe("composing", () => {
  it("makes no edit before it ends", () => {
    const { edits } = bound('<input name="name">');
    control("name").focus();
    compose("name", "compositionstart");
    type("name", "に");
    expect(edits()).toEqual([]);
    type("name", "日本");
    compose("name", "compositionend");
    expect(edits()).toMatchObject([{ value: "日本" }]);
  });

  it("is never written into", () => {
    const { arrive } = bound('<input name="name">');
    type("name", "に");
    compose("name", "compositionstart");
    arrive({ "/name": "Anne" });
    expect(control("name").value).toBe("に");
  });

  it("loses nothing when the page goes away meanwhile", () => {
    const { edits } = bound('<input name="name">');
    control("name").focus();
    compose("name", "compositionstart");
    type("name", "に");
    window.dispatchEvent(new Event("pagehide"));
    expect(edits()).toMatchObject([{ value: "に" }]);
  });
});

describe("secrets", () => {
  it.each(["cardNumber", "card[number]", "credit_card", "cc-exp", "ccnum", "user.passwd", "cvv2", "sms_otp", "PIN", "csrf_token", "_csrf", "authenticity_token", "one_time_code"])(
    "are known by the name %s",
    (name) => {
      const { edits } = bound(`<input name="${name}">`);
      type(name, "123");
      expect(edits()).toEqual([]);
    },
  );

  it.each(["spinner", "opinion", "postcard", "discard", "card_colour", "passenger", "pinned"])("are not seen in the name %s", (name) => {
    const { edits } = bound(`<input name="${name}">`);
    type(name, "123");
    expect(edits()).toHaveLength(1);
  });

  it("are none where the page names the path itself", () => {
    const { draft } = bound('<input name="card_number" data-retoma-name="loyalty.number">');
    type("card_number", "7");
    expect(draft.value).toEqual({ loyalty: { number: "7" } });
  });
});

describe("names that cannot be kept", () => {
  const told = (html: string): { problems: string[]; names: unknown[]; here: ReturnType<typeof bound> } => {
    const problems: string[] = [];
    const names: unknown[] = [];
    const here = bound(html, {}, { onProblem: (problem) => void (problems.push(problem.code), names.push(problem.facts["name"])) });
    return { problems, names, here };
  };

  it("are told once each, and never reach a prototype", () => {
    const { problems, names, here } = told('<input name="__proto__.polluted"><input name="a[constructor]"><input name="lines[][x]"><input name="ok">');
    for (const name of ["__proto__.polluted", "a[constructor]", "lines[][x]", "ok"]) type(name, "1");
    expect(problems).toEqual(["forbidden-key", "forbidden-key", "invalid-path"]);
    expect(names).toEqual(["__proto__.polluted", "a[constructor]", "lines[][x]"]);
    expect(here.draft.value).toEqual({ ok: "1" });
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("are told where controls of different kinds share one; the first is kept", () => {
    const { problems, here } = told('<input name="x"><input name="x" type="checkbox">');
    type("x", "text");
    check(document.querySelectorAll<HTMLInputElement>("[name=x]")[1] as HTMLInputElement);
    expect([problems, here.draft.value]).toEqual([["mixed-name"], { x: "text" }]);
  });

  it("are told where one lies below another; the first is kept", () => {
    const { problems, here } = told('<input name="a"><input name="a.b"><input name="c.d"><input name="c">');
    for (const name of ["a", "a.b", "c.d", "c"]) type(name, name);
    expect([problems, here.draft.value]).toEqual([["path-collision", "path-collision"], { a: "a", c: { d: "c.d" } }]);
  });

  it("leave several texts of one name in a list", () => {
    const { problems, here } = told('<input name="p"><input name="p">');
    type("p", "1");
    expect([problems, here.draft.value]).toEqual([[], { p: ["1", ""] }]);
  });

  it("number the rows of a table as keys of an object", () => {
    const { here } = told('<input name="lines[0].sku"><input name="lines[1].sku">');
    type("lines[1].sku", "A");
    expect(here.draft.value).toEqual({ lines: { 1: { sku: "A" } } });
  });
});

describe("a page that changes", () => {
  it("fills what is added later, within the form and outside of it, and keeps what is typed there", async () => {
    const { form, draft } = bound("", { late: "yes", far: "too" });
    form.insertAdjacentHTML("beforeend", '<p><input name="late"></p>');
    document.body.insertAdjacentHTML("beforeend", '<input name="far" form="f">');
    await turn();
    expect([control("late").value, control("far").value]).toEqual(["yes", "too"]);
    type("late", "no");
    expect(draft.get("late")).toBe("no");
  });

  it("never loses what one of several pages does not have", () => {
    const { draft, form } = bound('<input name="name">', { name: "Ann", other: "page" });
    type("name", "");
    form.reset();
    form.dispatchEvent(new Event("submit", { cancelable: true }));
    expect(draft.value).toEqual({ name: "", other: "page" });
  });

  it("shows in every form what is typed in one", () => {
    const { draft } = bound('<input name="name">');
    document.body.insertAdjacentHTML("beforeend", '<form id="g"><input name="name" id="second"></form>');
    const unbind = bindForm(draft, document.querySelector<HTMLFormElement>("#g"), { ui: false });
    type("name", "Ann");
    expect(document.querySelector<HTMLInputElement>("#second")?.value).toBe("Ann");
    unbind();
  });
});

describe("a refused edit", () => {
  it("stays in its control, which says something that is not saved", async () => {
    const { draft, kept, answer } = bound('<input name="memo"><input name="other">', { memo: "before" });
    type("memo", "4111 1111 1111 1111");
    await kept();
    await answer({ seq: 1, status: "rejected", revision: 4, code: "payment-data-refused" });
    control("other").focus();
    expect([draft.get("memo"), control("memo").value]).toEqual(["before", "4111 1111 1111 1111"]);
    type("memo", "fine");
    expect(draft.get("memo")).toBe("fine");
  });
});

const STEPS = `<section data-retoma-step="you"><input name="name"></section>
  <section data-retoma-step="home" hidden><input name="price"></section>`;
const shownStep = (): string[] => [...document.querySelectorAll<HTMLElement>("[data-retoma-step]")].filter((one) => !one.hidden).map((one) => one.dataset["retomaStep"] ?? "");

function walk(to: string): void {
  for (const one of document.querySelectorAll<HTMLElement>("[data-retoma-step]")) one.hidden = one.dataset["retomaStep"] !== to;
}

describe("steps", () => {
  it("are taken up where the person was", () => {
    const { edits } = bound(STEPS, { name: "Ann" }, { position: { step: "home" } });
    expect([shownStep(), edits()]).toEqual([["home"], []]);
  });

  it("are brought on screen by the page itself, where it does that", () => {
    const asked: string[] = [];
    const hear = (event: Event): void => {
      asked.push((event as CustomEvent<{ step: string }>).detail.step);
      event.preventDefault();
    };
    document.addEventListener("retoma-step", hear, { once: true });
    bound(STEPS, { name: "Ann" }, { position: { step: "home" } });
    expect([asked, shownStep()]).toEqual([["home"], ["you"]]);
  });

  it("are remembered as the page shows them", async () => {
    const { draft } = bound(STEPS, { name: "Ann" });
    walk("home");
    await turn();
    expect(draft.position?.step).toBe("home");
  });

  it("are not moved under the person's hands by another device", async () => {
    const { arrive } = bound(STEPS, { name: "Ann" });
    type("name", "Anna");
    arrive({}, { position: { step: "home" } });
    expect(shownStep()).toEqual(["you"]);
  });

  it("come back where the page's own script begins later than the draft", async () => {
    const { edits } = bound(STEPS, { name: "Ann" }, { position: { step: "home" } });
    walk("you");
    await turn();
    expect([shownStep(), edits()]).toEqual([["home"], []]);
    document.dispatchEvent(new Event("pointerdown"));
    walk("you");
    await turn();
    expect([shownStep(), edits()]).toEqual([["you"], [{ op: "position", step: "you" }]]);
  });

  it("that are no part of this page leave it as it is", () => {
    const { edits } = bound(STEPS, {}, { position: { step: "elsewhere" } });
    expect([shownStep(), edits()]).toEqual([["you"], []]);
  });
});

describe("a native submit", () => {
  it("tells the draft's id, which leaves with the binding", () => {
    const { form, unbind } = bound('<input name="name">');
    expect(new FormData(form).get("retoma_draft")).toBe("dr_1");
    unbind();
    expect(new FormData(form).has("retoma_draft")).toBe(false);
  });
});

describe("a page without the form", () => {
  it("says so", () => {
    const { draft } = bound("");
    expect(() => bindForm(draft, null)).toThrow(TypeError);
  });
});

it("ignores what a restoring event makes the page's scripts do", () => {
  const { arrive, edits } = bound('<input name="name"><input name="other" value="computed">');
  control("name").addEventListener("change", () => commit("other"));
  arrive({ "/name": "Ann" });
  expect(edits()).toEqual([]);
});

describe("a card number in a field that was made for other text", () => {
  const CARD = "4111 1111 1111 1111";

  it("never leaves the page, and takes what was typed of it until then away again", () => {
    const { draft, edits } = bound('<textarea name="note"></textarea>');
    type("note", "my card is 4111 1111 1111 111");
    type("note", `my card is ${CARD}`);
    expect(edits()).toEqual([{ op: "unset", path: "/note", seen: 4 }]);
    expect([draft.value, control("note").value]).toEqual([{}, `my card is ${CARD}`]);
  });

  it("is left where the person typed it, whatever arrives meanwhile, and the rest is kept once it is out", () => {
    const { draft, arrive } = bound('<textarea name="note"></textarea>', { note: "ring twice" });
    type("note", `ring twice, ${CARD}`);
    commit("note");
    control("note").blur();
    arrive({ "/note": "ring once" });
    expect(control("note").value).toBe(`ring twice, ${CARD}`);
    type("note", "ring twice, please");
    expect(draft.value).toEqual({ note: "ring twice, please" });
  });

  it("is kept where the page says that it only looks like one", () => {
    const { draft } = bound('<input name="loyalty" data-retoma-lookalike>');
    type("loyalty", "4111111111111111");
    expect(draft.value).toEqual({ loyalty: "4111111111111111" });
  });
});

describe("a form whose draft becomes the customer's while it is filled in", () => {
  const turned = (data: Json) => {
    const setting = bound('<input name="name"><input name="city">', { name: "Ann", city: "Vigo" });
    control("name").focus();
    const theirs = another(data);
    setting.draft.turn(theirs.acting);
    return { ...setting, edits: () => waiting(theirs.acting.syncing.state).map((step) => step.wire) };
  };

  it("replaces nothing that its person has not seen", () => {
    const { edits } = turned({ name: "Eva", city: "Lugo" });
    expect([control("name").value, control("city").value]).toEqual(["Ann", "Lugo"]);
    type("name", "Anna");
    type("city", "Ourense");
    expect(edits()).toMatchObject([{ path: "/name", value: "Anna", seen: 0 }, { path: "/city", value: "Ourense", seen: 4 }]);
  });

  it("goes on as having seen what both hold", () => {
    const { edits } = turned({ name: "Ann" });
    type("name", "Anna");
    expect(edits()).toMatchObject([{ path: "/name", value: "Anna", seen: 4 }]);
  });

  it("hands over what was typed while the draft took nothing", async () => {
    const { draft, close } = bound('<input name="name">', { name: "Ann" });
    await close("merged");
    type("name", "Anna");
    const theirs = another({ name: "Ann" });
    draft.turn(theirs.acting);
    expect(draft.value).toEqual({ name: "Anna" });
    expect(control("name").value).toBe("Anna");
  });
});
