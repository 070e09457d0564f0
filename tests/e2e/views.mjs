/** How a page is looked at: in which languages and sizes, whether anything is in the way, and what is painted. */

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { barriers } from "./barriers.mjs";
import { withPalette } from "./palette.mjs";

const { PICTURES } = process.env;
const SIZES = [{ width: 768, height: 1024 }, { width: 1280, height: 800 }];

/** By day and night, in both languages and sizes. */
const ALL = ["light", "dark"].flatMap((colorScheme) => SIZES.flatMap((viewport) => ["en", "es"].map((lang) => ({ lang, viewport, colorScheme }))));
/** Two looks say whether anything is in the way; the others are for whoever looks at pictures. */
const CHECKED = [ALL[0], ALL[7]];

/** Looks at a page of the console in all ways that count; it is loaded anew in each. */
export async function look(page, name) {
  for (const each of PICTURES ? ALL : CHECKED) {
    const { lang, viewport, colorScheme } = each;
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await page.goto(`${page.url().split("?")[0]}?lang=${lang}`);
    if (CHECKED.includes(each)) await fit(page, name);
    if (PICTURES) await writeFile(`${PICTURES}/${name}-${lang}-${viewport.width}-${colorScheme}.png`, withPalette(await page.screenshot()));
  }
}

/** A page has no barrier, is fit for fingers, and nothing of it is cut off. */
export async function fit(page, name) {
  assert.deepEqual(await barriers(page, ["minor", "moderate", "serious", "critical"]), [], name);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `${name}: nothing is cut off`);
  assert.deepEqual(await page.evaluate(tooSmall), [], `${name}: big enough for fingers`);
}

/** What can be pressed and is lower than a finger needs, also in what the SDK adds to a page. */
function tooSmall() {
  const roots = [document, ...[...document.querySelectorAll("[data-retoma]")].map(({ shadowRoot }) => shadowRoot)];
  const seen = roots.flatMap((root) => [...root.querySelectorAll("a, button, summary, input:not([type=hidden], [type=radio], [type=checkbox]), select, .way")]);
  const shown = seen.filter((element) => element.checkVisibility() && !element.matches(".skip"));
  return shown.filter((element) => element.getBoundingClientRect().height < 43.5).map((element) => element.outerHTML.slice(0, 80));
}
