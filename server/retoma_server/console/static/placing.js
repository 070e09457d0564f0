/** Puts news in place: never into what somebody is at work in. */

import { prepare } from "./lists.js";
import { save } from "./sending.js";
import { fields, hold, stand } from "./standing.js";
import { controls, fieldOf, isAsked, isDirty, isHeld, isTyping, later, mark, page, say, settle, typed } from "./typing.js";

export function take(news, job) {
  if (page.dataset.ended) return;
  stand(news, job);
  const whole = news.getElementById("fields");
  const isBarred = news.getElementById("editor-mark").dataset.barred !== "";
  if (whole) putAll(document.adoptNode(whole), job, isBarred);
  else for (const fresh of news.querySelectorAll("[data-field]")) put(document.adoptNode(fresh), job);
  const fresh = document.adoptNode(news.getElementById("editor-mark"));
  // Answers come one by one, yet one may be older than what a save has shown meanwhile.
  if (Number(fresh.dataset.revision) >= Number(mark().dataset.revision)) mark().replaceWith(fresh);
  mark().dataset.csrf = fresh.dataset.csrf; // of who is signed in by now
  for (const each of document.querySelectorAll("[name=csrf]")) each.value = fresh.dataset.csrf;
  hold(save);
}

function put(fresh, job) {
  const field = document.getElementById(fresh.id);
  const age = Number(fresh.dataset.revision) - Number(field?.dataset.revision);
  if (!field || age < 0 || (age === 0 && !fresh.dataset.note)) return;
  const isOwn = job && fieldOf(job.form) === field;
  if (isOwn && fresh.dataset.note) return answer(field, fresh, job);
  if (isAsked(field)) return; // the answer will say how it is, and whose
  if (isHeld(field)) offer(field, fresh);
  else swap(field, fresh);
}

/** The answer to what was sent: what was refused stays as it was typed, and so does what was typed since. */
function answer(field, fresh, job) {
  const { note, written, revision } = fresh.dataset;
  if (written) for (const each of field.querySelectorAll("form:not([data-choose]) [name=seen]")) each.value = written; // what came after it was not on this screen
  const isSame = job.body || typed(job.form) === job.sent;
  const isRefused = note === "refused";
  if (!isRefused && isSame) settle(job.form);
  if (!isRefused && isSame && !isTyping(field)) return swap(field, fresh);
  field.classList.toggle("wrong", isRefused);
  for (const each of controls(job.form)) isRefused ? each.setAttribute("aria-invalid", "true") : each.removeAttribute("aria-invalid");
  field.querySelector("[data-state]")?.replaceChildren(...(fresh.querySelector("[data-state]")?.cloneNode(true).childNodes ?? []));
  if (isRefused) return;
  field.dataset.revision = revision;
  if (written && Number(revision) > Number(written)) offer(field, fresh);
  else if (isSame) later.set(field.id, fresh);
  if (!isSame) save(job.form);
}

/** Shows what waited, where nobody is at work any more. */
export function catchUp() {
  for (const [id, fresh] of later) {
    const field = document.getElementById(id);
    if (!field || Number(fresh.dataset.revision) < Number(field.dataset.revision)) later.delete(id);
    else if (!isHeld(field)) swap(field, fresh);
  }
}

const stops = (field) => [...field.querySelectorAll("button, input:not([type=hidden]), select, textarea, summary")].filter((each) => each.checkVisibility());

function swap(field, fresh) {
  later.delete(field.id);
  const at = stops(field).indexOf(document.activeElement);
  field.replaceWith(fresh);
  prepare(fresh);
  if (at >= 0) (stops(fresh)[at] ?? stops(fresh)[0])?.focus();
}

/** Other fields are there than before: the page's own stay where somebody is at work in them. */
function putAll(whole, job, isBarred) {
  const focused = document.activeElement;
  const selection = focused && "selectionStart" in focused ? [focused.selectionStart, focused.selectionEnd] : null;
  const place = fieldOf(focused)?.id ?? "";
  const at = place ? stops(fieldOf(focused)).indexOf(focused) : -1;
  const around = focused?.closest("section.group, section.step")?.id ?? "";
  const removed = job?.form.matches("[data-remove]") && job.form.elements.path.value;
  let anew;
  later.clear(); // nothing that is older than this
  for (const field of fields()) {
    const fresh = whole.querySelector(`#${CSS.escape(field.id)}`);
    const isOwn = job && fieldOf(job.form) === field && fresh?.dataset.note;
    if (isOwn) answer(field, fresh.cloneNode(true), job); // a copy: what is put in the field's place goes with it
    if (isOwn && job.body && fresh.dataset.note !== "refused") {
      if (job.form.matches("[data-new]") && field.id === place) anew = fresh;
      later.delete(field.id);
      continue;
    }
    if (!fresh && removed && isWithin(field, removed)) continue; // with what was typed in it
    const hides = fresh?.querySelector(".masked") && !field.querySelector(".masked"); // it may be read no more
    const stays = isBarred || hides ? isDirty(field) || isAsked(field) : isHeld(field);
    if (!field.isConnected || !stays) continue;
    if (fresh) fresh.replaceWith(field);
    else if (isDirty(field)) whole.append(field);
    if (!fresh || isOwn || isAsked(field)) continue;
    if (fresh.dataset.revision === field.dataset.revision) later.set(field.id, fresh);
    else offer(field, fresh);
  }
  document.getElementById("fields").replaceWith(whole);
  prepare(whole);
  if (!focused || focused === document.body) return;
  const top = whole.querySelector("h2");
  if (top) top.tabIndex = -1; // where the focus goes when what had it is gone
  const back = focused.isConnected ? focused : firstOf(anew) ?? stopAt(document.getElementById(place), at) ?? firstOf(document.getElementById(around)?.querySelector("[data-new]")) ?? top;
  back?.focus({ preventScroll: true });
  if (selection?.[0] !== null && back === focused) selection && focused.setSelectionRange?.(...selection);
}

const isWithin = (field, path) => `${field.querySelector("[name=path]")?.value}/`.startsWith(`${path}/`);
const stopAt = (within, at) => (within ? stops(within)[at] : null);
const firstOf = (within) => within?.querySelector("input:not([type=hidden]), select");

function offer(field, fresh) {
  if (later.get(field.id)?.dataset.revision === fresh.dataset.revision) return;
  later.set(field.id, fresh);
  const shown = fresh.querySelector(".masked") ? say("now-hidden") : say("now-reads").replace("{value}", () => valueOf(fresh));
  const keep = () => (inform(field), controls(field.querySelector("form"))[0]?.focus());
  inform(field, say("just-changed"), [say("show-new"), () => inform(field, shown, [say("take-new"), () => swap(field, fresh)], [say("keep-mine"), keep])]);
}

const valueOf = (field) => [...field.querySelectorAll("form [name]:not([type=hidden])")].filter((each) => !["radio", "checkbox"].includes(each.type) || each.checked).map((each) => each.dataset.said ?? each.selectedOptions?.[0]?.textContent ?? (each.closest(".radios label")?.textContent ?? each.value)).filter(Boolean).join(", ") || "—";

function inform(field, text, ...choices) {
  const buttons = choices.map(([label, act]) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "secondary", textContent: label });
    button.addEventListener("click", act);
    return button;
  });
  const place = field.querySelector("[data-news]");
  if (!place) return; // a line of a cart keeps what is typed, and needs no words
  const wasThere = place.contains(document.activeElement);
  place.replaceChildren(...(text ? [text, " ", ...buttons] : []));
  if (wasThere) buttons[0]?.focus();
}
