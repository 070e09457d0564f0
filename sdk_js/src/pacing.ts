/** When edits are kept, and when they are sent. */

const KEEP_MS = 250;
const SEND_MS = 250;
/** Somebody who types without a pause is saved this often. */
const LATEST_MS = 5000;

export class Pace {
  readonly #keep: () => void;
  readonly #send: () => void;
  #keeping: ReturnType<typeof setTimeout> | undefined;
  #sending: ReturnType<typeof setTimeout> | undefined;
  #began: number | null = null;

  constructor(keep: () => void, send: () => void) {
    this.#keep = keep;
    this.#send = send;
  }

  /** Somebody edits. */
  edited(): void {
    this.#keeping ??= setTimeout(() => {
      this.#keeping = undefined;
      this.#keep();
    }, KEEP_MS);
    this.wait();
  }

  /** Something waits to be sent, here or in another tab: a pause in typing is the time for it. */
  wait(): void {
    const now = performance.now();
    this.#began ??= now;
    clearTimeout(this.#sending);
    this.#sending = setTimeout(() => {
      this.stop();
      this.#send();
    }, Math.max(0, Math.min(SEND_MS, this.#began + LATEST_MS - now)));
  }

  stop(): void {
    clearTimeout(this.#keeping);
    clearTimeout(this.#sending);
    this.#keeping = undefined;
    this.#began = null;
  }
}
