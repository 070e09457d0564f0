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

/** What was shown last, and whose it is: nobody else sees it. */
export interface Shown<T = AnyForm> {
  readonly owner: unknown;
  readonly view: View<T>;
}

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
  #shown: Shown<T> | undefined;

  constructor(provided: Provided, process: string, options: Options) {
    this.#provided = provided;
    this.#process = process;
    this.#options = options;
    this.#place = JSON.stringify([process, options.key]);
    this.#shown = provided.shown.get(this.#place) as Shown<T> | undefined;
  }

  readonly read = (): View<T> => (this.#shown?.owner === this.#provided.client.owned ? this.#shown.view : NOTHING);

  forget(): void {
    this.#provided.shown.delete(this.#place);
  }

  readonly subscribe = (changed: () => void): (() => void) => {
    const tell = (news: Partial<View<T>>): void => (this.#note(news), changed());
    let following = this.#begin(tell);
    const stop = this.#provided.client.onOwner.add((next) => {
      following.abort();
      if (next === null) changed();
      else following = this.#begin(tell);
    });
    return () => (stop(), following.abort());
  };

  #note(news: Partial<View<T>>): void {
    this.#shown = { owner: this.#provided.client.owned, view: { ...this.read(), ...news } };
    this.#provided.shown.set(this.#place, this.#shown);
  }

  #begin(tell: (news: Partial<View<T>>) => void): AbortController {
    const ending = new AbortController();
    void this.#follow(ending.signal, tell);
    return ending;
  }

  async #follow(signal: AbortSignal, tell: (news: Partial<View<T>>) => void): Promise<void> {
    const { client } = this.#provided;
    const given = await client.redeem<T>().catch((error: unknown) => void (signal.aborted || tell({ error })));
    if (signal.aborted) return;
    const draft = given && this.#isWanted(given) ? given : client.draft<T>(this.#process, this.#options);
    signal.addEventListener("abort", draft.subscribe((snapshot) => tell({ ...snapshot, draft })));
    // Without an answer the page goes on from what this device has kept.
    await draft.resume().catch(() => this.#resumeLater(draft, signal));
    if (!signal.aborted) tell({ isReady: true });
  }

  /** A draft that is not known yet is looked for again as soon as the server lets somebody in. */
  #resumeLater(draft: Draft<T>, signal: AbortSignal): void {
    if (signal.aborted || draft.id !== null) return;
    const again = (): void => void draft.resume().then(stop, () => undefined);
    const stop = this.#provided.client.drafts.watch(again, { process: this.#process, status: "open", limit: 1 });
    signal.addEventListener("abort", stop);
  }

  #isWanted(given: Draft<T>): boolean {
    return given.status === "open" && given.process === this.#process && (this.#options.key ?? given.key) === given.key;
  }
}
