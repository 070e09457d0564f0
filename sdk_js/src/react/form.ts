/** A plain form in a component. */

import { type RefCallback, useEffect, useRef, useState } from "react";
import { bindForm, type BindOptions } from "../form/index.js";
import type { Draft } from "../draft.js";

/**
 * A ref that keeps a form of uncontrolled inputs and a draft alike, by `bindForm` of `retoma/form`. The form is reset
 * when its draft gives way to another one, after a sign-out or `restart`.
 *
 * @example
 * const { draft } = useDraft("mortgage-application");
 * return <form ref={useDraftForm(draft)}><input name="applicant.email" /></form>;
 */
export function useDraftForm<T>(draft: Draft<T> | null, options: BindOptions = {}): RefCallback<HTMLFormElement> {
  const [form, ref] = useState<HTMLFormElement | null>(null);
  const last = useRef<Draft<T> | null>(null);
  // Before it is bound: what the page itself resets is an edit.
  useEffect(() => {
    if (last.current !== null && last.current !== draft) form?.reset();
    last.current = draft;
  }, [draft, form]);
  // Options count when the form is bound: a page that writes them in place would bind it anew with every render.
  useEffect(() => (draft && form ? bindForm(draft, form, options) : undefined), [draft, form]);
  return ref;
}
