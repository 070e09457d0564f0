// @ts-check
/**
 * Hides the page once nobody has touched it for a while, in every tab, until whoever is signed in enters their
 * password. It keeps passers-by from reading; whether somebody is signed in is the server's affair.
 */

const IDLE_MS = 3 * 60_000;
const KEY = "retoma-locked";
const TOUCHES = ["pointerdown", "keydown", "wheel", "touchstart"];

/** Locks after a while, from the menu, and with other tabs; nothing where nobody is signed in. */
export function watchLock() {
  const dialog = /** @type {HTMLDialogElement | null} */ (document.querySelector("#lock"));
  if (!dialog) return keep(false);
  let touched = Date.now();
  const show = () => showLock(dialog, isLocked());
  const lock = () => (keep(true), show());
  const idle = Number(dialog.dataset["idle"]) || IDLE_MS;
  for (const touch of TOUCHES) addEventListener(touch, () => void (touched = Date.now()), { passive: true });
  // Time that a tablet slept counts too, so that it is compared and not waited for.
  setInterval(() => !isLocked() && Date.now() - touched > idle && lock(), 1_000);
  document.querySelector("[data-lock]")?.addEventListener("click", lock);
  addEventListener("storage", show);
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("unlocked", () => (keep(false), (touched = Date.now()), show()));
  show();
}

function showLock(/** @type {HTMLDialogElement} */ dialog, /** @type {boolean} */ locked) {
  document.documentElement.toggleAttribute("data-locked", locked);
  if (locked && !dialog.open) dialog.showModal();
  if (!locked && dialog.open) dialog.close();
  dialog.querySelector("form")?.reset();
}

let lockedHere = false;

function keep(/** @type {boolean} */ locked) {
  lockedHere = locked;
  try {
    if (locked) localStorage.setItem(KEY, "1");
    else localStorage.removeItem(KEY);
  } catch {
    // this page is locked all the same
  }
}

function isLocked() {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return lockedHere;
  }
}
