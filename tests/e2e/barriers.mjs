/** What keeps people from using a page, as axe-core finds it. */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const AXE = createRequire(new URL("../../sdk_js/package.json", import.meta.url)).resolve("axe-core");
const GRAVE = ["serious", "critical"];

/** Those that are grave enough, each with its place; what a frame shows is asked of the frame. */
export async function barriers(page, impacts = GRAVE) {
  await page.evaluate(await readFile(AXE, "utf8"));
  // What is still fading in has not its own colours yet.
  await page.evaluate("Promise.allSettled(document.getAnimations().filter(({ effect }) => Number.isFinite(effect.getComputedTiming().endTime)).map(({ finished }) => finished))");
  const { violations } = await page.evaluate(() => window.axe.run(document, { iframes: false }));
  const grave = violations.filter(({ impact }) => impacts.includes(impact));
  return grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
}
