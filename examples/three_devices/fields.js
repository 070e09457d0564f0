// @ts-check
/** The fields of the form on one device: where they are, what they are called, how their values read. */

/** @typedef {import("./language.js").Language} Language */
/** @typedef {import("./language.js").Said} Said */
/** @typedef {import("./texts.js").TextKey} TextKey */
/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */
/**
 * @typedef {object} Field
 * @property {string} path
 * @property {HTMLElement} element
 * @property {readonly Control[]} controls
 * @property {TextKey} name
 * @property {string} step
 */

export class Fields {
  /** @type {readonly Field[]} */
  all;

  constructor(/** @type {HTMLFormElement} */ form) {
    /** @type {NodeListOf<HTMLElement>} */
    this.steps = form.querySelectorAll(".step");
    this.all = [...form.querySelectorAll("[data-path]")].map((element) => fieldOf(/** @type {HTMLElement} */ (element)));
  }

  /** Those that hold one value each: all but groups. */
  get leaves() {
    return this.all.filter((field) => !field.element.classList.contains("group"));
  }

  /** The field, or the group, at a path. */
  at(/** @type {string} */ path) {
    return this.all.find((field) => field.path === path);
  }

  /** The field that a control belongs to. */
  of(/** @type {EventTarget | null} */ control) {
    return this.leaves.find((field) => field.controls.some((own) => own === control));
  }
}

function fieldOf(/** @type {HTMLElement} */ element) {
  const name = /** @type {HTMLElement} */ (element.querySelector(".name"));
  return {
    path: String(element.dataset.path),
    element,
    controls: /** @type {Control[]} */ ([...element.querySelectorAll("input, select, textarea")]),
    name: /** @type {TextKey} */ (name.dataset.text),
    step: String(/** @type {HTMLElement} */ (element.closest(".step")).dataset.step),
  };
}

/** A value as a person reads it. @returns {Said} */
export function inWords(/** @type {Field | undefined} */ field, /** @type {any} */ value) {
  if (value === undefined || value === null || value === "") return ["nothing"];
  if (typeof value === "boolean") return [value ? "yes" : "no"];
  if (typeof value === "object") return ["value", { value: Object.values(value).filter(Boolean).join(", ") }];
  const choice = field && choiceOf(field, String(value));
  return choice ? [choice] : ["value", { value }];
}

/** The words beside a radio button or in a list, for its value. */
function choiceOf(/** @type {Field} */ field, /** @type {string} */ value) {
  const option = [...field.element.querySelectorAll("option")].find((each) => each.value === value);
  const radio = field.controls.find((control) => control.type === "radio" && control.value === value);
  const words = option ?? radio?.parentElement?.querySelector("span");
  return /** @type {TextKey | undefined} */ (words?.dataset.text);
}

/** Who wrote something, as a person reads it. @returns {Said} */
export function byWhom(/** @type {{ kind: string, device: string | null, name: string | null }} */ { kind, device, name }) {
  if (kind === "staff") return ["by-staff", { name: name ?? "" }];
  if (kind === "service") return ["by-service"];
  if (device === "desktop" || device === "phone") return [device];
  return device ? ["value", { value: device }] : ["by-customer"];
}

/** The symbol of whoever wrote something. */
export const symbolOf = (/** @type {{ kind: string, channel: string }} */ { kind, channel }) =>
  kind === "staff" ? "store" : channel === "mobile_web" || kind === "grant" ? "phone" : "desktop";

/** Scrolls the form around an element so far that it shows; never the page, on which other devices are. */
export function reveal(/** @type {Element} */ element) {
  const form = /** @type {HTMLElement} */ (element.closest("form"));
  const [own, shown] = [element.getBoundingClientRect(), form.getBoundingClientRect()];
  const [above, below] = [own.top - shown.top - 10, own.bottom - shown.bottom + 10];
  form.scrollTop += above < 0 ? above : Math.min(above, Math.max(below, 0));
}

/** An icon from the page's own symbols. */
export function icon(/** @type {string} */ name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#${name}`);
  svg.append(use);
  return svg;
}

/** An element of the page, with its children. */
export function make(/** @type {string} */ tag, /** @type {string} */ className, /** @type {(Node | string)[]} */ ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}
