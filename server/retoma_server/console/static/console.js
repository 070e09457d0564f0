// @ts-check
/** What every page of the console does beyond showing itself: times, waiting, being offline, the lock, the code. */

import { watchLock } from "./lock.js";
import { watchCode } from "./code.js";
import { tellTimes } from "./times.js";

/** Says on a button that its form is on its way; nothing is sent twice. htmx and the editor say it of their own. */
function showWork(/** @type {SubmitEvent} */ event) {
  const button = event.submitter;
  if (!(button instanceof HTMLButtonElement) || event.defaultPrevented || button.form?.matches("[hx-post]")) return;
  const idle = button.textContent;
  button.setAttribute("aria-busy", "true");
  button.textContent = button.dataset["working"] ?? document.body.dataset["working"] ?? idle;
  setTimeout(() => (button.disabled = true)); // a button that is disabled at once sends nothing
  addEventListener("pageshow", () => {
    button.textContent = idle;
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }, { once: true });
}

/** Says when there is no connection; a form that is sent then would be lost with its page. */
function watchConnection(/** @type {HTMLElement} */ notice) {
  const tell = (isOff = !navigator.onLine) => (notice.hidden = !isOff);
  addEventListener("online", () => tell());
  addEventListener("offline", () => tell());
  document.addEventListener("htmx:error", () => tell(true));
  document.addEventListener("htmx:after:request", () => tell(false));
  document.addEventListener("submit", (event) => {
    if (navigator.onLine) return;
    event.preventDefault();
    tell();
  }, { capture: true });
  tell();
}

// So that "today" is the day of whoever stands here.
document.cookie = `retoma-zone=${Intl.DateTimeFormat().resolvedOptions().timeZone}; path=/; max-age=31536000; samesite=strict${location.protocol === "https:" ? "; secure" : ""}`;

tellTimes(document);
document.addEventListener("htmx:after:swap", (event) => tellTimes(/** @type {Element} */ (event.target).ownerDocument));
document.addEventListener("submit", showWork);
const offline = /** @type {HTMLElement | null} */ (document.querySelector("[data-offline]"));
if (offline) watchConnection(offline);
watchLock();
watchCode();
