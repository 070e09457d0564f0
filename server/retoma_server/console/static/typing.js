/** What is on the page of the editor, what is typed there, and what of it was saved. */

export const page = document.querySelector("[data-editor]");
export const queue = []; // what waits to be sent, one after the other, so that nobody meets their own edit
export const later = new Map(); // newer fields that wait until nobody is in the one on the page
const IDENTITY = ["csrf", "once", "seen", "epoch", "path"];

export const say = (name) => page.getAttribute(`data-say-${name}`);
export const mark = () => document.getElementById("editor-mark");
export const fieldOf = (element) => element?.closest?.("[data-field]");
export const controls = (form) => [...form.elements].filter((each) => each.name && !IDENTITY.includes(each.name) && each.type !== "hidden");

function altered(control) {
  if (control.type === "radio" || control.type === "checkbox") return control.checked !== control.defaultChecked;
  if (control.options) return control.selectedIndex !== Math.max(0, [...control.options].findIndex((each) => each.defaultSelected));
  return control.value !== control.defaultValue;
}

export const typed = (form) => JSON.stringify(controls(form).map((each) => [each.name, each.value, each.checked ?? null]));
export const isDirty = (field) => [...field.querySelectorAll("form[data-save], form[data-new]")].some((form) => form.dataset.rows === "changed" || controls(form).some(altered));
export const isTyping = (field) => field.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
/** Whether somebody is in the middle of a text of this form; one that was left by leaving the window is done. */
export function isWriting(form) {
  const at = document.activeElement;
  return document.hasFocus() && at?.form === form && at.matches("textarea, input:not([type=radio], [type=checkbox])") && altered(at);
}
export const isAsked = (field) => queue.some(({ form }) => field.contains(form));
export const isHeld = (field) => field.matches(":active") || isDirty(field) || isTyping(field) || isAsked(field);

/** From now on what is in these controls is what was saved. */
export function settle(form) {
  delete form.dataset.rows;
  for (const control of controls(form)) {
    if (control.type === "radio" || control.type === "checkbox") control.defaultChecked = control.checked;
    else if (control.options) for (const each of control.options) each.defaultSelected = each.selected;
    else control.defaultValue = control.value;
  }
}

export function tell(form, text, kind = "") {
  const place = form.querySelector("[data-state]") ?? page.querySelector(form.closest("#fields") ? "#fields [data-state]" : "#standing-state");
  const line = document.createElement("p");
  line.className = kind;
  line.textContent = text;
  place?.replaceChildren(line);
}
