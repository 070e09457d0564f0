/** Opens pages for the tests. */

/** A page of its own, whose complaints are handed to `complain`. */
export async function openPage(browser, complain) {
  const context = await browser.newContext({ locale: "en", viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complain(message.text()));
  page.on("pageerror", (error) => complain(error.message));
  return page;
}
