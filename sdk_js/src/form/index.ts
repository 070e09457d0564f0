/** Keeps plain HTML forms alive. */

import { Binding, type FormDraft } from "./binding.js";
import type { Names } from "./fields.js";

export type { FormDraft } from "./binding.js";
export type { Control } from "./controls.js";
export type { Names } from "./fields.js";

/**
 * Restores a form from a draft and saves what is typed in it.
 *
 * Names such as `applicant.email` or `applicant[email]` are paths of the draft. A draft that exists is resumed; none is
 * made, and for a new visitor nothing is sent, before the first edit. The page's own initial values are not edits. A control that has the focus or unsaved text is never overwritten.
 * Passwords, card data, one-time codes, files, hidden inputs and `[data-retoma-ignore]` are never read.
 *
 * @param options - `names`: the path for a control, or null to leave it out, in place of its name.
 * @returns what ends the binding, after handing over what was typed.
 * @example
 * const unbind = bindForm(draft, document.querySelector("form"));
 */
export function bindForm(draft: FormDraft, form: HTMLFormElement | null, options: { readonly names?: Names } = {}): () => void {
  if (form === null) throw new TypeError("bindForm: there is no such form.");
  return new Binding(draft, form, options.names).begin();
}
