/** Promise: components go on through a sign-in as if nothing had happened, and show nobody what somebody else has entered. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { build } from "tsdown";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DraftPages, holds, run } from "./draft_page.js";
import type { Shown } from "./react_sign_in_page.js";

let script = "";
const pages = new DraftPages(undefined, (url, key) => `<!doctype html><title>React</title><script type="module">${script}
  begin("${url}", "${key}");</script>`);

beforeAll(async () => {
  script = await bundled();
  await pages.start();
});
afterEach(() => pages.leave());
afterAll(() => pages.stop());

/** The page with all that it needs, as React's developers run it: with every warning. */
async function bundled(): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), "retoma-react-"));
  const entry = { page: new URL("react_sign_in_page.tsx", import.meta.url).pathname };
  const env = { define: { "process.env.NODE_ENV": '"development"' } };
  await build({ config: false, logLevel: "silent", platform: "browser", format: "esm", dts: false, entry, outDir, ...env, noExternal: [/.*/], outputOptions: { codeSplitting: false }, outExtensions: () => ({ js: ".js" }) });
  const code = await readFile(join(outDir, "page.js"), "utf8");
  await rm(outDir, { recursive: true });
  return code.replaceAll("</script", "<\\/script");
}

/** A tab, and what its console has complained of. */
async function visit(device: BrowserContext, process: string) {
  const tab = await device.newPage();
  const complaints: string[] = [];
  tab.on("console", (message) => ["warning", "error"].includes(message.type()) && complaints.push(message.text()));
  tab.on("pageerror", (error) => complaints.push(error.message));
  await tab.goto(`${pages.origin}/?process=${process}`);
  await holds(tab, "shown.at(-1)?.isReady");
  return { tab, complaints };
}

/** A visitor's tab with a name and a tee. */
async function guest() {
  const process = pages.process();
  const device = await pages.device();
  const there = await visit(device, process);
  await run(there.tab, `draft.set("name", "Ann"); cart.add("tee"); Promise.all([draft.saved(), cart.saved()])`);
  await holds(there.tab, `shown.at(-1).count === 1 && shown.at(-1).value.name === "Ann"`);
  return { process, device, ...there };
}

/** All that is shown from now on while something is done, once each. */
async function during(tab: Page, doing: string): Promise<readonly Shown[]> {
  const shown = await run<readonly Shown[]>(tab, `(async () => {
    const from = shown.length;
    await ${doing};
    await new Promise((done) => setTimeout(done, 300));
    return shown.slice(from);
  })()`);
  return [...new Set(shown.map((one) => JSON.stringify(one)))].map((one) => JSON.parse(one) as Shown);
}

describe("components", () => {
  it("show through a sign-in what they showed before, without a moment of nothing", async () => {
    const { process, tab, complaints } = await guest();
    await tab.locator("input").focus();
    expect(await during(tab, `signIn("${process}")`)).toEqual([{ isReady: true, value: { name: "Ann" }, count: 1 }]);
    await tab.keyboard.type("612");
    expect(await run(tab, "document.activeElement.value")).toBe("612");
    await holds(tab, `draft.state === "saved" && draft.value.phone === "612"`);
    expect([await run(tab, "thrown"), complaints]).toEqual([[], []]);
  });

  it("show the customer's own form where that is what goes on, and never the visitor's again", async () => {
    const { process, tab, complaints } = await guest();
    const phone = await visit(await pages.device(), process);
    await run(phone.tab, `signIn("${process}").then(() => (draft.set("name", "Anna"), draft.saved()))`);
    const shown = await during(tab, `signIn("${process}")`);
    expect(shown.map(({ isReady }) => isReady)).not.toContain(false);
    expect(shown.map(({ value }) => value["name"])).toEqual(["Ann", "Anna"]);
    expect([await run(tab, "thrown"), complaints]).toEqual([[], []]);
  });

  it("of another tab go on with it, in the same field", async () => {
    const { process, device, tab } = await guest();
    const other = await visit(device, process);
    await holds(other.tab, `shown.at(-1).count === 1 && shown.at(-1).value.name === "Ann"`);
    await other.tab.locator("input").focus();
    await Promise.all([run(other.tab, `new Promise((done) => retoma.onOwner.add(() => done()))`), run(tab, `signIn("${process}")`)]);
    await holds(other.tab, `shown.at(-1).isReady && shown.at(-1).count === 1 && shown.at(-1).value.name === "Ann"`);
    await other.tab.keyboard.type("612");
    await holds(tab, `draft.value.phone === "612"`);
    await holds(other.tab, `draft.state === "saved"`);
    // The visitor's token has ended before this tab hears of it.
    expect([await run(other.tab, "thrown"), other.complaints.filter((text) => !text.includes("401"))]).toEqual([[], []]);
  });
});
