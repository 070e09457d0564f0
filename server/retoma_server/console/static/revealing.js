/** One masked answer, shown to a supervisor for a minute. */

import { post } from "./sending.js";
import { page, say } from "./typing.js";

const SECONDS = 60;

export async function reveal(form) {
  const place = form.closest("[data-reveal]");
  const { page: answer } = await post(form.action, new URLSearchParams(new FormData(form)));
  const shown = answer?.querySelector("[data-revealed]");
  if (!shown) return void form.querySelector("[data-state]").replaceChildren(Object.assign(document.createElement("p"), { className: "bad", textContent: say("reason") }));
  place.querySelector("[data-revealed]")?.remove();
  form.reset();
  form.closest("details").open = false;
  place.prepend(document.adoptNode(shown));
  place.querySelector("summary").focus();
  countDown(shown, Date.now() + SECONDS * 1000);
}

function countDown(shown, until) {
  const left = Math.ceil((until - Date.now()) / 1000);
  if (left <= 0 || !shown.isConnected || page.dataset.ended) return shown.remove();
  shown.querySelector("[data-left]").textContent = say("hidden-in").replace("{seconds}", String(left));
  setTimeout(countDown, 1000, shown, until);
}
