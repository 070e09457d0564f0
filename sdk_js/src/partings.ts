/** Tells the tabs of a browser, connected or not, who has signed out: by `localStorage`, without a name. */

import { attempt } from "./storage.js";

export class Partings {
  readonly #key: string;
  /** The last one that this tab has heard of. */
  #last: string | null;

  constructor(publishableKey: string) {
    this.#key = `retoma.parting.${publishableKey}`;
    this.#last = this.#newest();
  }

  /**
   * Tells of an owner's leaving.
   *
   * @param at - When; in the future of one who takes along what they have, so that nothing of it is forgotten.
   */
  tell(owner: string | null, at = Date.now()): void {
    const last = `${hashOf(owner)} ${at}`;
    this.#last = last;
    attempt(() => localStorage.setItem(this.#key, last));
  }

  /** How many milliseconds ago an owner has left in another tab; null where that is no news. */
  hear(owner: string | null): number | null {
    const last = this.#newest();
    if (last === this.#last) return null;
    this.#last = last;
    const [who, at] = last?.split(" ") ?? [];
    return who === hashOf(owner) ? Date.now() - Number(at) : null;
  }

  #newest(): string | null {
    return attempt(() => localStorage.getItem(this.#key));
  }
}

/** Tells an owner to those who know the owner. */
const hashOf = (owner: string | null): string => String([...(owner ?? "")].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1e9, 0));
