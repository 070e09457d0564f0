// @ts-check
/** The system's Chromium, without a screen: for the clerk of the story, for pictures, and for the tests of the page. */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";

const { chromium } = createRequire(new URL("../../sdk_js/package.json", import.meta.url))("playwright-core");

const PLACES = ["chromium", "chromium-browser", "google-chrome"].map((name) => `/usr/bin/${name}`);
/** Nothing that the browser does by itself reaches the network. */
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A browser, told `more` by switches of its own; close it in the end. */
export function openBrowser(/** @type {string[]} */ more = []) {
  const executablePath = process.env["CHROMIUM"] ?? PLACES.find((place) => existsSync(place));
  // Where it is in none of these places, Chrome is in its own, which playwright knows.
  return chromium.launch({ ...(executablePath ? { executablePath } : { channel: "chrome" }), args: [...QUIET, ...more] });
}
