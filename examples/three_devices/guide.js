// @ts-check
/** The things to try, ticked off as the person does them. */

/** @typedef {"typed" | "passed" | "apart" | "settled" | "helped" | "completed"} Deed */

export class Guide {
  /** What each device shows, as last told. @type {Record<string, any>} */
  #shown = {};
  #metOnName = false;

  constructor(/** @type {HTMLElement} */ list, /** @type {import("./language.js").Language} */ language) {
    this.list = list;
    this.language = language;
    this.#point();
  }

  /** Takes note of what a device shows now. */
  watch = (/** @type {string} */ device) => (/** @type {any} */ snapshot) => {
    this.#shown[device] = snapshot;
    this.#metOnName ||= snapshot.conflicts.length > 0;
    for (const deed of deedsIn(this.#shown, this.#metOnName)) this.#tick(deed);
  };

  #tick(/** @type {Deed} */ deed) {
    const item = /** @type {HTMLElement} */ (this.list.querySelector(`[data-step="${deed}"]`));
    if (item.classList.contains("ticked")) return;
    item.classList.add("ticked");
    const done = document.createElement("span");
    done.className = "unseen";
    item.append(done);
    this.language.say(done, "step-done");
    this.#point();
  }

  /** The first thing that is not done yet is the one to do. */
  #point() {
    this.list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    this.list.querySelector("li:not(.ticked)")?.setAttribute("aria-current", "step");
  }
}

/** What has been done, seen from what the devices show. @returns {Deed[]} */
function deedsIn(/** @type {Record<string, any>} */ { desktop, phone, till }, /** @type {boolean} */ met) {
  const isApart = desktop?.state === "offline" && phone && desktop.value.name !== phone.value.name;
  const isSettled = met && [desktop, phone].every((snapshot) => !snapshot || snapshot.conflicts.length === 0);
  const isCompleted = [desktop, phone, till].some((snapshot) => snapshot?.status === "completed");
  /** @type {[Deed, unknown][]} */
  const deeds = [
    ["typed", desktop?.value.name && desktop.state === "saved"],
    ["passed", phone],
    ["apart", isApart],
    ["settled", isSettled],
    ["helped", till],
    ["completed", isCompleted],
  ];
  return deeds.filter(([, done]) => done).map(([deed]) => deed);
}
