/** Values that can be watched. */

/**
 * Stops what it was given for.
 *
 * @example
 * const stop: Unsubscribe = draft.subscribe(render);
 * stop();
 */
export type Unsubscribe = () => void;

/** A set of listeners; one that throws never keeps the others from hearing. */
export class Listeners<T> {
  readonly #all = new Set<(value: T) => void>();

  /** Adds a listener and returns what removes it. */
  add(listener: (value: T) => void): Unsubscribe {
    const own = (value: T): void => listener(value);
    this.#all.add(own);
    return () => void this.#all.delete(own);
  }

  /** Tells all; an error of a listener surfaces as an uncaught one of the page, where it belongs. */
  tell(value: T): void {
    for (const listener of this.#all) {
      try {
        listener(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
