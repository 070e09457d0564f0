/** Speaks to those who do not see the page: nothing is lost, and nothing is repeated between two keystrokes. */

import { make } from "./elements.js";

/** As long as a screen reader has for a text before the next one takes its place. */
const SPOKEN_MS = 1000;
/** A state that lasts this long while nothing is typed is news. */
const LASTING_MS = 1000;

export class Voice {
  /** The region has to stand in the page before its text comes. */
  readonly region = make("p", "unseen");
  #waiting: readonly string[] = [];
  #isBusy = false;
  /** The state that was spoken of last; nobody has to be told that all is well from the start. */
  #told = "saved";
  #lasting: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.region.setAttribute("role", "status");
  }

  /** What is said while something else is spoken waits for its turn. */
  say(text: string): void {
    if (!this.#waiting.includes(text)) this.#waiting = [...this.#waiting, text];
    if (!this.#isBusy) this.#speak();
  }

  /** Speaks of the state that the form has come to, if it stays there: each call begins the wait anew. */
  state(name: string, text: string): void {
    clearTimeout(this.#lasting);
    if (isPassing(name) || name === this.#told) return;
    this.#lasting = setTimeout(() => {
      this.#told = name;
      this.say(text);
    }, LASTING_MS);
  }

  stop(): void {
    clearTimeout(this.#lasting);
    this.#waiting = [];
  }

  #speak(): void {
    this.#isBusy = this.#waiting.length > 0;
    if (!this.#isBusy) return;
    requestAnimationFrame(() => {
      this.region.textContent = this.#waiting.join(" ");
      this.#waiting = [];
      setTimeout(() => this.#speak(), SPOKEN_MS);
    });
  }
}

/** On its way as it should be. */
const isPassing = (name: string): boolean => name === "saving" || name === "kept";
