/** Promise: a page that is left while requests are under way says nothing of it in its console, for nothing is wrong. */

import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import playwright, { type Browser, type BrowserType } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "./chromium.js";
import { servePage } from "./server.js";

const FIREFOX = process.env["FIREFOX"] ?? "/usr/bin/firefox-esr";
const { _bidiFirefox } = playwright as unknown as { readonly _bidiFirefox: BrowserType };
const launch = { Chromium: launchChromium, Firefox: () => _bidiFirefox.launch({ executablePath: FIREFOX }) };

/** Takes requests and answers none. */
const silent = createServer(() => undefined);
/** The next page, which is long in coming. */
const slow = createServer((_request, response) => void setTimeout(() => response.end("<!doctype html><title>next</title>"), 1500));
let site: Awaited<ReturnType<typeof servePage>>;

const addressOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const html = (url: string): string => `<!doctype html><title>draft</title>
  <script type="module">
    import { createRetoma } from "/sdk/retoma.js";
    window.draft = createRetoma({ url: "${url}", publishableKey: "pk_1" }).draft("mortgage");
    window.ready = true;
  </script>`;

beforeAll(async () => {
  await Promise.all([silent, slow].map((server) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done))));
  site = await servePage(() => html(addressOf(silent)));
});

afterAll(async () => {
  [silent, slow].forEach((server) => (server.closeAllConnections(), server.close()));
  await site.stop();
});

describe.each(["Chromium", "Firefox"] as const)("in %s", (name) => {
  it.skipIf(name === "Firefox" && !existsSync(FIREFOX))("a page that is left says nothing of what was under way", async () => {
    const browser: Browser = await launch[name]();
    const page = await browser.newPage();
    const said: string[] = [];
    page.on("console", (line) => said.push(line.text()));
    const asked = new Promise((done) => silent.once("request", done));
    await page.goto(site.origin);
    await page.waitForFunction("window.ready");
    await page.evaluate(`draft.set("name", "Ann")`);
    await asked;
    await page.evaluate(`void (location.href = "${addressOf(slow)}")`);
    await page.waitForURL(`${addressOf(slow)}/`);
    expect(said.filter((line) => line.startsWith("Retoma"))).toEqual([]);
    await browser.close();
  });
});
