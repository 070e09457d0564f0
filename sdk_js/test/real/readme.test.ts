/** Promise: the page that the README shows works as it stands. */

import { readFile } from "node:fs/promises";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CHROMIUM, FLAGS } from "./chromium.js";
import { RealServer, servePage } from "./server.js";

const README = new URL("../../../README.md", import.meta.url);
const server = new RealServer();
let site: Awaited<ReturnType<typeof servePage>>;
let browser: Browser;

beforeAll(async () => {
  await server.start();
  const page = await snippet();
  site = await servePage(() => `<!doctype html>${page}`);
  server.cli("tenants", "allow", "default", "--origin", site.origin);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
});

afterAll(async () => {
  await browser.close();
  await Promise.all([site.stop(), server.remove()]);
});

/** The README's page, with the address and the key of this server put in. */
async function snippet(): Promise<string> {
  const code = /<!-- snippet: page -->\n```html\n(.*?)```/s.exec(await readFile(README, "utf8"))?.[1];
  if (code === undefined) throw new Error("The README shows no page.");
  return code.replaceAll("http://localhost:8080", server.url).replace("pk_…", server.publishableKey);
}

it("keeps what is typed, also after a reload", async () => {
  const page = await browser.newPage();
  let saved = 0;
  const saves = (): number => saved;
  page.on("response", (answer) => (saved += Number(answer.url().endsWith("/changes") && answer.ok())));
  await page.goto(`${site.origin}/form`);

  await page.fill("[name='applicant.name']", "Ann");
  await page.fill("[name='applicant.email']", "ann@example.com");
  await page.locator("[name='applicant.email']").blur();
  await expect.poll(saves).toBeGreaterThan(0);
  await page.reload();

  await expect.poll(() => page.inputValue("[name='applicant.name']")).toBe("Ann");
  await expect.poll(() => page.inputValue("[name='applicant.email']")).toBe("ann@example.com");
});
