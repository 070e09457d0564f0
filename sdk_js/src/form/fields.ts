/** Which controls of a form are kept, and under which path of the draft. */

import { pointerOf, toPointer } from "../pointer.js";
import { type Control, isControl } from "./controls.js";

/** All controls that share one path. */
export interface Field {
  readonly path: string;
  readonly controls: readonly Control[];
  /** A name with `[]`: a list however many controls there are. */
  readonly isList: boolean;
}

/**
 * The draft's path for a control (dots or a JSON Pointer), or null to leave it out.
 *
 * @example
 * const names: Names = (control) => control.dataset.path ?? null;
 */
export type Names = (control: Control) => string | null;

const NEVER_TYPES = new Set(["password", "hidden", "file", "submit", "button", "reset", "image"]);
const NEVER_AUTOCOMPLETE = /(^|\s)(cc-\S+|one-time-code|current-password|new-password)(\s|$)/i;
const NEVER_NAMES = /(^|[^a-z])(cvv|cvc|otp|pin)([^a-z]|$)/i;

/** Decides what is never stored; what has once been a password stays one, also when its text is shown. */
export class Refusals {
  readonly #passwords = new WeakSet<Control>();

  refuses(control: Control): boolean {
    if (control.type === "password") this.#passwords.add(control);
    return this.#passwords.has(control) || NEVER_TYPES.has(control.type) || isSecret(control);
  }
}

function isSecret(control: Control): boolean {
  if (NEVER_AUTOCOMPLETE.test(control.getAttribute("autocomplete") ?? "")) return true;
  return NEVER_NAMES.test(control.name) || control.closest("[data-retoma-ignore]") !== null;
}

/** The fields of a form as it stands. */
export function fieldsOf(form: HTMLFormElement, names: Names | undefined, refusals: Refusals): readonly Field[] {
  const fields = new Map<string, Field>();
  for (const control of [...form.elements].filter(isControl)) {
    const path = refusals.refuses(control) ? null : pathOf(control, names);
    if (path === null) continue;
    const controls = [...(fields.get(path)?.controls ?? []), control];
    fields.set(path, { path, controls, isList: control.name.endsWith("[]") });
  }
  return [...fields.values()];
}

/** The path of one control; null where its name is none. */
export function pathOf(control: Control, names: Names | undefined): string | null {
  try {
    const given = names?.(control);
    if (given !== undefined) return given === null ? null : toPointer(given);
    return control.name === "" ? null : pointerOf(keysOfName(control.name));
  } catch {
    return null;
  }
}

/** `a.b`, `a[b]` and `a[b][]` name the same as they do to most servers. */
export function keysOfName(name: string): string[] {
  const plain = name.replace(/\[\]$/, "").replace(/\[([^\]]*)\]/g, ".$1");
  return plain.split(".");
}
