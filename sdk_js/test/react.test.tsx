// @vitest-environment happy-dom
// @vitest-environment-options {"settings": {"fetch": {"disableSameOriginPolicy": true}}}
/** Promise: components show the draft and save what is entered, once each, also where React renders twice. */

import { type ReactElement, StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Draft, Retoma } from "../src/index.js";
import { RetomaProvider, useDraft, useDraftField, useDraftForm, useHandoff, useSaveStatus } from "../src/react/index.js";
import { json, problem } from "./server.js";
import { setting } from "./setting.js";

interface Mortgage {
  name: string;
  income: number;
  terms: boolean;
}

const here = setting();
let root: Root;
let retoma: Retoma;
let draft: Draft<Mortgage> | null = null;

beforeEach(() => {
  document.body.innerHTML = "<div id='root'></div>";
  root = createRoot(document.querySelector("#root") as HTMLElement);
  retoma = here.connect();
  draft = null;
});

afterEach(() => root.unmount());

function show(child: ReactElement): Promise<void> {
  root.render(<StrictMode><RetomaProvider client={retoma}>{child}</RetomaProvider></StrictMode>);
  return vi.waitFor(() => expect(draft).not.toBeNull());
}

const input = (name: string): HTMLInputElement => document.getElementsByName(name)[0] as HTMLInputElement;

/** As a person types: past React's own setter, with the event that React listens to. */
function type(name: string, text: string): void {
  input(name).focus();
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set?.call(input(name), text);
  input(name).dispatchEvent(new Event("input", { bubbles: true }));
}

function Text({ path }: { readonly path: "name" | "income" }): ReactElement {
  const { inputProps, isBehind } = useDraftField(draft, path);
  return <label data-behind={isBehind}><input name={path} type={path === "income" ? "number" : "text"} {...inputProps} /></label>;
}

function Form(): ReactElement {
  const used = useDraft<Mortgage>("mortgage");
  draft = used.draft;
  const terms = useDraftField(used.draft, "terms");
  return (
    <>
      <Text path="name" />
      <Text path="income" />
      <input type="checkbox" name="terms" {...terms.checkboxProps} />
      <output>{used.isReady ? JSON.stringify(used.value) : "loading"}</output>
      <button onClick={used.restart}>{used.status}</button>
    </>
  );
}

const output = (): string | null | undefined => document.querySelector("output")?.textContent;

describe("a form of controlled inputs", () => {
  it("asks the server nothing for a new visitor until the first edit", async () => {
    await show(<Form />);
    await vi.waitFor(() => expect(output()).toBe("{}"));
    expect(here.server.heard).toEqual([]);
    type("name", "Ann");
    await draft?.saved();
    expect(here.server.data).toEqual({ name: "Ann" });
  });

  it("sends each edit once, though StrictMode mounts everything twice", async () => {
    await show(<Form />);
    type("income", "1200");
    input("terms").click();
    input("income").blur();
    await draft?.saved();
    const sent = here.server.of(/changes/).flatMap((request) => request.body.changes).flatMap((change) => change.ops);
    expect(sent).toMatchObject([{ path: "/income", value: 1200 }, { path: "/terms", value: true }]);
    expect(here.server.of(/POST .v1.drafts$/)).toHaveLength(1);
  });

  it("shows what another device writes, except over what has the focus", async () => {
    await show(<Form />);
    type("name", "Ann");
    await draft?.saved();
    await vi.waitFor(() => expect(here.server.streams).toBe(1));
    here.server.write("/income", 900);
    here.server.write("/name", "Anne");
    await vi.waitFor(() => expect(input("income").value).toBe("900"));
    expect([input("name").value, input("name").closest("label")?.dataset["behind"]]).toEqual(["Ann", "true"]);
    input("name").blur();
    await vi.waitFor(() => expect(input("name").value).toBe("Anne"));
  });

  it("says what its author had seen, when they type over something that they had not", async () => {
    await show(<Form />);
    type("name", "Ann");
    await draft?.saved();
    await vi.waitFor(() => expect(here.server.streams).toBe(1));
    const before = draft?.revision ?? 0;
    here.server.write("/name", "Anne");
    await vi.waitFor(() => expect(draft?.get("name")).toBe("Anne"));
    type("name", "Anna");
    await draft?.saved();
    const sent = here.server.of(/changes/).flatMap((request) => request.body.changes).flatMap((change) => change.ops);
    expect(sent.at(-1)).toMatchObject({ value: "Anna", seen: before });
  });

  it("goes on with a fresh draft after the old one is completed", async () => {
    await show(<Form />);
    type("name", "Ann");
    await draft?.complete();
    await vi.waitFor(() => expect(document.querySelector("button")?.textContent).toBe("completed"));
    here.server.hold({ id: "dr_2" });
    document.querySelector("button")?.click();
    await vi.waitFor(() => expect(output()).toBe("{}"));
    expect(input("name").value).toBe("");
  });

  it("stops listening when it is unmounted", async () => {
    await show(<Form />);
    type("name", "Ann");
    await draft?.saved();
    const last = draft;
    root.render(null);
    await vi.waitFor(() => expect(output()).toBeUndefined());
    last?.set("name", "Anna");
    expect(last?.get("name")).toBe("Anna");
  });
});

describe("a plain form in a component", () => {
  function Plain(): ReactElement {
    const used = useDraft<Mortgage>("mortgage");
    draft = used.draft;
    return <form ref={useDraftForm(used.draft, { ui: false })}><input name="name" /></form>;
  }

  it("restores and saves by itself, and is bound once", async () => {
    here.kept.set("retoma.visitor.pk_1", "vt_1");
    here.server.hold({ data: { name: "Ann" }, revision: 1 });
    await show(<Plain />);
    await vi.waitFor(() => expect(input("name").value).toBe("Ann"));
    type("name", "Anna");
    input("name").blur();
    await draft?.saved();
    expect(here.server.of(/changes/)).toHaveLength(1);
    expect(here.server.data).toEqual({ name: "Anna" });
  });

  it("shows nothing any more of somebody who has signed out", async () => {
    await show(<Plain />);
    type("name", "Ann");
    input("name").blur();
    await draft?.saved();
    const left = draft;
    await retoma.signOut();
    await vi.waitFor(() => expect([input("name").value, draft === left || draft === null]).toEqual(["", false]));
    type("name", "Bea");
    input("name").blur();
    await vi.waitFor(() => expect(here.server.of(/changes/)).toHaveLength(2));
    expect(here.server.of(/changes/)[1]?.body.changes).toMatchObject([{ ops: [{ path: "/name", value: "Bea" }] }]);
  });
});

describe("a save indicator", () => {
  function Indicator(): ReactElement {
    const used = useDraft<Mortgage>("mortgage");
    draft = used.draft;
    return <output>{useSaveStatus(used.draft)}</output>;
  }

  it("shows saving at once, and saved when nothing has changed for a moment", async () => {
    await show(<Indicator />);
    const shown: (string | null | undefined)[] = [];
    const watching = new MutationObserver(() => shown.push(output()));
    watching.observe(document.body, { subtree: true, characterData: true, childList: true });
    for (const name of ["A", "An", "Ann"]) {
      draft?.set("name", name);
      await vi.waitFor(() => expect(output()).toBe("saving"));
      await draft?.saved();
    }
    await vi.waitFor(() => expect(output()).toBe("saved"));
    watching.disconnect();
    expect(shown.filter((state) => state === "saved")).toHaveLength(1);
  });
});

describe("after a sign-out", () => {
  let token: string | null = "ct_a";
  const rendered: string[] = [];

  function Watched(): ReactElement {
    const { value, isReady } = useDraft<Mortgage>("mortgage");
    rendered.push(`${isReady} ${value.name}`);
    return <Form />;
  }

  beforeEach(async () => {
    token = "ct_a";
    retoma = here.connect({ getToken: () => token });
    here.server.hold({ data: { name: "Ann" }, revision: 1 });
    await show(<Watched />);
    await vi.waitFor(() => expect(rendered.at(-1)).toBe("true Ann"));
    rendered.length = 0;
  });

  /** From now on the server speaks with Bea, if she is there. */
  function give(next: string | null): void {
    token = next;
    here.server.hold({ id: "dr_2", customer: "cu_2", data: { name: "Bea" }, revision: 1 });
  }

  it("a component that goes on being there is empty, and shows whoever comes next", async () => {
    const left = draft;
    give("ct_b");
    await retoma.signOut();
    await vi.waitFor(() => expect(rendered.at(-1)).toBe("true Bea"));
    expect(rendered[rendered.lastIndexOf("true Ann") + 1]).toBe("false undefined");
    expect([input("name").value, draft === left, document.querySelector("button")?.textContent]).toEqual(["Bea", false, "open"]);
    type("name", "Bee");
    await draft?.saved();
    expect(here.server.of(/dr_2.changes/)[0]?.headers["authorization"]).toBe("Bearer ct_b");
  });

  it("it finds whoever signs in much later", async () => {
    give(null);
    await retoma.signOut();
    await vi.waitFor(() => expect(rendered.at(-1)).toBe("true undefined"));
    await vi.waitFor(() => expect(retoma.status).toBe("needs-auth"));
    token = "ct_b";
    window.dispatchEvent(new Event("online"));
    await vi.waitFor(() => expect(rendered.at(-1)).toBe("true Bea"), 3000);
  });

  it("a component that comes later begins empty", async () => {
    await show(<p />);
    await vi.waitFor(() => expect(output()).toBeUndefined());
    give("ct_b");
    await retoma.signOut();
    await show(<Watched />);
    await vi.waitFor(() => expect(rendered.at(-1)).toBe("true Bea"));
    expect([rendered[0], rendered.filter((each) => each.includes("Ann"))]).toEqual(["false undefined", []]);
  });

  it("in another tab, the next visitor finds nothing", async () => {
    retoma = here.connect();
    here.server.hold({});
    await show(<Watched />);
    await vi.waitFor(() => expect(rendered.at(-1)).toBe("true undefined"));
    type("name", "Ann");
    await draft?.saved();
    await vi.waitFor(() => expect(rendered.at(-1)).toBe("true Ann"));
    const left = draft;
    await here.connect().signOut();
    window.dispatchEvent(new Event("storage"));
    await vi.waitFor(() => expect([rendered.at(-1), draft === left]).toEqual(["true undefined", false]));
    await new Promise((done) => setTimeout(done, 100));
    expect([rendered.at(-1), draft?.value, input("name").value]).toEqual(["true undefined", {}, ""]);
    expect(here.server.of(/visitors/)).toHaveLength(1);
  });
});

describe("a handoff", () => {
  function Passing(): ReactElement {
    draft = useDraft<Mortgage>("mortgage").draft;
    const { state, handoff, waiting, begin, end } = useHandoff(draft);
    const choices = waiting?.choices.map((digits) => <button key={digits} onClick={() => void waiting.confirm(digits)}>{digits}</button>);
    return <><output>{state} {handoff?.url}</output><button onClick={begin}>begin</button><button onClick={end}>end</button>{choices}</>;
  }
  const press = (name: string): void => [...document.querySelectorAll("button")].find((button) => button.textContent === name)?.click();

  it("is made when asked for, tells when it is redeemed, and can be ended", async () => {
    await show(<Passing />);
    await vi.waitFor(() => expect(output()).toBe("none "));
    expect(here.server.heard).toEqual([]);
    press("begin");
    await vi.waitFor(() => expect(output()).toBe("ready https://retoma.example/r#ho_1"));
    await vi.waitFor(() => expect(here.server.streams).toBe(1));
    here.server.tell("handoff-redeemed", { type: "handoff-redeemed", draft: "dr_1", handoff: "ho_1" });
    await vi.waitFor(() => expect(output()).toContain("redeemed"));
    press("end");
    await vi.waitFor(() => expect(here.server.of(/DELETE .v1.handoffs.ho_1/)).toHaveLength(1));
    expect(output()).toBe("none ");
  });

  it("lets the digits be picked that another device shows, and is over where they are wrong", async () => {
    await show(<Passing />);
    press("begin");
    await vi.waitFor(() => expect(output()).toContain("ready"));
    await vi.waitFor(() => expect(here.server.streams).toBe(1));
    const offer = { id: "ho_1", to: "device", device: "iPhone", expires_at: "2026-11-28T10:10:00.000Z", choices: ["17", "42", "80"] };
    here.server.disturb(/GET .*handoffs/, (_request, response) => json(response, 200, { items: [offer] }));
    here.server.tell("handoff-waiting", { type: "handoff-waiting", draft: "dr_1", handoff: "ho_1" });
    await vi.waitFor(() => expect(document.querySelectorAll("button")).toHaveLength(5));
    here.server.disturb(/POST .*confirm/, (_request, response) => json(response, 200, {}));
    press("42");
    expect((await here.server.request(/POST .v1.handoffs.ho_1.confirm/)).body).toEqual({ digits: "42" });
    here.server.tell("handoff-revoked", { type: "handoff-revoked", draft: "dr_1", handoff: "ho_1" });
    await vi.waitFor(() => expect(output()).toBe("none "));
    expect(document.querySelectorAll("button")).toHaveLength(2);
  });

  it("that another device has by then waits for no digits", async () => {
    await show(<Passing />);
    press("begin");
    await vi.waitFor(() => expect(output()).toContain("ready"));
    await vi.waitFor(() => expect(here.server.streams).toBe(1));
    let answer = (): void => undefined;
    const offer = { id: "ho_1", to: "device", device: null, expires_at: "2026-11-28T10:10:00.000Z", choices: ["17", "42", "80"] };
    here.server.disturb(/GET .*handoffs/, (_request, response) => void (answer = () => json(response, 200, { items: [offer] })));
    here.server.tell("handoff-waiting", { type: "handoff-waiting", draft: "dr_1", handoff: "ho_1" });
    await here.server.request(/GET .*handoffs/);
    here.server.tell("handoff-redeemed", { type: "handoff-redeemed", draft: "dr_1", handoff: "ho_1" });
    await vi.waitFor(() => expect(output()).toContain("redeemed"));
    answer();
    await new Promise((done) => setTimeout(done, 30));
    expect(output()).toContain("redeemed");
  });

  it("is shown no more once its customer has signed out", async () => {
    await show(<Passing />);
    press("begin");
    await vi.waitFor(() => expect(output()).toContain("ready"));
    await retoma.signOut();
    await vi.waitFor(() => expect(output()).toBe("none "));
  });

  it("that fails says so", async () => {
    await show(<Passing />);
    await vi.waitFor(() => expect(output()).toBe("none "));
    here.server.disturb(/POST .*handoffs/, problem(422, "url-not-allowed"));
    press("begin");
    await vi.waitFor(() => expect(output()).toBe("failed "));
  });
});
