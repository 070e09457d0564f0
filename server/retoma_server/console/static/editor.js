/** The editor of a customer's answers: saves each when it is left, and follows what the customer does meanwhile. */

const page = document.querySelector("[data-editor]");
const queue = []; // what waits to be sent, one after the other, so that nobody meets their own edit
const later = new Map(); // newer fields that wait until nobody is in the one on the page
const IDENTITY = ["csrf", "once", "seen", "epoch", "path"];
const CUSTOMERS = ["customer", "visitor", "grant"];
const CHANGES = ["draft-changed", "draft-conflicted", "draft-resolved", "draft-completed", "draft-discarded", "draft-expired", "draft-merged", "draft-moved", "completion-started", "completion-aborted", "completion-unknown", "assist-changed", "lease-taken", "lease-ended"];
const RETRY = 3000;

const say = (name) => page.getAttribute(`data-say-${name}`);
const mark = () => document.getElementById("editor-mark");
const fieldOf = (element) => element?.closest?.("[data-field]");
const controls = (form) => [...form.elements].filter((each) => each.name && !IDENTITY.includes(each.name) && each.type !== "hidden");
const name = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

// -- what is typed -------------------------------------------------------------------------------

function altered(control) {
  if (control.type === "radio" || control.type === "checkbox") return control.checked !== control.defaultChecked;
  if (control.options) return [...control.options].some((each) => each.selected !== each.defaultSelected);
  return control.value !== control.defaultValue;
}

const typed = (form) => JSON.stringify(controls(form).map((each) => [each.name, each.value, each.checked ?? null]));
const isDirty = (field) => [...field.querySelectorAll("form[data-save], form.new-line")].some((form) => form.dataset.rows === "changed" || controls(form).some(altered));
const isTyping = (field) => field.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
const isAsked = (field) => queue.some(({ form }) => field.contains(form));
const isHeld = (field) => field.matches(":active") || isDirty(field) || isTyping(field) || isAsked(field);

/** From now on what is in these controls is what was saved. */
function settle(form) {
  delete form.dataset.rows;
  for (const control of controls(form)) {
    if (control.type === "radio" || control.type === "checkbox") control.defaultChecked = control.checked;
    else if (control.options) for (const each of control.options) each.defaultSelected = each.selected;
    else control.defaultValue = control.value;
  }
}

function tell(form, text, kind = "") {
  const place = form.querySelector("[data-state]") ?? page.querySelector("#fields [data-state]");
  const line = document.createElement("p");
  line.className = kind;
  line.textContent = text;
  place?.replaceChildren(line);
}

// -- sending -------------------------------------------------------------------------------------

function save(form) {
  if (controls(form).some((each) => each.validity.badInput)) return tell(form, say("unfinished"), "bad");
  if (!isDirty(fieldOf(form)) || queue.some((job) => job.form === form && !job.sent)) return;
  queue.push({ form });
  run();
}

/** Saves what was left; whoever looks at what the customer changed meanwhile is still there. */
function leave(form) {
  const field = fieldOf(form);
  if (field && !(later.has(field.id) && field.contains(document.activeElement))) save(form);
}

function submit(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  body.set("once", name());
  queue.push({ form, body });
  run();
}

function bodyOf(job) {
  if (job.body) return job.body;
  const now = typed(job.form);
  if (job.sent !== now) job.once = name(); // the same answer under the same name is saved once, however often it is sent
  job.sent = now;
  const body = new URLSearchParams(new FormData(job.form));
  body.set("once", job.once);
  return body;
}

let running = false;
async function run() {
  if (running || !queue.length) return;
  running = true;
  const [job] = queue;
  const body = bodyOf(job);
  body.set("since", mark().dataset.revision);
  body.set("shape", mark().dataset.shape);
  tell(job.form, say("saving"));
  const answer = await ask("POST", job.form.action, body);
  running = false;
  if (!answer.page) {
    tell(job.form, say(answer.why), "bad");
    if (answer.why === "over") queue.shift();
    else return void setTimeout(run, RETRY);
  } else {
    queue.shift();
    take(answer.page, job);
  }
  run();
}

/** An answer as a document, which the browser reads without running anything in it; else why there is none. */
function ask(method, address, body) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open(method, address);
    request.responseType = "document";
    request.timeout = 20_000;
    request.setRequestHeader("HX-Request", "true");
    request.onloadend = () => {
      if (request.status === 200 && request.getResponseHeader("HX-Redirect")) return resolve({ why: "signed-out" });
      if (request.status === 200 && request.responseXML?.getElementById("editor-mark")) return resolve({ page: request.responseXML });
      const passes = request.status === 0 || request.status === 429 || request.status >= 500;
      resolve({ why: passes ? "offline" : "over" });
    };
    request.send(body);
  });
}

// -- putting news in place -----------------------------------------------------------------------

function take(news, job) {
  const whole = news.getElementById("fields");
  if (whole) putAll(document.adoptNode(whole), job);
  else for (const fresh of news.querySelectorAll("[data-field]")) put(document.adoptNode(fresh), job);
  const fresh = document.adoptNode(news.getElementById("editor-mark"));
  // Answers come one by one, yet one may be older than what a save has shown meanwhile.
  if (Number(fresh.dataset.revision) >= Number(mark().dataset.revision)) mark().replaceWith(fresh);
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
  const isSame = job.body || typed(job.form) === job.sent;
  const isRefused = note === "refused";
  if (!isRefused && isSame) settle(job.form);
  if (!isRefused && isSame && !isTyping(field)) return swap(field, fresh);
  field.classList.toggle("wrong", isRefused);
  for (const each of controls(job.form)) isRefused ? each.setAttribute("aria-invalid", "true") : each.removeAttribute("aria-invalid");
  field.querySelector("[data-state]")?.replaceChildren(...(fresh.querySelector("[data-state]")?.cloneNode(true).childNodes ?? []));
  if (isRefused) return;
  if (written) job.form.elements.seen.value = written; // what came after it was not on this screen
  field.dataset.revision = revision;
  if (written && Number(revision) > Number(written)) offer(field, fresh);
  else if (isSame) later.set(field.id, fresh);
  if (!isSame) save(job.form);
}

/** Shows what waited, where nobody is at work any more. */
function catchUp() {
  for (const [id, fresh] of later) {
    const field = document.getElementById(id);
    if (!field || Number(fresh.dataset.revision) < Number(field.dataset.revision)) later.delete(id);
    else if (!isHeld(field)) swap(field, fresh);
  }
}

function swap(field, fresh) {
  later.delete(field.id);
  const at = [...field.querySelectorAll("button, input, select, textarea, summary")].indexOf(document.activeElement);
  field.replaceWith(fresh);
  prepare(fresh);
  if (at >= 0) ([...fresh.querySelectorAll("button, input, select, textarea, summary")][at] ?? fresh.querySelector("input, button"))?.focus();
}

/** Other fields are there than before: the page's own stay where somebody is at work in them. */
function putAll(whole, job) {
  const focused = document.activeElement;
  const selection = focused && "selectionStart" in focused ? [focused.selectionStart, focused.selectionEnd] : null;
  const place = fieldOf(focused)?.id ?? "";
  const at = place ? [...fieldOf(focused).querySelectorAll("button, input")].indexOf(focused) : -1;
  if (job?.body) settle(job.form);
  for (const field of document.querySelectorAll("#fields [data-field]")) {
    const fresh = whole.querySelector(`#${CSS.escape(field.id)}`);
    const isOwn = job && !job.body && fieldOf(job.form) === field && fresh?.dataset.note;
    if (isOwn) answer(field, fresh, job);
    if (!field.isConnected || !isHeld(field)) continue;
    if (fresh) fresh.replaceWith(field);
    else if (isDirty(field)) whole.append(field);
    if (fresh && !isOwn && !isAsked(field) && fresh.dataset.revision !== field.dataset.revision) offer(field, fresh);
  }
  document.getElementById("fields").replaceWith(whole);
  prepare(whole);
  if (!focused || focused === document.body) return;
  const back = focused.isConnected ? focused : document.getElementById(place)?.querySelectorAll("button, input")[at];
  back?.focus({ preventScroll: true });
  if (selection?.[0] !== null && back === focused) selection && focused.setSelectionRange?.(...selection);
}

function offer(field, fresh) {
  if (later.get(field.id)?.dataset.revision === fresh.dataset.revision) return;
  later.set(field.id, fresh);
  const shown = fresh.querySelector(".masked") ? say("now-hidden") : say("now-reads").replace("{value}", () => valueOf(fresh));
  const keep = () => (inform(field), controls(field.querySelector("form"))[0]?.focus());
  inform(field, say("just-changed"), [say("show-new"), () => inform(field, shown, [say("take-new"), () => swap(field, fresh)], [say("keep-mine"), keep])]);
}

const valueOf = (field) => [...field.querySelectorAll("form [name]:not([type=hidden])")].filter((each) => !["radio", "checkbox"].includes(each.type) || each.checked).map((each) => each.selectedOptions?.[0]?.textContent ?? (each.closest(".radios label")?.textContent ?? each.value)).filter(Boolean).join(", ") || "—";

function inform(field, text, ...choices) {
  const buttons = choices.map(([label, act]) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "secondary", textContent: label });
    button.addEventListener("click", act);
    return button;
  });
  const place = field.querySelector("[data-news]");
  const wasThere = place.contains(document.activeElement);
  place.replaceChildren(...(text ? [text, " ", ...buttons] : []));
  if (wasThere) buttons[0]?.focus();
}

// -- lists ---------------------------------------------------------------------------------------

function prepare(within) {
  for (const button of within.querySelectorAll("[data-add-row], [data-remove-row]")) button.hidden = false;
}

function renumber(rows) {
  for (const [at, title] of [...rows.querySelectorAll("[data-row-name]")].entries()) title.textContent = say("row").replace("{number}", at + 1);
}

function addRow(button) {
  const rows = button.parentElement.querySelector("[data-rows]");
  const row = button.parentElement.querySelector("template").content.cloneNode(true);
  const number = String(Math.max(-1, ...[...rows.querySelectorAll("[name^='row.']")].map((each) => Number.parseInt(each.name.slice(4), 10))) + 1);
  for (const each of row.querySelectorAll("[name]")) each.name = each.name.replace("NEW", number);
  rows.append(row);
  renumber(rows);
  prepare(rows);
  rows.lastElementChild.querySelector("input, select")?.focus();
}

function removeRow(button) {
  const form = button.form;
  const rows = button.closest("[data-rows]");
  button.closest("li").remove();
  renumber(rows);
  form.dataset.rows = "changed";
  save(form);
  form.querySelector("[data-add-row]").focus();
}

// -- following -----------------------------------------------------------------------------------

let asking = false;
let again = false;
async function follow() {
  if (asking) return void (again = true);
  asking = true;
  const { revision, shape } = mark().dataset;
  const { page: news } = await ask("GET", `${page.dataset.help}/changes?${new URLSearchParams({ since: revision, shape })}`);
  asking = false;
  if (news) take(news);
  if (again) {
    again = false;
    follow();
  }
}

let quiet;
function present(text) {
  const place = page.querySelector("[data-presence]");
  if (place.textContent !== text) place.textContent = text;
  clearTimeout(quiet);
  if (text) quiet = setTimeout(() => present(text === say("typing") ? say("present") : ""), text === say("typing") ? 5_000 : 60_000);
}

function listen() {
  const events = new EventSource(page.dataset.events);
  for (const type of CHANGES) {
    events.addEventListener(type, ({ data }) => {
      const { actor } = JSON.parse(data);
      if (CUSTOMERS.includes(actor)) present(say("typing"));
      follow();
    });
  }
  events.addEventListener("ready", follow);
  events.addEventListener("reset", follow);
  events.addEventListener("auth", () => events.close());
}

page.addEventListener("change", ({ target }) => target.form?.matches("[data-save]") && setTimeout(leave, 0, target.form));
page.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.target.matches("[data-save]")) save(event.target);
  else submit(event.target, event.submitter);
});
page.addEventListener("click", ({ target }) => {
  if (target.matches("[data-add-row]")) addRow(target);
  if (target.matches("[data-remove-row]")) removeRow(target);
});
page.addEventListener("focusout", ({ target }) => {
  const form = fieldOf(target)?.querySelector("form[data-save]");
  if (form) setTimeout(leave, 0, form);
  setTimeout(catchUp, 250);
});
page.addEventListener("pointerup", () => setTimeout(catchUp, 50)); // never between pressing and letting go of a button
addEventListener("online", run);
addEventListener("beforeunload", (event) => queue.length && event.preventDefault());
document.documentElement.classList.add("live");
prepare(page);
listen();
