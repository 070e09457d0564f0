/** Browsers at a page that has a draft, or a cart, and nothing else, with the real server behind it. */

import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";
import { launchChromium } from "./chromium.js";
import { RealServer, servePage } from "./server.js";

/** `?customer=` signs in; `?encrypt` encrypts what is kept; `?cart` has a cart in place of a draft. */
const html = (url: string, key: string): string => `<!doctype html><title>draft</title><input>
  <script type="module">
    import { cartOf, createRetoma } from "/sdk/retoma.js";
    const asked = new URLSearchParams(location.search);
    const customer = asked.get("customer");
    const signedIn = customer === null ? {} : { customer, getToken: () => window.tokenFor(customer) };
    window.failed = [];
    addEventListener("unhandledrejection", (event) => failed.push(String(event.reason)));
    window.retoma = createRetoma({ url: "${url}", publishableKey: "${key}", encrypt: asked.has("encrypt"), onStorageError: (error) => (window.storageError = error.kind), ...signedIn });
    retoma.onOwner.add((owned) => (window.owner = owned?.shelf.owner));
    window.signIn = (name, options) => retoma.signIn({ customer: name, getToken: () => window.tokenFor(name), ...options });
    const process = asked.get("process") ?? "mortgage";
    const passed = await retoma.redeem();
    if (asked.has("cart")) window.cart = cartOf(passed ?? retoma, { process });
    else window.draft = passed ?? retoma.draft(process);
    await (window.cart ?? window.draft).ready;
    window.ready = true;
  </script>`;

export class DraftPages {
  readonly server = new RealServer();
  readonly #contexts: BrowserContext[] = [];
  #site: Awaited<ReturnType<typeof servePage>> | null = null;
  #browser: Browser | null = null;
  #count = 0;
  readonly #launch: () => Promise<Browser>;
  readonly #html: typeof html;

  /** @param page - Another page than that of a draft, for a server and its key. */
  constructor(launch: () => Promise<Browser> = launchChromium, page = html) {
    this.#launch = launch;
    this.#html = page;
  }

  async start(): Promise<void> {
    await this.server.start();
    this.#site = await servePage(() => this.#html(this.server.url, this.server.publishableKey));
    this.server.cli("tenants", "allow", "default", "--origin", this.#site.origin);
    this.#browser = await this.#launch();
  }

  async leave(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    await Promise.all([this.#site?.stop(), this.server.remove()]);
  }

  get origin(): string {
    return this.#site?.origin ?? "";
  }

  /** A process of its own for each test. */
  process(): string {
    return `process-${++this.#count}`;
  }

  /** A browser with a memory of its own. */
  async device(): Promise<BrowserContext> {
    const context = await (this.#browser as Browser).newContext();
    this.#contexts.push(context);
    await context.exposeFunction("tokenFor", (customer: string) => this.server.tokenFor(customer));
    return context;
  }

  /** A tab of a device at the draft of a process. */
  async visit(device: BrowserContext, process: string, query: Record<string, string> = {}, fragment = ""): Promise<Page> {
    const page = await device.newPage();
    await page.goto(`${this.origin}/?${new URLSearchParams({ process, ...query }).toString()}${fragment}`);
    await page.waitForFunction("window.ready");
    return page;
  }

  /** No request of a device reaches the server any more, until the returned function is called. */
  async cut(device: BrowserContext): Promise<() => Promise<void>> {
    const pattern = `${this.server.url}/**`;
    await device.route(pattern, (route) => route.abort());
    return () => device.unroute(pattern);
  }
}

/** The browser's own view of a tab. */
export const inside = (page: Page): Promise<CDPSession> => page.context().newCDPSession(page);

/** Ends a tab in the middle of whatever it does, as a crash would. */
export async function kill(page: Page): Promise<void> {
  const gone = new Promise((done) => page.once("crash", done));
  const session = await inside(page);
  session.send("Page.crash").catch(() => undefined);
  await gone;
  await page.close();
}

/** Runs an expression in a tab. */
export const run = <T>(page: Page, expression: string): Promise<T> => page.evaluate(expression) as Promise<T>;

/** Waits until an expression holds in a tab. */
export const holds = (page: Page, expression: string): Promise<unknown> => page.waitForFunction(expression);

/** What is kept on a device, as text. */
export const KEPT = `(async () => {
  const [{ name }] = await indexedDB.databases();
  const database = await new Promise((done) => (indexedDB.open(name).onsuccess = ({ target }) => done(target.result)));
  const all = (store) => new Promise((done) => (database.transaction(store).objectStore(store).getAll().onsuccess = ({ target }) => done(target.result)));
  return JSON.stringify([await all("rows"), await all("snapshots"), { ...localStorage }]);
})()`;
