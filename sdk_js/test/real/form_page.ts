/** A browser at a page with a form, the real server behind it, and a second device that goes on with the same draft. */

import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { assistOf } from "../../src/assist.js";
import { createRetoma, type Draft, type Retoma } from "../../src/index.js";
import { CHROMIUM, FLAGS } from "./chromium.js";
import { RealServer, servePage } from "./server.js";

export class FormPages {
  readonly server = new RealServer();
  readonly #devices: Retoma[] = [];
  readonly #pages: Page[] = [];
  /** Addresses that the site was asked for. */
  readonly asked: string[] = [];
  #html = "";
  #site: Awaited<ReturnType<typeof servePage>> | null = null;
  #browser: Browser | null = null;
  #count = 0;

  async start(): Promise<void> {
    await this.server.start();
    this.#site = await servePage((path) => {
      this.asked.push(path);
      return this.#html;
    });
    this.server.cli("tenants", "allow", "default", "--origin", this.origin);
    this.#browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  }

  get origin(): string {
    return this.#site?.origin ?? "";
  }

  async leave(): Promise<void> {
    this.#devices.splice(0).forEach((device) => device.close());
    await Promise.all(this.#pages.splice(0).map((page) => page.context().close()));
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    await Promise.all([this.#site?.stop(), this.server.remove()]);
  }

  /** A visitor of their own at a form in a `<retoma-form>`; `window.draft` is its draft. */
  visit(form: string, options: BrowserContextOptions & { lang?: string; head?: string } = {}): Promise<Page> {
    const { lang = "en", head = "" } = options;
    const element = `<retoma-form url="${this.server.url}" key="${this.server.publishableKey}" process="form-${++this.#count}">${form}</retoma-form>`;
    return this.open(`<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><title>A form</title><meta name="viewport" content="width=device-width">${head}
      <script type="module" src="/sdk/retoma.js"></script></head><body><main><h1>A form</h1>${element}</main></body></html>`, options);
  }

  /** A visitor of their own at a page. */
  async open(html: string, options: BrowserContextOptions = {}): Promise<Page> {
    this.#html = html;
    const context = await (this.#browser as Browser).newContext(options);
    const page = await context.newPage();
    this.#pages.push(page);
    await page.goto(`${this.origin}/form`);
    await ready(page);
    return page;
  }

  /** The draft of a page on another device, which calls itself an iPhone. */
  async otherDevice(page: Page): Promise<Draft> {
    await page.evaluate("document.activeElement.blur()");
    const url = (await page.evaluate(`draft.handoff({ url: "${this.origin}/form" }).then((handoff) => handoff.url)`)) as string;
    const { url: server, publishableKey } = this.server;
    const device = createRetoma({ url: server, publishableKey, device: "iPhone" });
    this.#devices.push(device);
    return (await device.redeem(url)) as Draft;
  }

  /** A till whose clerk is told a customer's code. */
  async till(name: string, code: string): Promise<Draft> {
    const token = /token\s+(\S+)/.exec(this.server.cli("staff", "add", name, "--tenant", "default"))?.[1] ?? "";
    const { url, publishableKey } = this.server;
    const till = createRetoma({ url, publishableKey, channel: "store", device: "till", getToken: () => token });
    this.#devices.push(till);
    return assistOf(till).redeem(code);
  }
}

/** Waits until the page's draft is there; needed again after a reload. */
export async function ready(page: Page): Promise<void> {
  await page.waitForFunction(`(async () => {
    window.draft ??= await document.querySelector("retoma-form")?.draft;
    return window.draft !== undefined;
  })()`);
}

/** What part of the interface says, as somebody reads it. */
export async function said(page: Page, kind: "bar" | "state" | "notice"): Promise<string> {
  const texts = await page.locator(`[data-retoma=${kind}] :is(.card, .state):visible`).allInnerTexts();
  return texts.join(" ");
}
