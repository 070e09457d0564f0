// @ts-check
/** The field for a customer's code: spelled as it is typed, filled by a scanner that types, or by the camera. */

import { watchCamera } from "./camera.js";

const LETTERS = "BCDFGHJKLMNPQRSTVWXZ";
const SEPARATORS = /[\s._\u2010-\u2015-]/g;

/** Watches the field where there is one. */
export function watchCode() {
  const field = /** @type {HTMLInputElement | null} */ (document.querySelector("#code"));
  const spelled = /** @type {HTMLElement | null} */ (document.querySelector("#spelled"));
  if (!field?.form || !spelled) return;
  const words = JSON.parse(spelled.dataset["spelling"] ?? "{}");
  const { joined = "", never = "" } = spelled.dataset;
  const last = /** @type {HTMLElement} */ (document.querySelector("#spelled-last"));
  const spell = () => {
    const items = [...bare(field.value)].map((letter) => item(letter, words[letter], joined, never));
    spelled.replaceChildren(...items);
    last.textContent = items.at(-1)?.textContent ?? "";
  };
  field.addEventListener("input", spell);
  spell();
  // What a scanner types with nothing in focus is meant for the field.
  document.addEventListener("keydown", ({ key, target, ctrlKey, metaKey, altKey }) => {
    if (target === document.body && key.length === 1 && !ctrlKey && !metaKey && !altKey) field.focus();
  });
  watchCamera(isCode, (code) => {
    field.value = bare(code);
    spell();
    field.form?.requestSubmit();
  });
}

/** Whether a text could be a customer's code: whatever else a camera reads is not sent anywhere. */
const isCode = (/** @type {string} */ text) => bare(text).length === 8 && [...bare(text)].every((letter) => LETTERS.includes(letter));

const bare = (/** @type {string} */ text) => text.replace(SEPARATORS, "").toUpperCase();

function item(/** @type {string} */ letter, /** @type {string | undefined} */ word, /** @type {string} */ joined, /** @type {string} */ never) {
  const element = document.createElement("li");
  element.classList.toggle("never", word === undefined);
  element.textContent = fill(word === undefined ? never : joined, { letter, word: word ?? "" });
  return element;
}

const fill = (/** @type {string} */ text, /** @type {Record<string, string>} */ facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");
