// @ts-check
/** The field for a customer's code: spelled as it is typed, filled by a scanner that types, or by the camera. */

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
  void watchCamera(field, spell);
}

const bare = (/** @type {string} */ text) => text.replace(SEPARATORS, "").toUpperCase();

function item(/** @type {string} */ letter, /** @type {string | undefined} */ word, /** @type {string} */ joined, /** @type {string} */ never) {
  const element = document.createElement("li");
  element.classList.toggle("never", word === undefined);
  element.textContent = fill(word === undefined ? never : joined, { letter, word: word ?? "" });
  return element;
}

const fill = (/** @type {string} */ text, /** @type {Record<string, string>} */ facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");

/** Offers the camera where the browser can read codes with it. */
async function watchCamera(/** @type {HTMLInputElement} */ field, /** @type {() => void} */ spell) {
  const button = /** @type {HTMLElement | null} */ (document.querySelector("[data-scan]"));
  const video = /** @type {HTMLVideoElement | null} */ (document.querySelector("[data-camera]"));
  const Detector = /** @type {any} */ (globalThis).BarcodeDetector;
  if (!button || !video || !Detector || !navigator.mediaDevices) return;
  const formats = await Detector.getSupportedFormats();
  if (!formats.includes("qr_code")) return;
  const detector = new Detector({ formats: ["qr_code"] });
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (video.srcObject) return stop(video);
    const code = await scanned(video, detector).catch(() => null);
    stop(video);
    if (code === null) return field.focus();
    field.value = code;
    spell();
    field.form?.requestSubmit();
  });
}

/** The first code that the camera sees; null once it was stopped. Rejects where there is no camera to use. */
async function scanned(/** @type {HTMLVideoElement} */ video, /** @type {any} */ detector) {
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  video.hidden = false;
  await video.play();
  while (video.srcObject) {
    for (const { rawValue } of await detector.detect(video)) {
      const code = bare(rawValue);
      if (code.length === 8 && [...code].every((letter) => LETTERS.includes(letter))) return code;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return null;
}

function stop(/** @type {HTMLVideoElement} */ video) {
  const stream = /** @type {MediaStream | null} */ (video.srcObject);
  for (const track of stream?.getTracks() ?? []) track.stop();
  video.srcObject = null;
  video.hidden = true;
}
