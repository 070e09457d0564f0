/** A draft in a component. */

import { useMemo, useReducer, useSyncExternalStore } from "react";
import type { Retoma } from "../client.js";
import type { Draft } from "../draft.js";
import type { AnyForm } from "../paths.js";
import type { Snapshot } from "../snapshot.js";
import { type Provided, useProvided } from "./provider.js";
import { type Finding, type Found, Source } from "./source.js";

/**
 * A draft at one moment, for a component.
 *
 * @example
 * const { draft, value, isReady }: UsedDraft<Mortgage> = useDraft<Mortgage>("mortgage-application");
 */
export interface UsedDraft<T = AnyForm> extends Snapshot<T> {
  /** What the other hooks and event handlers use. Null on the server and until the component is mounted. */
  readonly draft: Draft<T> | null;
  /** Whether `value` is what was entered before, as far as this device and the server could be asked. */
  readonly isReady: boolean;
  /** Why the handoff in the page's address could not be redeemed; null where there is nothing to tell. */
  readonly error: unknown;
  /** Goes on with a fresh draft, once this one is completed or discarded. */
  readonly restart: () => void;
}

/** What a draft shows to components. */
type View<T = AnyForm> = Omit<UsedDraft<T>, "restart">;

interface Options {
  readonly key?: string;
}

const NOTHING: View = {
  draft: null,
  isReady: false,
  error: null,
  value: {},
  state: "saved",
  status: "open",
  revision: 0,
  position: null,
  conflicts: [],
  rejected: [],
};

/**
 * The draft of a process: the one that a handoff brought to this page, else the customer's own.
 *
 * Asks nothing during render or on the server; once mounted it resumes a draft that exists, and makes none before
 * the first edit. After a sign-out it is empty, and goes on with the draft of whoever comes next.
 *
 * @param options - `key`: tells one of several drafts of the process.
 * @example
 * const { draft, value, isReady } = useDraft<Mortgage>("mortgage-application");
 * return <button onClick={() => draft?.set("coApplicant", true)}>{value.coApplicant ? "Two of us" : "Only me"}</button>;
 */
export function useDraft<T = AnyForm>(process: string, options: Options = {}): UsedDraft<T> {
  const provided = useProvided();
  const [round, next] = useReducer((count: number) => count + 1, 0);
  // Another round is another draft.
  const source = useMemo(() => new Source(provided, findingOf<T>(provided, process, options)), [provided, process, options.key, round]);
  const view = useSyncExternalStore<View<T>>(source.subscribe, source.read, nothing);
  return useMemo(() => ({ ...view, restart: () => (source.forget(), next()) }), [view, source]);
}

const nothing = (): View => NOTHING;

/** The draft of a process, or the one that was passed to this page. */
function findingOf<T>({ client }: Provided, process: string, options: Options): Finding<View<T>> {
  const isWanted = (given: Draft): boolean => given.status === "open" && given.process === process && (options.key ?? given.key) === given.key;
  const find = (given: Draft | null): Found<View<T>> => {
    const draft = given && isWanted(given) ? (given as Draft<T>) : client.draft<T>(process, options);
    // Without an answer the page goes on from what this device has kept.
    const resume = (signal: AbortSignal): Promise<unknown> => draft.resume().catch(() => resumeLater(client, draft, signal));
    return { follow: (tell) => draft.subscribe((snapshot) => tell({ ...snapshot, draft })), resume };
  };
  return { place: JSON.stringify([process, options.key]), nothing: NOTHING, find };
}

/** A draft that is not known yet is looked for again as soon as the server lets somebody in. */
function resumeLater<T>(client: Retoma, draft: Draft<T>, signal: AbortSignal): void {
  if (signal.aborted || draft.id !== null) return;
  const again = (): void => void draft.resume().then(stop, () => undefined);
  const stop = client.drafts.watch(again, { process: draft.process, status: "open", limit: 1 });
  signal.addEventListener("abort", stop);
}
