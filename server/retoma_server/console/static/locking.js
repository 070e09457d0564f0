/** Hides a page before it is shown, where it was locked: runs first, and does nothing else. */
try {
  if (localStorage.getItem("retoma-locked")) document.documentElement.dataset.locked = "";
} catch {
  // a browser that keeps nothing is not locked from one page to the next
}
