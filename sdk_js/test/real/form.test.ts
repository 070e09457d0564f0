/** Promise: in a real browser a bound form never disturbs the person who types in it, and loses nothing that they entered. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CDPSession, Page } from "playwright-core";
import { build } from "tsdown";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { FormPages, ready } from "./form_page.js";

const pages = new FormPages();

beforeAll(() => pages.start());
afterEach(() => pages.leave());
afterAll(() => pages.stop());

const FORM = `<form><label>Name <input name="name"></label><label>Notes <textarea name="notes"></textarea></label>
  <label>Plan <select name="plan"><option value="a">A<option value="b">B</select></label><button type="reset">Clear</button><button>Send</button></form>`;

const valueOf = (page: Page, name: string): Promise<string> => page.locator(`[name="${name}"]`).inputValue();

const draftSays = (page: Page, path: string, value: string): Promise<unknown> => page.waitForFunction(`draft.get(${JSON.stringify(path)}) === ${JSON.stringify(value)}`);

describe("typing", () => {
  it("keeps the caret, the selection and what undo walks through, while news fills the other fields", async () => {
    const page = await pages.visit(FORM);
    await page.locator("[name=notes]").pressSequentially("one two");
    const other = await pages.otherDevice(page);
    await page.locator("[name=notes]").press("End");
    await page.locator("[name=notes]").pressSequentially(" three");
    await page.keyboard.press("Shift+ArrowLeft");
    other.patch({ name: "Ann", plan: "b" });
    await draftSays(page, "plan", "b");
    expect([await valueOf(page, "name"), await valueOf(page, "plan")]).toEqual(["Ann", "b"]);
    const selection = await page.locator("[name=notes]").evaluate((area: HTMLTextAreaElement) => [area.selectionStart, area.selectionEnd]);
    expect(selection).toEqual([12, 13]);
    await page.keyboard.press("Control+z");
    expect(await valueOf(page, "notes")).not.toBe("one two three");
    await page.keyboard.press("Control+Shift+z");
    expect(await valueOf(page, "notes")).toBe("one two three");
  });

  it("in an input method is neither disturbed nor taken before it is composed", async () => {
    const page = await pages.visit(FORM);
    await page.locator("[name=name]").fill("x");
    const other = await pages.otherDevice(page);
    await page.locator("[name=notes]").focus();
    const session: CDPSession = await page.context().newCDPSession(page);
    await session.send("Input.imeSetComposition", { text: "に", selectionStart: 1, selectionEnd: 1 });
    other.set("notes", "elsewhere");
    await draftSays(page, "notes", "elsewhere");
    await session.send("Input.imeSetComposition", { text: "にほ", selectionStart: 2, selectionEnd: 2 });
    expect([await valueOf(page, "notes"), await page.evaluate("draft.get('notes')")]).toEqual(["にほ", "elsewhere"]);
    await session.send("Input.insertText", { text: "日本" });
    expect(await valueOf(page, "notes")).toBe("日本");
    await page.waitForFunction("draft.conflicts.length === 1");
    expect(await page.evaluate("draft.conflicts[0].arriving.value")).toBe("日本");
  });

  it("is offered a newer value, and can undo having taken it", async () => {
    const page = await pages.visit(FORM);
    await page.locator("[name=notes]").pressSequentially("mine");
    const other = await pages.otherDevice(page);
    await page.locator("[name=notes]").focus();
    other.set("notes", "theirs");
    await page.getByRole("button", { name: "Use it" }).click();
    expect(await valueOf(page, "notes")).toBe("theirs");
    expect(await page.evaluate("document.activeElement.name")).toBe("notes");
    await page.keyboard.press("Control+z");
    expect(await valueOf(page, "notes")).toBe("mine");
    await page.keyboard.press("Tab");
    await draftSays(page, "notes", "mine");
    expect(await page.evaluate("draft.conflicts.length")).toBe(0);
  });
});

describe("a page", () => {
  it("fills and keeps what is added later, and the text of an editable element", async () => {
    const page = await pages.visit(`<form>${FORM.slice(6, -7)}<div contenteditable data-retoma-name="letter" aria-label="Letter" role="textbox"></div></form>`);
    await page.locator("[contenteditable]").pressSequentially("Dear");
    await page.keyboard.press("Enter");
    await page.locator("[contenteditable]").pressSequentially("all");
    await page.evaluate(`document.querySelector("form").insertAdjacentHTML("beforeend", '<input name="late">')`);
    await page.locator("[name=late]").fill("too");
    await page.evaluate("document.activeElement.blur()");
    await page.evaluate("draft.saved()");
    await page.reload();
    await ready(page);
    await expect.poll(() => page.locator("[contenteditable]").innerText()).toBe("Dear\nall");
    await page.evaluate(`document.querySelector("form").insertAdjacentHTML("beforeend", '<input name="late">')`);
    await expect.poll(() => valueOf(page, "late")).toBe("too");
  });

  it("takes a click on its reset button for an edit", async () => {
    const page = await pages.visit(FORM);
    await page.locator("[name=name]").fill("Ann");
    await page.getByRole("button", { name: "Clear" }).click();
    await draftSays(page, "name", "");
  });

  it("keeps its step", async () => {
    const page = await pages.visit(`<form><section data-retoma-step="you"><input name="name"></section>
      <section data-retoma-step="home" hidden><input name="price"></section></form>`);
    await page.locator("[name=name]").fill("Ann");
    await page.evaluate(`document.querySelectorAll("section").forEach((one) => (one.hidden = one.dataset.retomaStep !== "home"))`);
    await page.locator("[name=price]").fill("1");
    await page.evaluate("document.activeElement.blur()");
    await page.evaluate("draft.saved()");
    await page.reload();
    await expect.poll(() => page.locator("[name=price]").isVisible()).toBe(true);
    expect(await page.locator("[name=name]").isVisible()).toBe(false);
  });
});

describe("a native submit", () => {
  it("carries the draft's id, and what was typed last is on the server", async () => {
    const page = await pages.visit(FORM.replace("<form>", '<form action="/sent">'));
    await page.locator("[name=name]").fill("A");
    await page.evaluate("document.activeElement.blur()");
    await page.evaluate("draft.saved()");
    const other = await pages.otherDevice(page);
    await page.locator("[name=notes]").fill("last words");
    await page.getByRole("button", { name: "Send" }).click();
    await page.waitForURL(/\/sent\?/);
    expect(new URL(page.url()).searchParams.get("retoma_draft")).toBe(other.id);
    await expect.poll(() => other.get("notes")).toBe("last words");
  });

  it("is never blocked by a server that does not answer", async () => {
    const page = await pages.visit(FORM.replace("<form>", '<form action="/sent">'));
    await page.context().route(`${pages.server.url}/**`, () => undefined);
    await page.locator("[name=name]").fill("Ann");
    await page.getByRole("button", { name: "Send" }).click();
    await page.waitForURL(/\/sent\?name=Ann/);
    expect(new URL(page.url()).searchParams.has("retoma_draft")).toBe(false);
  });
});

describe("a form in React", () => {
  it("learns of restored values in its own state, in every kind of control", async () => {
    const script = await bundled(REACT);
    const html = (): string => `<!doctype html><div id="root"></div><script type="module">${script}</script><script type="module">
      import { bindForm, createRetoma } from "/sdk/retoma.js";
      while (document.querySelector("form") === null) await new Promise((done) => requestAnimationFrame(done));
      const retoma = createRetoma({ url: "${pages.server.url}", publishableKey: "${pages.server.publishableKey}" });
      bindForm(retoma.draft("react"), document.querySelector("form"));
      window.draft = retoma.draft("react");</script>`;
    const page = await pages.open(html());
    await page.locator("[name=name]").fill("Ann");
    await page.locator("[name=terms]").check();
    await page.locator("[value=dog]").check();
    await page.locator("[name=plan]").selectOption("b");
    await page.evaluate("document.activeElement.blur()");
    await page.evaluate("draft.saved()");
    await page.reload();
    await expect.poll(() => page.locator("output").innerText()).toBe(JSON.stringify({ name: "Ann", terms: true, pet: "dog", plan: "b" }));
  });
});

const REACT = `import { createElement as h, useState } from "react";
import { createRoot } from "react-dom/client";
function Form() {
  const [state, change] = useState({ name: "", terms: false, pet: "cat", plan: "a" });
  const put = (key, value) => change((before) => ({ ...before, [key]: value }));
  const pet = (value) => h("input", { key: value, type: "radio", name: "pet", value, checked: state.pet === value, onChange: () => put("pet", value) });
  return h("form", null,
    h("input", { name: "name", value: state.name, onChange: (event) => put("name", event.target.value) }),
    h("input", { name: "terms", type: "checkbox", checked: state.terms, onChange: (event) => put("terms", event.target.checked) }),
    pet("cat"), pet("dog"),
    h("select", { name: "plan", value: state.plan, onChange: (event) => put("plan", event.target.value) }, h("option", null, "a"), h("option", null, "b")),
    h("output", null, JSON.stringify(state)));
}
createRoot(document.querySelector("#root")).render(h(Form));`;

/** A script with all that it imports, as it may stand in a page. */
async function bundled(source: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "retoma-react-"));
  await writeFile(join(folder, "page.js"), source);
  const env = { "process.env.NODE_ENV": '"production"' };
  const resolve = { modules: [new URL("../../node_modules", import.meta.url).pathname] };
  const shared = { config: false, logLevel: "silent", platform: "browser", format: "esm", dts: false, minify: true, define: env } as const;
  await build({ ...shared, entry: [join(folder, "page.js")], outDir: join(folder, "out"), noExternal: [/.*/], inputOptions: { resolve }, outExtensions: () => ({ js: ".js" }) });
  const text = await readFile(join(folder, "out", "page.js"), "utf8");
  await rm(folder, { recursive: true });
  return text.replaceAll("</script", "<\\/script");
}
