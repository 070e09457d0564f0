/** Sends what was typed, one after the other, and again where the connection was lost. */

import { take } from "./placing.js";
import { end } from "./standing.js";
import { controls, fieldOf, isDirty, isWriting, later, mark, page, queue, say, tell, typed } from "./typing.js";

const RETRY = 3000;
const name = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export function save(form) {
  if (form.dataset.held || page.dataset.ended) return;
  if (controls(form).some((each) => each.validity.badInput)) return tell(form, say("unfinished"), "bad");
  if (!isDirty(fieldOf(form)) || queue.some((job) => job.form === form && (!job.sent || job.sent === typed(form)))) return; // it is on its way
  queue.push({ form });
  run();
}

/** Saves what was left; whoever looks at what the customer changed meanwhile is still there, and so is whoever types on. */
export function leave(form) {
  const field = fieldOf(form);
  const looks = later.has(field?.id) && field.contains(document.activeElement);
  if (field && !looks && !isWriting(form)) save(form); // it runs a little after: half of the next text may be there
}

export function submit(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  body.set("once", name());
  queue.push({ form, body });
  run();
}

function bodyOf(job) {
  if (job.body) {
    const { seen } = job.form.elements;
    if (seen) job.body.set("seen", seen.value); // what was saved of its field meanwhile has been on this screen
    return job.body;
  }
  const now = typed(job.form);
  if (job.sent !== now) job.once = name(); // the same answer under the same name is saved once, however often it is sent
  job.sent = now;
  const body = new URLSearchParams(new FormData(job.form));
  body.set("once", job.once);
  return body;
}

let running = false;
export async function run() {
  if (running || !queue.length) return;
  running = true;
  const [job] = queue;
  const body = bodyOf(job);
  body.set("since", mark().dataset.revision);
  body.set("shape", mark().dataset.shape);
  if (job.form.matches("[data-send]")) body.set("seen", mark().dataset.revision);
  tell(job.form, say("saving"));
  const answer = await post(job.form.action, body);
  running = false;
  if (!answer.page) {
    if (answer.why === "gone") return void (queue.splice(0), end());
    tell(job.form, say(answer.why), "bad");
    if (answer.why === "over") queue.shift();
    else return void setTimeout(run, RETRY);
  } else {
    queue.shift();
    take(answer.page, job);
  }
  run();
}

/** The answer to a form; one that is refused is sent once more where somebody has signed in again meanwhile. */
export async function post(address, body) {
  const { csrf } = mark().dataset;
  body.set("csrf", csrf);
  const answer = await ask("POST", address, body);
  if (answer.why !== "over") return answer;
  const { page: news } = await look();
  if (news) take(news);
  if (mark().dataset.csrf === csrf) return answer;
  body.set("csrf", mark().dataset.csrf);
  return ask("POST", address, body);
}

/** What is newer on the server than on the page. */
export function look() {
  const { revision, shape } = mark().dataset;
  return ask("GET", `${page.dataset.help}/changes?${new URLSearchParams({ since: revision, shape })}`);
}

/** An answer as a document, which the browser reads without running anything in it; else why there is none. */
export function ask(method, address, body) {
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
      resolve({ why: passes ? "offline" : [404, 410].includes(request.status) ? "gone" : "over" });
    };
    request.send(body);
  });
}
