// @ts-check
/** Shows one step of the form at a time; without this file all of them stand one below the other, and work. */

const form = /** @type {HTMLFormElement} */ (document.querySelector("form"));
const sections = [.../** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-retoma-step]"))];
const steps = sections.map((section) => section.dataset.retomaStep ?? "");
const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (form.querySelector(selector));

let at = 0;

function go(/** @type {number} */ to) {
  at = to;
  sections.forEach((section, index) => (section.hidden = index !== at));
  form.querySelectorAll("[data-go]").forEach((button, index) => button.setAttribute("aria-current", index === at ? "step" : "false"));
  part(".progress").hidden = false;
  part(".back").hidden = at === 0;
  part(".next").hidden = at === sections.length - 1;
  part(".send").hidden = at !== sections.length - 1;
}

function walk(/** @type {number} */ to) {
  go(to);
  const heading = /** @type {HTMLElement} */ (sections[at]?.querySelector("h2"));
  heading.tabIndex = -1;
  heading.focus();
}

/** The first control of a step that lacks something, if any. */
const missing = (/** @type {number} */ step) =>
  [.../** @type {NodeListOf<HTMLInputElement>} */ (sections[step]?.querySelectorAll("input, select, textarea") ?? [])].find((one) => !one.checkValidity());

function isComplete(/** @type {number} */ step) {
  const control = missing(step);
  if (control === undefined) return true;
  if (step !== at) go(step);
  control.reportValidity();
  return false;
}

part(".back").addEventListener("click", () => walk(at - 1));
part(".next").addEventListener("click", () => isComplete(at) && walk(at + 1));
form.querySelectorAll("[data-go]").forEach((button, index) => button.addEventListener("click", () => walk(index)));
form.addEventListener("submit", (event) => {
  if (!steps.every((_, index) => isComplete(index))) event.preventDefault();
});
// The step that the person was at, on this device or another.
form.addEventListener("retoma-step", (event) => {
  event.preventDefault();
  go(steps.indexOf(/** @type {CustomEvent} */ (event).detail.step));
});

go(0);
