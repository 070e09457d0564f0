/** Those who wait for a draft to come to a certain state. */

import type { RetomaError } from "./errors.js";

interface Waiter {
  readonly isDone: () => boolean;
  /** Sits out failures that may pass. */
  readonly isPatient: boolean;
  readonly resolve: () => void;
  readonly reject: (error: RetomaError) => void;
}

export class Waiting {
  #all: readonly Waiter[] = [];

  /** Resolves once `isDone`; rejects at the first failure, or, if patient, at a final one. */
  until(isDone: () => boolean, isPatient: boolean): Promise<void> {
    if (isDone()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#all = [...this.#all, { isDone, isPatient, resolve, reject }];
    });
  }

  /** Lets go those whose state has come. */
  check(): void {
    const done = this.#all.filter((waiter) => waiter.isDone());
    this.#all = this.#all.filter((waiter) => !done.includes(waiter));
    done.forEach((waiter) => waiter.resolve());
  }

  /** Turns away the impatient after a passing failure, everyone after a final one. */
  fail(error: RetomaError, isFinal: boolean): void {
    const failed = this.#all.filter((waiter) => isFinal || !waiter.isPatient);
    this.#all = this.#all.filter((waiter) => !failed.includes(waiter));
    failed.forEach((waiter) => waiter.reject(error));
  }
}
