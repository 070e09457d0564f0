/** Keeps plain HTML forms alive. */

import { Binding, type FormDraft } from "./binding.js";
import { Fields, type Names, type OnProblem } from "./fields.js";
import type { Texts } from "./interface/texts.js";
import { Screen } from "./screen.js";

export type { FormDraft } from "./binding.js";
export type { Control } from "./controls.js";
export type { Names, OnProblem } from "./fields.js";
export type { Texts } from "./interface/texts.js";

/**
 * How a form is bound.
 *
 * @example
 * const options: BindOptions = { names: (control) => control.dataset.path ?? null, texts: { saved: "All good" } };
 */
export interface BindOptions {
  /** The path for a control, or null to leave it out, in place of its name. */
  readonly names?: Names;
  /** Hears what of the form cannot be kept; by itself the console tells. */
  readonly onProblem?: OnProblem;
  /** False leaves out the interface: the page itself says how the form stands. */
  readonly ui?: boolean;
  /** Texts of the interface in place of its own, which are English, or Spanish where the page's `lang` is. */
  readonly texts?: Partial<Texts>;
}

/**
 * Restores a form from a draft and keeps what is typed in it.
 *
 * Names such as `applicant.email` or `applicant[email]` are paths of the draft; `data-retoma-name` says otherwise and
 * names a `contenteditable`. A draft that exists is resumed; none is made, and for a new visitor nothing is sent or
 * stored, before the first edit. The page's own initial values are not edits. A control that has the focus or unsaved
 * text is never overwritten: a notice beside it offers the newer value. Sections with `data-retoma-step` are steps, and
 * the visible one is remembered. Passwords, card data, one-time codes, files, hidden inputs and `[data-retoma-ignore]`
 * are never read, nor is any other field while a card number stands in it; `data-retoma-lookalike` says that
 * its numbers only look so. A submit sends what waits, and tells the page's back end the draft's id as `retoma_draft`.
 *
 * @returns what ends the binding, after handing over what was typed.
 * @throws TypeError without a form.
 * @example
 * const unbind = bindForm(draft, document.querySelector("form"));
 */
export function bindForm(draft: FormDraft, form: HTMLFormElement | null, options: BindOptions = {}): () => void {
  if (form === null) throw new TypeError("bindForm: there is no such form.");
  const fields = new Fields(form, options.names, options.onProblem ?? warn);
  const screen = options.ui === false ? null : new Screen(draft, options.texts ?? {});
  const binding = new Binding(draft, form, fields, (view) => screen?.show(binding, view));
  const unbind = binding.begin();
  return () => {
    unbind();
    screen?.remove();
  };
}

function warn(problem: Error): void {
  // oxlint-disable-next-line no-console -- what a form cannot keep must reach whoever develops its page
  console.warn(problem.message);
}
