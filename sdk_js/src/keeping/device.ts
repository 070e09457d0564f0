/** Where this device keeps drafts, as the page wants it and as far as it can. */

import type { DraftStorage } from "./adapter.js";

/** What was asked for, else IndexedDB; null where there is none. */
export function deviceStorage(wanted: { readonly publishableKey: string; readonly draftStorage?: DraftStorage; readonly encrypt?: boolean }): DraftStorage | null {
  if (wanted.draftStorage !== undefined) return wanted.draftStorage;
  if (globalThis.indexedDB === undefined) return null;
  return later(() => openDevice(`retoma:${wanted.publishableKey}`, wanted.encrypt ?? false));
}

async function openDevice(name: string, isEncrypted: boolean): Promise<DraftStorage> {
  const { IndexedDbStorage } = await import("./indexeddb.js");
  const storage = new IndexedDbStorage(name);
  return isEncrypted ? new (await import("./sealing.js")).SealedStorage(storage) : storage;
}

/** A storage that is loaded with the first draft; one that cannot be loaded has failed. */
function later(open: () => Promise<DraftStorage>): DraftStorage {
  let opening: Promise<DraftStorage> | null = null;
  /** Set once it is there, so that a page that is leaving need not wait a turn. */
  let storage: DraftStorage | null = null;
  const get = async (): Promise<DraftStorage> => (storage = await (opening ??= open()));
  return {
    persistence: "durable",
    update: async (place, act) => (await get()).update(place, act),
    add: async (place, rows) => (storage ?? (await get())).add(place, rows),
    read: async (place) => (await get()).read(place),
    places: async (owner) => (await get()).places(owner),
    forget: async (owner) => (await get()).forget(owner),
  };
}
