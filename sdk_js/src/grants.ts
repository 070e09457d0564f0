/** The draft that was passed to this tab, remembered so that a reload goes on with it. */

import { attempt } from "./storage.js";
import type { WireDraft } from "./wire.js";

/** Access to one draft. */
export interface Grant {
  readonly token: string;
  readonly draft: Pick<WireDraft, "id" | "process" | "key" | "kind">;
  /** The token by which it is nobody's yet who is here, until it is theirs. */
  readonly visitor?: string | undefined;
}

/** Remembers at most one grant; in the tab only, since it belongs to whoever sits before it. */
export class Grants {
  readonly #key: string;

  /** @param key - Under which the tab remembers it. */
  constructor(key: string) {
    this.#key = key;
  }

  get(): Grant | null {
    return attempt(() => JSON.parse(sessionStorage.getItem(this.#key) ?? "null") as Grant | null);
  }

  set({ token, draft: { id, process, key, kind }, visitor }: Grant): void {
    attempt(() => sessionStorage.setItem(this.#key, JSON.stringify({ token, draft: { id, process, key, kind }, visitor })));
  }

  forget(): void {
    attempt(() => sessionStorage.removeItem(this.#key));
  }
}
