// @ts-check
/** Reads the customer's code by the tablet's camera: by the browser's own reader where it has one, else by a library. */

/** @typedef {{ detect: (video: HTMLVideoElement) => Promise<{ rawValue: string }[]> }} Reader */

const EVERY = 150;
/** Why there is no picture, by the name of the browser's error; the page holds what is said of each. */
const TROUBLES = /** @type {Record<string, string>} */ ({ NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "missing", OverconstrainedError: "missing", NotReadableError: "busy", AbortError: "busy" });

/** Offers the camera where the browser lets pages have one; `isCode` knows a customer's code, `found` takes it. */
export function watchCamera(/** @type {(text: string) => boolean} */ isCode, /** @type {(code: string) => void} */ found) {
  const place = /** @type {HTMLElement | null} */ (document.querySelector("[data-camera]"));
  const button = /** @type {HTMLElement | null} */ (document.querySelector("[data-scan]"));
  if (!place || !button || !navigator.mediaDevices) return;
  const camera = new Camera(place, button, isCode, found);
  button.hidden = false;
  button.addEventListener("click", () => (camera.turn ? camera.stop() : void camera.start()));
  document.addEventListener("visibilitychange", () => document.hidden && camera.turn && camera.stop());
  addEventListener("pagehide", () => camera.stop());
}

/** The camera's picture; its light is on for no longer than it is looked through. */
class Camera {
  /** @type {object | null} What is under way between pressing the button and the end of it. */
  turn = null;

  constructor(/** @type {HTMLElement} */ place, /** @type {HTMLElement} */ button, /** @type {(text: string) => boolean} */ isCode, /** @type {(code: string) => void} */ found) {
    this.place = place;
    this.button = button;
    this.isCode = isCode;
    this.found = found;
    this.idle = button.textContent;
    this.video = /** @type {HTMLVideoElement} */ (place.querySelector("video"));
    this.state = /** @type {HTMLElement} */ (place.querySelector("[data-camera-state]"));
  }

  async start() {
    const mine = (this.turn = {});
    this.place.hidden = false;
    this.button.textContent = this.place.dataset["stop"] ?? "";
    this.say("starting");
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
      if (this.turn !== mine || isAway()) return release(stream), this.turn === mine && this.stop();
      for (const track of stream.getTracks()) track.addEventListener("ended", () => this.turn === mine && this.stop("gone"));
      this.video.srcObject = stream;
      this.video.hidden = false;
      const [eye] = await Promise.all([reader(), this.video.play()]);
      this.say("looking");
      await this.look(eye, mine);
    } catch (error) {
      if (this.turn === mine) this.stop(TROUBLES[/** @type {Error} */ (error).name] ?? "broken");
    }
  }

  async look(/** @type {Reader} */ eye, /** @type {object} */ mine) {
    while (this.turn === mine) {
      if (isAway()) return this.stop();
      const texts = (await eye.detect(this.video)).map(({ rawValue }) => rawValue);
      if (this.turn !== mine) return;
      const code = texts.find(this.isCode);
      if (code !== undefined) return this.stop("read"), this.found(code);
      if (texts.length) this.say("other");
      await new Promise((resolve) => setTimeout(resolve, EVERY));
    }
  }

  /** Lets go of the camera, and says why where that is not plain. */
  stop(why = "") {
    this.turn = null;
    release(/** @type {MediaStream | null} */ (this.video.srcObject));
    this.video.srcObject = null;
    this.video.hidden = true;
    this.button.textContent = this.idle;
    this.say(why);
    this.place.hidden = !why;
  }

  say(/** @type {string} */ name) {
    const text = this.place.dataset[name] ?? "";
    if (this.state.textContent !== text) this.state.textContent = text;
  }
}

function release(/** @type {MediaStream | null} */ stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** Whether nobody is to look at this page just now. */
const isAway = () => document.hidden || document.documentElement.hasAttribute("data-locked");

/** @returns {Promise<Reader>} */
async function reader() {
  const Own = /** @type {any} */ (globalThis).BarcodeDetector;
  const formats = Own ? await Own.getSupportedFormats().catch(() => []) : [];
  const Detector = formats.includes("qr_code") ? Own : (await import("./vendor/qr/decode.js")).BarcodeDetector;
  return new Detector({ formats: ["qr_code"] });
}
