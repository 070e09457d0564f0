// @ts-check
/** Tells times as the clock on this wall does. */

const FORMS = /** @type {const} */ ({ clock: { timeStyle: "short" }, moment: { dateStyle: "medium", timeStyle: "short" } });

export function tellTimes(/** @type {ParentNode} */ root) {
  for (const time of /** @type {NodeListOf<HTMLTimeElement>} */ (root.querySelectorAll("time[data-time]"))) {
    const form = FORMS[/** @type {keyof typeof FORMS} */ (time.dataset["time"])];
    time.textContent = new Date(time.dateTime).toLocaleString(document.documentElement.lang, form);
  }
}
