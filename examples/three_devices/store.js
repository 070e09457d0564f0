// @ts-check
/** The store: the staff console of the server, in a frame, and by which name and password the clerk signs in there. */

/** @typedef {import("./language.js").Language} Language */
/** @typedef {import("./customer.js").Config} Config */

/** Shows it, in the language of the page; chosen anew, the console begins anew, with what is at work in its list. */
export function showStore(/** @type {HTMLElement} */ store, /** @type {Language} */ language, /** @type {Config} */ { console: address, signInName, password }) {
  const frame = /** @type {HTMLIFrameElement} */ (store.querySelector("iframe"));
  const apart = /** @type {HTMLAnchorElement} */ (store.querySelector(".apart"));
  const say = () => {
    frame.src = apart.href = `${address}&lang=${language.name}`;
  };
  for (const [name, text] of Object.entries({ signInName, password })) {
    const place = /** @type {HTMLElement} */ (store.querySelector(`[data-credential=${name}]`));
    place.textContent = text;
  }
  language.onUse(say);
  say();
}
