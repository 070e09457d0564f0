/** The little that is remembered between page loads: the visitor token and the name of this installation. */

/**
 * A small synchronous store of strings; `localStorage` behind two functions.
 *
 * @example
 * const kept = new Map<string, string>();
 * createRetoma({ url, publishableKey, storage: { get: (key) => kept.get(key) ?? null, set: (key, value) => kept.set(key, value) } });
 */
export interface RetomaStorage {
  get(key: string): string | null;
  set(key: string, value: string): void;
}

/** `localStorage` where it works; private windows, sandboxed frames and full quotas refuse it: then for this page load. */
export function usableStorage(): RetomaStorage {
  const kept = new Map<string, string>();
  return {
    get: (key) => attempt(() => localStorage.getItem(key)) ?? kept.get(key) ?? null,
    set: (key, value) => {
      kept.set(key, value);
      attempt(() => localStorage.setItem(key, value));
    },
  };
}

/** What an act gives, or null where the browser refuses it. */
export function attempt<T>(act: () => T): T | null {
  try {
    return act();
  } catch {
    return null;
  }
}

/** A fresh identifier: a UUID of version 7 (RFC 9562) without its dashes, which sorts by time. */
export function freshId(prefix: string): string {
  const random = Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  // Version 7 and variant 8 stand at fixed places among what is random.
  return `${prefix}${Date.now().toString(16).padStart(12, "0")}7${random.slice(0, 3)}8${random.slice(3)}`;
}

/** The name of this browser profile, made on first use. */
export function installationOf(storage: RetomaStorage): string {
  const known = storage.get("retoma.installation");
  if (known) return known;
  const made = freshId("in_");
  storage.set("retoma.installation", made);
  return made;
}

/** Under which name a visitor's token is remembered. */
export const visitorKey = (publishableKey: string): string => `retoma.visitor.${publishableKey}`;

/** Under which name a device remembers a claim that is not made yet. */
export const claimKey = (publishableKey: string): string => `retoma.claim.${publishableKey}`;
