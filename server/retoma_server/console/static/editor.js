/** The editor of a customer's answers: saves each when it is left, and follows what the customer does meanwhile. */

import { addRow, prepare, removeRow } from "./lists.js";
import { keepUp } from "./keeping.js";
import { catchUp, take } from "./placing.js";
import { reveal } from "./revealing.js";
import { leave, look, run, save, submit } from "./sending.js";
import { end, signedOut } from "./standing.js";
import { fieldOf, page, queue, say } from "./typing.js";

const CUSTOMERS = ["customer", "visitor", "grant"];
const CHANGES = ["draft-changed", "draft-conflicted", "draft-resolved", "draft-completed", "draft-discarded", "draft-expired", "draft-merged", "draft-moved", "completion-started", "completion-aborted", "completion-unknown", "assist-changed", "lease-taken", "lease-ended"];

const REOPEN = 5_000;

let asking = false;
let again = false;
async function follow() {
  if (page.dataset.ended) return;
  if (asking) return void (again = true);
  asking = true;
  const { page: news, why } = await look();
  asking = false;
  if (why === "gone") return end();
  if (why === "signed-out") signedOut();
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
  if (page.dataset.ended) return;
  const events = new EventSource(page.dataset.events);
  for (const type of CHANGES) {
    events.addEventListener(type, ({ data }) => {
      const { actor } = JSON.parse(data);
      if (CUSTOMERS.includes(actor) && type.startsWith("draft-")) present(say("typing"));
      follow();
    });
  }
  events.addEventListener("ready", follow);
  events.addEventListener("reset", follow);
  const close = () => {
    events.close();
    present("");
    follow();
    setTimeout(listen, REOPEN); // whoever signs in again goes on
  };
  events.addEventListener("auth", close);
  events.addEventListener("error", () => events.readyState === EventSource.CLOSED && close());
}

page.addEventListener("change", ({ target }) => target.form?.matches("[data-save]") && setTimeout(leave, 0, target.form));
page.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.target.closest("[data-reveal]")) reveal(event.target);
  else if (event.target.matches("[data-save]")) save(event.target);
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
keepUp(follow);
