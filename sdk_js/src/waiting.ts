/** Those who wait for a draft to come to a certain state. */

import type { RetomaError } from "./errors.js";

interface Waiter {
  readonly isDone: () => boolean;
  /** Sits out failures that may pass. */
  readonly isPatient: boolean;
  /** The attempts that had begun by then: their failure is not meant. */
  readonly attempts: number;
  readonly resolve: () => void;
  readonly reject: (error: RetomaError) => void;
}

export class Waiting {
  #all: readonly Waiter[] = [];
  #attempts = 0;

  /** An attempt begins; those who wait already learn of its failure. */
  begin(): void {
    this.#attempts += 1;
  }

  /** Resolves once `isDone`; rejects when the next attempt fails, or, if patient, at a final failure. */
  until(isDone: () => boolean, isPatient: boolean): Promise<void> {
    if (isDone()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#all = [...this.#all, { isDone, isPatient, attempts: this.#attempts, resolve, reject }];
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
    const failed = this.#all.filter((waiter) => isFinal || (!waiter.isPatient && waiter.attempts < this.#attempts));
    this.#all = this.#all.filter((waiter) => !failed.includes(waiter));
    failed.forEach((waiter) => waiter.reject(error));
  }
}
