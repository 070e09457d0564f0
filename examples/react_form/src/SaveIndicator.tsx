import type { ReactElement } from "react";
import type { Draft, DraftState } from "retoma";
import { useSaveStatus } from "retoma/react";

const WORDS: Readonly<Record<DraftState, string>> = {
  saved: "Saved",
  saving: "Saving…",
  kept: "Saved on this device",
  offline: "Offline. Saved on this device",
  "needs-auth": "Saved on this device. Please sign in",
  "memory-only": "Not saved yet: keep this page open",
  conflict: "Two values met: please choose",
  closed: "Sent",
};

export function SaveIndicator<T>({ draft }: { readonly draft: Draft<T> | null }): ReactElement {
  const state = useSaveStatus(draft);
  return <output data-state={state}>{WORDS[state]}</output>;
}
