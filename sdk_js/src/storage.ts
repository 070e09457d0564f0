/** The little that is remembered between page loads: the visitor token and the name of this installation. */

import { v7 } from "uuid";

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

/** `localStorage` where it works (private windows and sandboxed frames refuse it), else memory. */
export function usableStorage(): RetomaStorage {
  try {
    const local = globalThis.localStorage;
    local.setItem("retoma.probe", "1");
    local.removeItem("retoma.probe");
    return { get: (key) => local.getItem(key), set: (key, value) => keep(local, key, value) };
  } catch {
    return memoryStorage();
  }
}

/** A full quota must not stop the page: the value is then known to this page load only. */
function keep(local: Storage, key: string, value: string): void {
  try {
    local.setItem(key, value);
  } catch {
    return;
  }
}

function memoryStorage(): RetomaStorage {
  const kept = new Map<string, string>();
  return { get: (key) => kept.get(key) ?? null, set: (key, value) => void kept.set(key, value) };
}

/** A fresh identifier; sorts by time. */
export const freshId = (prefix: string): string => `${prefix}${v7().replaceAll("-", "")}`;

/** The name of this browser profile, made on first use. */
export function installationOf(storage: RetomaStorage): string {
  const known = storage.get("retoma.installation");
  if (known) return known;
  const made = freshId("in_");
  storage.set("retoma.installation", made);
  return made;
}
