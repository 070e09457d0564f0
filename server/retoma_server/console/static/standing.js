/** What the customer and colleagues let somebody do on this page; what is typed while they may not waits in its field. */

import { tellTimes } from "./times.js";
import { controls, isDirty, mark, page, say, tell } from "./typing.js";

export const fields = () => document.querySelectorAll("#fields [data-field]");
export const barred = () => mark().dataset.barred;

/** Says anew how things stand, where that is another than on the page, or was asked for. */
export function stand(news, job) {
  for (const id of ["standing", "ending"]) {
    const place = document.getElementById(id);
    const fresh = document.adoptNode(news.getElementById(id));
    const isAsked = job && place.contains(job.form);
    if (!isAsked && place.dataset.standing === fresh.dataset.standing) continue;
    tellTimes(fresh);
    Object.assign(place.dataset, fresh.dataset);
    place.className = fresh.className;
    place.replaceChildren(...fresh.childNodes);
    document.getElementById("standing-state").replaceChildren();
    if (isAsked) place.querySelector("[tabindex], button")?.focus();
  }
}

/** Nobody is signed in any more; what is typed waits until somebody is again, here or in another tab. */
export function signedOut() {
  const place = document.getElementById("standing");
  if (place.dataset.standing === "signed-out") return;
  place.dataset.standing = "signed-out";
  place.className = "standing barred";
  const way = Object.assign(document.createElement("a"), { href: page.dataset.signIn, target: "_blank", rel: "noopener", textContent: say("sign-in") });
  place.replaceChildren(Object.assign(document.createElement("p"), { textContent: say("signed-out") }), way);
}

/** Holds what is typed where it may not be sent; lets it go on its way, by `save`, once it may. */
export function hold(save) {
  for (const form of page.querySelectorAll("#fields form[data-save], #fields form[data-new]")) {
    if (barred()) freeze(form, say("waiting"));
    else if (form.dataset.held) thaw(form, save);
  }
}

function freeze(form, text) {
  if (!isDirty(form.closest("[data-field]"))) return;
  form.dataset.held = "yes";
  for (const control of [...controls(form), ...form.querySelectorAll("button")]) {
    if (control.matches("textarea, input:not([type=radio], [type=checkbox])")) control.readOnly = true;
    else control.disabled = true;
  }
  tell(form, text, "bad");
}

function thaw(form, save) {
  delete form.dataset.held;
  for (const control of form.querySelectorAll("input, textarea, select, button")) control.readOnly = control.disabled = false;
  if (form.matches("[data-save]")) save(form);
  else tell(form, "");
}

/** The help has ended: no answer of the customer's stays on the screen, only what was typed and not saved. */
export function end() {
  if (page.dataset.ended) return;
  page.dataset.ended = "yes";
  mark().dataset.barred = "ended";
  for (const field of fields()) {
    const form = field.querySelector("form[data-save], form[data-new]");
    if (!form || !isDirty(field)) field.remove();
    else freeze(form, say("stopped-kept"));
  }
  for (const rest of page.querySelectorAll("#fields :is(nav, .total, .met, .by, .masked, [data-news], [data-reveal])")) rest.remove();
  for (const section of [...page.querySelectorAll("#fields section")].reverse()) if (!section.querySelector("[data-field]")) section.remove();
  for (const each of document.querySelectorAll("#ending > *, #standing-state > *, [data-while-helping]")) each.remove();
  const place = document.getElementById("standing");
  place.className = "standing barred";
  place.replaceChildren(Object.assign(document.createElement("p"), { textContent: say("stopped") }));
}
