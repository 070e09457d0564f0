/** Promise: the React example, started by its one command, keeps its promises in a real browser. */

import { type ChildProcess, spawn } from "node:child_process";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM, FLAGS } from "./chromium.js";

const ROOT = new URL("../../../", import.meta.url).pathname;

let running: ChildProcess;
let address: string;
let browser: Browser;
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  running = spawn(`${ROOT}.venv/bin/python`, ["-m", "examples.react_form", "--port", "0"], { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  address = await said(running, /http:\S+/);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
});

afterEach(() => Promise.all(contexts.splice(0).map((context) => context.close())));

afterAll(async () => {
  await browser.close();
  const ended = new Promise((done) => running.once("exit", done));
  running.kill("SIGTERM");
  await ended;
});

/** What a program prints, as soon as it matches. */
function said(program: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((found, failed) => {
    let text = "";
    program.once("exit", () => failed(new Error(`The example does not start: ${text}`)));
    program.stdout?.on("data", (part: Buffer) => {
      text += part.toString();
      const match = pattern.exec(text);
      if (match) found(match[0]);
    });
  });
}

/** A device of its own at the form. */
async function device(at = address): Promise<Page> {
  const context = await browser.newContext();
  contexts.push(context);
  const page = await context.newPage();
  page.on("pageerror", (error) => expect.unreachable(error.message));
  await page.goto(at);
  await page.waitForSelector("fieldset:enabled");
  return page;
}

const saved = (page: Page): Promise<unknown> => page.waitForSelector("output[data-state=saved]");
const step = (page: Page, title: string): Promise<void> => page.getByRole("button", { name: title }).click();
const value = (page: Page, label: string): Promise<string> => page.getByLabel(label).inputValue();

async function phone(desktop: Page): Promise<Page> {
  await desktop.getByRole("button", { name: "Go on on your phone" }).click();
  const link = await desktop.getByRole("link", { name: "this link" }).getAttribute("href");
  const context = await browser.newContext();
  contexts.push(context);
  const page = await context.newPage();
  await page.goto(link ?? "");
  await page.getByRole("button").first().click();
  await page.waitForSelector("fieldset:enabled");
  return page;
}

describe("a form of several steps", () => {
  it("comes back after a reload at the step where it was left, controlled and plain inputs alike", async () => {
    const page = await device();
    await page.getByLabel("Full name").fill("Ann Smith");
    await step(page, "Where you live");
    await page.getByLabel("City").fill("Vigo");
    await page.getByLabel("City").blur();
    await saved(page);
    await page.reload();
    await page.waitForSelector("fieldset:enabled");
    await expect.poll(() => value(page, "City")).toBe("Vigo");
    await step(page, "About you");
    expect(await value(page, "Full name")).toBe("Ann Smith");
  });

  it("goes on on the phone, both ways, and never over what has the focus", async () => {
    const desktop = await device();
    await desktop.getByLabel("Full name").fill("Ann");
    await saved(desktop);
    const other = await phone(desktop);
    await desktop.getByText("Go on on your other device").waitFor();
    await expect.poll(() => value(other, "Full name")).toBe("Ann");
    await other.getByLabel("E-mail").fill("ann@example.com");
    await expect.poll(() => value(desktop, "E-mail")).toBe("ann@example.com");
    await desktop.getByLabel("Full name").focus();
    await other.getByLabel("Full name").fill("Anne");
    await desktop.getByText("Changed on another device").waitFor();
    expect(await value(desktop, "Full name")).toBe("Ann");
    await desktop.getByLabel("E-mail").focus();
    expect(await value(desktop, "Full name")).toBe("Anne");
  });

  it("offers the other value where two met, and takes it", async () => {
    const desktop = await device();
    await desktop.getByLabel("Full name").fill("Ann");
    await saved(desktop);
    const other = await phone(desktop);
    await expect.poll(() => value(other, "Full name")).toBe("Ann");
    await desktop.context().setOffline(true);
    await desktop.getByLabel("Full name").fill("Anna");
    await desktop.getByLabel("E-mail").focus();
    await other.getByLabel("Full name").fill("Anne");
    await other.getByLabel("E-mail").focus();
    await saved(other);
    await desktop.context().setOffline(false);
    await desktop.getByRole("alert").waitFor();
    await expect.poll(() => value(desktop, "Full name")).toBe("Anne");
    await desktop.getByRole("button", { name: "Use it" }).click();
    await expect.poll(() => value(other, "Full name")).toBe("Anna");
    await desktop.getByRole("alert").waitFor({ state: "detached" });
  });

  it("is sent, and another one can be begun", async () => {
    const page = await device();
    await page.getByLabel("Full name").fill("Ann");
    await step(page, "Your work");
    await page.getByLabel("You are").selectOption("own");
    await page.getByLabel("Income").fill("1200.5");
    await page.getByLabel("Write to me").check();
    await step(page, "Check and send");
    await page.getByText("1200.5").waitFor();
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByRole("heading", { name: "Thank you" }).waitFor();
    await page.getByRole("button", { name: "Open another one" }).click();
    await page.waitForSelector("fieldset:enabled");
    expect(await value(page, "Full name")).toBe("");
  });
});
