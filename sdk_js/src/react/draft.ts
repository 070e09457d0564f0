/** A draft in a component. */

import { useMemo, useReducer, useSyncExternalStore } from "react";
import type { Draft } from "../draft.js";
import type { AnyForm } from "../paths.js";
import type { Snapshot } from "../snapshot.js";
import { type Provided, useProvided } from "./provider.js";

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
export type View<T = AnyForm> = Omit<UsedDraft<T>, "restart">;

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
 * the first edit.
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
  const source = useMemo(() => new DraftSource<T>(provided, process, options), [provided, process, options.key, round]);
  const view = useSyncExternalStore<View<T>>(source.subscribe, source.read, nothing);
  return useMemo(() => ({ ...view, restart: () => (source.forget(), next()) }), [view, source]);
}

const nothing = (): View => NOTHING;

/** Finds the draft once somebody subscribes, and tells what it shows. */
class DraftSource<T> {
  readonly #provided: Provided;
  readonly #process: string;
  readonly #options: Options;
  readonly #place: string;
  #view: View<T>;

  constructor(provided: Provided, process: string, options: Options) {
    this.#provided = provided;
    this.#process = process;
    this.#options = options;
    this.#place = JSON.stringify([process, options.key]);
    this.#view = provided.views.get(this.#place) ?? NOTHING;
  }

  readonly read = (): View<T> => this.#view;

  forget(): void {
    this.#provided.views.delete(this.#place);
  }

  readonly subscribe = (changed: () => void): (() => void) => {
    const ending = new AbortController();
    void this.#follow(ending.signal, (news) => {
      this.#view = { ...this.#view, ...news };
      this.#provided.views.set(this.#place, this.#view);
      changed();
    });
    return () => ending.abort();
  };

  async #follow(signal: AbortSignal, tell: (news: Partial<View<T>>) => void): Promise<void> {
    const { client } = this.#provided;
    const given = await client.redeem<T>().catch((error: unknown) => void (signal.aborted || tell({ error })));
    if (signal.aborted) return;
    const draft = given && this.#isWanted(given) ? given : client.draft<T>(this.#process, this.#options);
    signal.addEventListener("abort", draft.subscribe((snapshot) => tell({ ...snapshot, draft })));
    // Without an answer the page goes on from what this device has kept; the draft tries again by itself.
    await draft.resume().catch(() => undefined);
    if (!signal.aborted) tell({ isReady: true });
  }

  #isWanted(given: Draft<T>): boolean {
    return given.status === "open" && given.process === this.#process && (this.#options.key ?? given.key) === given.key;
  }
}
