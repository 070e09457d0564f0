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

/**
 * `tried`: a passing failure concerns the impatient who waited when the attempt began; the others have their own before them.
 * `impatient`: no further attempt will be made by itself. `everyone`: nothing can come any more.
 */
export type Reach = "tried" | "impatient" | "everyone";

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

  /** Whether somebody wants the next attempt now. */
  get isPressing(): boolean {
    return this.#all.some((waiter) => !waiter.isPatient);
  }

  /** Lets go those whose state has come. */
  check(): void {
    this.#part((waiter) => waiter.isDone()).forEach((waiter) => waiter.resolve());
  }

  /** Turns away those whom a failure concerns. */
  fail(error: RetomaError, reach: Reach): void {
    this.#part((waiter) => this.#reaches(reach, waiter)).forEach((waiter) => waiter.reject(error));
  }

  /** Takes those out for whom something holds. */
  #part(holds: (waiter: Waiter) => boolean): readonly Waiter[] {
    const parted = this.#all.filter(holds);
    this.#all = this.#all.filter((waiter) => !parted.includes(waiter));
    return parted;
  }

  #reaches(reach: Reach, waiter: Waiter): boolean {
    return reach === "everyone" || (!waiter.isPatient && (reach === "impatient" || waiter.attempts < this.#attempts));
  }
}
