/** What a save indicator shows. */

import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import type { Draft } from "../draft.js";
import type { DraftState } from "../snapshot.js";

/** A rest that lasts this long is no pause between two keystrokes. */
const CALM_MS = 400;

/**
 * How a draft stands, for a save indicator that does not flicker.
 *
 * Trouble shows at once. While somebody types, `saving` stays until nothing has changed for a moment: the indicator
 * is never ahead of what is true.
 *
 * @example
 * const state = useSaveStatus(draft);
 * return <output>{{ saving: "Saving…", kept: "Saved on this device", saved: "Saved", … }[state]}</output>;
 */
export function useSaveStatus<T>(draft: Draft<T> | null): DraftState {
  const subscribe = useCallback((changed: () => void) => draft?.subscribe(changed) ?? (() => undefined), [draft]);
  const state = useSyncExternalStore(subscribe, () => draft?.state ?? "saved", () => "saved" as const);
  const [shown, show] = useState(state);
  useEffect(() => {
    const isRest = shown === "saving" && (state === "saved" || state === "kept");
    const rest = setTimeout(() => show(state), isRest ? CALM_MS : 0);
    return () => clearTimeout(rest);
  }, [state, shown]);
  return state === "saving" || shown !== "saving" ? state : shown;
}
