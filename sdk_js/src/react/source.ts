/** What a component shows of something that is found once it is mounted, and again for whoever comes after a sign-out. */

import type { Draft } from "../draft.js";
import type { Unsubscribe } from "../status.js";
import type { Provided, Shown } from "./provider.js";

/** What was found, and how it is followed. */
export interface Found<V> {
  /** Shows it at once and on every change. */
  follow(tell: (news: Partial<V>) => void): Unsubscribe;
  /** Looks for what is there, and makes nothing. */
  resume(signal: AbortSignal): Promise<unknown>;
}

/** How something is found. */
export interface Finding<V> {
  /** Names it among all that is shown. */
  readonly place: string;
  /** While there is nothing. */
  readonly nothing: V;
  /** @param given - What a handoff brought to this page. */
  find(given: Draft | null): Found<V>;
}

/** What every view says besides. */
export interface Known {
  readonly isReady: boolean;
  readonly error: unknown;
}

export class Source<V extends Known> {
  readonly #provided: Provided;
  readonly #finding: Finding<V>;
  #view: V;
  /** Where it was shown: nowhere that anybody looks, once somebody has left. */
  #shown: Shown;

  constructor(provided: Provided, finding: Finding<V>) {
    this.#provided = provided;
    this.#finding = finding;
    this.#shown = provided.shown;
    this.#view = (provided.shown.get(finding.place) as V | undefined) ?? finding.nothing;
  }

  readonly read = (): V => (this.#shown === this.#provided.shown ? this.#view : this.#finding.nothing);

  forget(): void {
    this.#provided.shown.delete(this.#finding.place);
  }

  readonly subscribe = (changed: () => void): (() => void) => {
    const tell = (news: Partial<V>): void => (this.#note(news), changed());
    let following = this.#begin(tell);
    const stop = this.#provided.client.onOwner.add((next) => {
      following.abort();
      if (next) following = this.#begin(tell);
      else changed();
    });
    return () => (stop(), following.abort());
  };

  #note(news: Partial<V>): void {
    this.#shown = this.#provided.shown.set(this.#finding.place, (this.#view = { ...this.read(), ...news }));
  }

  #begin(tell: (news: Partial<V>) => void): AbortController {
    const ending = new AbortController();
    void this.#follow(ending.signal, tell);
    return ending;
  }

  async #follow(signal: AbortSignal, tell: (news: Partial<V>) => void): Promise<void> {
    const given = await this.#provided.client.redeem().catch((error: unknown) => void (signal.aborted || tell({ error } as Partial<V>)));
    if (signal.aborted) return;
    const found = this.#finding.find(given ?? null);
    signal.addEventListener("abort", found.follow(tell));
    await found.resume(signal);
    if (!signal.aborted) tell({ isReady: true } as Partial<V>);
  }
}
