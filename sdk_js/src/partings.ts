/** Hears from the tabs of a browser, connected or not, who has signed out or in: by `localStorage`, without a name. */

import { attempt } from "./storage.js";

export class Partings {
  readonly key: string;
  /** The last one that this tab has heard of: the hash of who has left, when, and the hash of whom they turned out to be. */
  last: string;

  constructor(publishableKey: string) {
    this.key = `retoma.parting.${publishableKey}`;
    this.last = this.#newest();
  }

  /**
   * How many milliseconds ago an owner has left in another tab, less than none where they go on with what they have; null
   * where that is no news.
   */
  hear(owner: string | null): number | null {
    const last = this.#newest();
    const [who, at] = last.split(" ");
    const isNews = last !== this.last && who === hashOf(owner);
    this.last = last;
    return isNews ? Date.now() - Number(at) : null;
  }

  #newest(): string {
    return attempt(() => localStorage.getItem(this.key)) ?? "";
  }
}

/** Tells an owner to those who know the owner. */
export const hashOf = (owner: string | null): string => `${[...(owner ?? "")].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1e9, 0)}`;
