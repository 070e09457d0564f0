/** Promise: what is promised of a page holds in Firefox too: what was kept outlives the page, tabs agree, secrets stay off the device. */

import { existsSync } from "node:fs";
import playwright, { type BrowserType } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DraftPages, holds, run } from "./draft_page.js";

const FIREFOX = process.env["FIREFOX"] ?? "/usr/bin/firefox-esr";

/** The system's own Firefox is driven by WebDriver BiDi, which this release of Playwright has under a name of its own. */
const { _bidiFirefox } = playwright as unknown as { readonly _bidiFirefox: BrowserType };
const pages = new DraftPages(() => _bidiFirefox.launch({ executablePath: FIREFOX }));

// Said aloud, for this is the one browser that a machine may be without: `scripts/firefox` tells how to get it.
const isMissing = !existsSync(FIREFOX);
if (isMissing) process.stderr.write(`${FIREFOX} is not there: the promises are not tried in Firefox.\n`);

describe.skipIf(isMissing)("in Firefox", () => {
  beforeAll(() => pages.start());
  afterEach(() => pages.leave());
  afterAll(() => pages.stop());

  it("edits made without a network outlive the page, and are sent once", async () => {
    const device = await pages.device();
    const process = pages.process();
    const mend = await pages.cut(device);
    const page = await pages.visit(device, process);
    await run(page, `draft.set("name", "Ann")`);
    await holds(page, "draft.state === 'kept' || draft.state === 'offline'");
    await page.close();
    await mend();
    const next = await pages.visit(device, process);
    expect(await run(next, "draft.value.name")).toBe("Ann");
    await run(next, "draft.saved()");
    expect(await run(next, "[draft.state, retoma.persistence, draft.conflicts.length, draft.rejected.length, failed.length]")).toEqual(["saved", "durable", 0, 0, 0]);
  });

  it("a page that is left in the same moment loses nothing", async () => {
    const device = await pages.device();
    const process = pages.process();
    const page = await pages.visit(device, process);
    await run(page, `draft.set("name", "Ann"); draft.saved()`);
    await run(page, `draft.set("name", "Anna"); location.href = "about:blank"`);
    await page.waitForURL("about:blank");
    const next = await pages.visit(device, process);
    await run(next, "draft.open().then(() => draft.saved())");
    expect(await run(next, "draft.value.name")).toBe("Anna");
  });

  it("one of two tabs leads, and each shows what the other enters", async () => {
    const device = await pages.device();
    const process = pages.process();
    const one = await pages.visit(device, process);
    await run(one, `draft.set("name", "Ann"); draft.saved()`);
    const two = await pages.visit(device, process);
    await run(two, "draft.open()");
    const leads = await Promise.all([one, two].map((page) => run<boolean>(page, "retoma.inspect().then(({ leader }) => leader)")));
    expect(leads.filter(Boolean)).toHaveLength(1);
    await run(two, `draft.set("phone", "1")`);
    await holds(one, "draft.value.phone === '1' && draft.state === 'saved'");
    await run(one, `draft.set("phone", "2")`);
    await holds(two, "draft.value.phone === '2' && draft.conflicts.length === 0");
  });

  it("who signs out in one tab is signed out in the other", async () => {
    const device = await pages.device();
    const process = pages.process();
    const one = await pages.visit(device, process);
    await run(one, `draft.set("name", "Ann"); draft.saved()`);
    const two = await pages.visit(device, process);
    await run(one, "retoma.signOut()");
    await holds(two, "draft.state === 'closed'");
  });

  it("what no device may keep is saved all the same", async () => {
    const process = pages.process();
    await pages.server.register(process, { fields: { "/iban": "restricted" } });
    const device = await pages.device();
    const page = await pages.visit(device, process);
    await run(page, `draft.set("iban", "secret"); draft.saved()`);
    const next = await pages.visit(device, process);
    await run(next, "draft.open()");
    expect(await run(next, "draft.value.iban")).toBe("secret");
  });
});
