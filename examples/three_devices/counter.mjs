// @ts-check
/** The staff console in a real browser, driven from outside. */

import { openBrowser } from "./browser.mjs";
import { Clerk } from "./clerk.mjs";
import { obey } from "./driven.mjs";

const { console: address } = JSON.parse(process.argv[2] ?? "{}");
const browser = await openBrowser();
const page = await browser.newPage({ viewport: { width: 768, height: 1024 }, locale: "en-GB" });
const clerk = new Clerk(page);

await obey({
  signIn: async (signInName, password) => {
    await page.goto(address);
    await clerk.signIn({ signInName, password });
  },
  help: (code) => clerk.help(code),
  enter: async (path, value) => {
    const at = await clerk.enter(path, value);
    await clerk.saved(path);
    return at;
  },
  hint: (path) => clerk.hint(path),
  value: (path) => clerk.field(path).locator("[name=value]").inputValue(),
  send: async () => {
    await clerk.send();
    await clerk.awaitEnd();
  },
});
await browser.close();
