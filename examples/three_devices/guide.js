// @ts-check
/** The things to try, ticked off as the person does them. */

/** What has been done, seen from what the devices show and what happened. @typedef {(shown: Record<string, any>, happened: Set<string>) => string[]} DeedsIn */

export class Guide {
  /** What each device shows, as last told. @type {Record<string, any>} */
  #shown = {};
  /** What happened to the draft, by type of event. @type {Set<string>} */
  #happened = new Set();

  constructor(/** @type {HTMLElement} */ list, /** @type {import("./language.js").Language} */ language, /** @type {DeedsIn} */ deedsIn) {
    this.list = list;
    this.language = language;
    this.deedsIn = deedsIn;
    this.#point();
  }

  /** Takes note of what a device shows now. */
  watch = (/** @type {string} */ device) => (/** @type {any} */ snapshot) => {
    this.#shown[device] = snapshot;
    this.#look();
  };

  /** Takes note of something that happened to the draft, on a phone elsewhere or in the store perhaps. */
  hear = (/** @type {{ type: string }} */ { type }) => {
    this.#happened.add(type);
    this.#look();
  };

  #look() {
    for (const deed of this.deedsIn(this.#shown, this.#happened)) this.#tick(deed);
  }

  #tick(/** @type {string} */ deed) {
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

/** What can be done with a form. @type {DeedsIn} */
export function deedsInForm({ desktop }, happened) {
  return done({
    typed: desktop?.value.name && desktop.state === "saved",
    passed: happened.has("handoff-redeemed"),
    settled: happened.has("draft-resolved"),
    signed: happened.has("claimed") && happened.has("phone-signed-in"),
    helped: happened.has("assist-started"),
    completed: happened.has("draft-completed"),
  });
}

/** What can be done with a cart. @type {DeedsIn} */
export function deedsInCart({ desktop, phone }, happened) {
  const isTogether = desktop?.id === phone?.id && desktop?.state === "saved" && phone?.state === "saved" && desktop.count === phone.count;
  return done({
    filled: desktop?.count > 0 && desktop.state === "saved",
    guest: happened.has("guest-added"),
    claimed: happened.has("claimed"),
    apart: happened.has("apart") && isTogether,
    helped: happened.has("assist-started"),
    ordered: happened.has("draft-completed"),
  });
}

const done = (/** @type {Record<string, unknown>} */ deeds) => Object.keys(deeds).filter((deed) => deeds[deed]);
