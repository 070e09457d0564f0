/** Promise: the interface of a form can be used by everybody, by keyboard, on any screen, in any page. */

import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { FormPages, ready, said } from "./form_page.js";

const AXE = new URL("../../node_modules/axe-core/axe.min.js", import.meta.url);
const pages = new FormPages();

beforeAll(() => pages.start());
afterEach(() => pages.leave());
afterAll(() => pages.stop());

const FORM = `<form><p><label for="name">Full name</label> <input id="name" name="name"></p>
  <p><label for="notes">Notes</label> <textarea id="notes" name="notes"></textarea></p><button>Send</button></form>`;
const STYLE = "<style>:root{color-scheme:light dark;font:16px/1.5 sans-serif}body{margin:12px;background:light-dark(#fff,#161616);color:light-dark(#1a1a1a,#eee)}input,textarea{font:inherit;max-width:100%}</style>";

/** A form that comes back with two answers for its name, while another device has changed its notes. */
async function everythingSaid(options: Parameters<FormPages["visit"]>[1] = {}): Promise<Page> {
  const page = await pages.visit(FORM, { head: STYLE, ...options });
  await page.locator("#name").fill("Ann");
  const other = await pages.otherDevice(page);
  await page.reload();
  await ready(page);
  await page.locator("[data-retoma=bar]").waitFor();
  await page.locator("#name").focus();
  other.set("name", "Anne");
  await page.waitForFunction("draft.get('name') === 'Anne'");
  await page.locator("#name").pressSequentially("a");
  await page.waitForFunction("draft.conflicts.length === 1");
  await page.locator("#notes").focus();
  await page.locator("[data-retoma=notice]").waitFor();
  return page;
}

/** What moves in the interface: each of its parts has a shadow root, and a document does not tell what moves in those. */
const MOVING = "[...document.querySelectorAll('[data-retoma]')].flatMap(({ shadowRoot }) => shadowRoot?.getAnimations() ?? [])";

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(AXE, "utf8"));
  // What is still fading in has not its own colours yet.
  await page.evaluate(`Promise.allSettled(${MOVING}.filter(({ effect }) => Number.isFinite(effect.getComputedTiming().endTime)).map(({ finished }) => finished))`);
  return page.evaluate("axe.run().then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join()}`))");
}

describe("everybody", () => {
  it.each([["light", "en"], ["dark", "es"]] as const)("can read it, in %s and %s", async (colorScheme, lang) => {
    const page = await everythingSaid({ colorScheme, lang });
    expect(await violations(page)).toEqual([]);
    expect(await said(page, "bar")).toContain(lang === "es" ? "Empezar de nuevo" : "Start over");
    expect(await said(page, "notice")).toMatch(lang === "es" ? /También escribiste Ann/ : /You also entered Ann/);
  });

  it("can use it on the smallest screen", async () => {
    const page = await everythingSaid({ viewport: { width: 320, height: 640 }, lang: "es", hasTouch: true });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
    const heights = await page.locator("[data-retoma] button").evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().height)));
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
  });

  it("is spared what moves, if they ask for that", async () => {
    const moved = async (reducedMotion: "reduce" | "no-preference") => {
      const page = await everythingSaid({ reducedMotion });
      // A notice moves for a quarter of a second: put back, it does so while one looks.
      return page.evaluate(`document.querySelectorAll("[data-retoma=notice]").forEach((notice) => { const { parentNode, nextSibling } = notice; notice.remove(); parentNode.insertBefore(notice, nextSibling); }), ${MOVING}.length`);
    };
    expect([await moved("reduce"), (await moved("no-preference")) as number > 0]).toEqual([0, true]);
  });
});

describe("by keyboard", () => {
  it("one chooses between two answers, and goes on in the field", async () => {
    const page = await everythingSaid();
    await page.locator("#name").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForFunction("draft.conflicts.length === 0");
    expect([await page.locator("#name").inputValue(), await page.evaluate("document.activeElement.id")]).toEqual(["Anna", "name"]);
  });

  it("one starts over, after being asked", async () => {
    const page = await pages.visit(FORM);
    await page.locator("#name").fill("Ann");
    await page.evaluate("document.activeElement.blur()");
    await page.evaluate("draft.saved()");
    await page.reload();
    await page.locator("[data-retoma=bar]").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await said(page, "bar")).toContain("Delete all your answers?");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator("#name").inputValue()).toBe("");
    await page.reload();
    await ready(page);
    expect(await page.locator("#name").inputValue()).toBe("");
  });
});

describe("somebody who is helped", () => {
  it("sees who helps them, ends it, and says that what was entered is right", async () => {
    const page = await pages.visit(FORM);
    await page.locator("#name").fill("Ann");
    await page.evaluate("document.activeElement.blur()");
    const code = (await page.evaluate("draft.handoff({ to: 'staff' }).then((handoff) => handoff.code)")) as string;
    const assisted = await pages.till("Marta", code);
    await page.locator(".helping", { hasText: "Marta is helping you." }).waitFor();
    assisted.set("notes", "from the store");
    await expect.poll(() => page.locator("#notes").inputValue()).toBe("from the store");
    await page.getByRole("button", { name: "Stop" }).click();
    await page.locator(".helping", { hasText: "Marta is helping you." }).waitFor({ state: "hidden" });
    await page.locator(".changed", { hasText: "Marta changed 1 answer." }).waitFor();
    await page.reload();
    await page.locator(".notice", { hasText: "Marta entered this." }).waitFor();
    await page.getByRole("button", { name: "That’s right" }).click();
    await page.locator(".changed", { hasText: "Marta changed 1 answer." }).waitFor({ state: "hidden" });
    await ready(page);
    expect((await page.evaluate("draft.help()") as { answers: unknown[] }).answers).toEqual([]);
    // Refused as it is typed where the till has heard of the end by now, and else as it is sent.
    const late = async (): Promise<void> => {
      assisted.set("notes", "too late");
      await assisted.flush();
    };
    await expect(late()).rejects.toThrow();
    expect(await page.locator("#notes").inputValue()).toBe("from the store");
  });
});

describe("a page", () => {
  it("that allows no styles and no scripts but its own files still has it", async () => {
    const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'; connect-src ${pages.server.url}">`;
    const page = await pages.visit(FORM, { head: policy });
    const complaints: string[] = [];
    page.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
    await page.locator("#name").fill("Ann");
    await page.locator("[data-retoma=state]").waitFor();
    expect(await page.locator("[data-retoma=state] .state").evaluate((element) => getComputedStyle(element).display)).toBe("flex");
    expect(complaints).toEqual([]);
  });

  it("gives it its own accent", async () => {
    const page = await pages.visit(FORM, { head: "<style>:root{--retoma-accent:rgb(200,0,100)}</style>" });
    await page.locator("#name").fill("Ann");
    await page.locator("[data-retoma=state]").waitFor();
    expect(await page.locator("[data-retoma=state] .mark").evaluate((element) => getComputedStyle(element).color)).toBe("rgb(200, 0, 100)");
  });

  it("speaks of what was put back to those who do not see it", async () => {
    const page = await pages.visit(FORM);
    await page.locator("#name").fill("Ann");
    await page.evaluate("document.activeElement.blur()");
    await page.evaluate("draft.saved()");
    await page.reload();
    await expect.poll(() => page.getByRole("status").innerText()).toBe("Welcome back. Your answers are here: Full name.");
  });

  it("that a handoff leads to goes on with its draft", async () => {
    const page = await pages.visit(FORM);
    await page.locator("#name").fill("Ann");
    await page.evaluate("document.activeElement.blur()");
    const link = (await page.evaluate(`draft.handoff({ url: "${pages.origin}/form" }).then((handoff) => handoff.url)`)) as string;
    await page.context().clearCookies();
    await page.evaluate("localStorage.clear()");
    await page.goto(`${pages.origin}/other#retoma=${link.slice(link.indexOf("#") + 1)}~n0nce-1234`);
    await expect.poll(() => page.locator("#name").inputValue()).toBe("Ann");
    expect(page.url()).toBe(`${pages.origin}/other`);
  });
});
