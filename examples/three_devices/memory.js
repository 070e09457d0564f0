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

/** A storage that lasts as long as the tab is open, with a drawer for each device that shares it. */
export class Drawer {
  #name;

  constructor(/** @type {string} */ name) {
    this.#name = `${name}/`;
  }

  get = (/** @type {string} */ key) => sessionStorage.getItem(this.#name + key);

  set = (/** @type {string} */ key, /** @type {string} */ value) => sessionStorage.setItem(this.#name + key, value);

  empty() {
    Object.keys(sessionStorage).filter((key) => key.startsWith(this.#name)).forEach((key) => sessionStorage.removeItem(key));
  }
}
