/** What surrounds a client: a page of a browser, or an app. */

import type { Unsubscribe } from "./status.js";

/**
 * Tells a client when it is looked at or may reach the server again, and when it may go away.
 *
 * @example
 * const surroundings: Surroundings = { watch: ({ wake }) => radio.onSignal(wake) };
 * createRetoma({ url, publishableKey, surroundings });
 */
export interface Surroundings {
  /**
   * Begins to tell.
   *
   * @param on - `wake`: it is worth trying now, whatever failed before. `leave`: what waits should be kept and sent at
   *   once; nothing may run afterwards. `hurry`: the person is done with a field, so that now is the time to save.
   * @returns what ends it.
   */
  watch(on: { readonly wake: () => void; readonly leave: () => void; readonly hurry: () => void }): Unsubscribe;
}

/** The page that this runs in; nothing ever happens where there is none. */
export const pageSurroundings: Surroundings = {
  watch({ wake, leave, hurry }) {
    const ending = new AbortController();
    const { document } = globalThis;
    const on = (target: Partial<Pick<EventTarget, "addEventListener">> | undefined, types: string, act: () => void): void =>
      types.split(" ").forEach((type) => target?.addEventListener?.(type, act, { signal: ending.signal }));
    // The browser's word that the network is back is a reason to try, its absence never a reason not to.
    on(globalThis, "online pageshow", wake);
    on(globalThis, "pagehide", leave);
    on(document, "resume", wake);
    on(document, "freeze", leave);
    on(document, "visibilitychange", () => (document.hidden ? leave() : wake()));
    // After the page's own listeners, which may make an edit of the event.
    on(globalThis, "focusout change submit", () => queueMicrotask(hurry));
    return () => ending.abort();
  },
};
