// @ts-check
/** What a browser would keep between page loads, kept apart for each device that shares this one. */

/** A storage for `createRetoma` that forgets with the page. */
export function memory() {
  /** @type {Map<string, string>} */
  const kept = new Map();
  return {
    get: (/** @type {string} */ key) => kept.get(key) ?? null,
    set: (/** @type {string} */ key, /** @type {string} */ value) => void kept.set(key, value),
  };
}
