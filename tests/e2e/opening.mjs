/** Opens pages for the tests. */

/** A field of a page in a frame does not take the focus by itself, of which the browser tells. */
const OF_FRAMES = "Blocked autofocusing";

/** A page of its own, whose complaints are handed to `complain`. */
export async function openPage(browser, complain) {
  const context = await browser.newContext({ locale: "en", viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && !message.text().startsWith(OF_FRAMES) && complain(message.text()));
  page.on("pageerror", (error) => complain(error.message));
  return page;
}
