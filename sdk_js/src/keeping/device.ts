/** Where this device keeps drafts, as the page wants it and as far as it can. */

import type { DraftStorage } from "./adapter.js";

/** What was asked for, else IndexedDB; null where there is none. */
export function deviceStorage(wanted: { readonly publishableKey: string; readonly draftStorage?: DraftStorage; readonly encrypt?: boolean }): DraftStorage | null {
  const { draftStorage, publishableKey, encrypt } = wanted;
  if (draftStorage?.persistence === "memory") return draftStorage;
  if (draftStorage === undefined && globalThis.indexedDB === undefined) return null;
  return later(async () => {
    const { DiscreetStorage } = await import("./discreet.js");
    return new DiscreetStorage(draftStorage ?? (await openDevice(`retoma:${publishableKey}`, encrypt)));
  });
}

async function openDevice(name: string, isEncrypted = false): Promise<DraftStorage> {
  const { IndexedDbStorage } = await import("./indexeddb.js");
  const storage = new IndexedDbStorage(name);
  return isEncrypted ? new (await import("./sealing.js")).SealedStorage(storage) : storage;
}

/** A storage that is loaded with the first draft; one that cannot be loaded has failed. */
function later(open: () => Promise<DraftStorage>): DraftStorage {
  let opening: Promise<DraftStorage> | null = null;
  /** Set once it is there, so that a page that is leaving need not wait a turn. */
  let storage: DraftStorage | null = null;
  const use = async <T>(act: (storage: DraftStorage) => T): Promise<Awaited<T>> => await act((storage ??= await (opening ??= open())));
  return {
    persistence: "durable",
    update: (place, act) => use((it) => it.update(place, act)),
    add: (place, rows) => use((it) => it.add(place, rows)),
    read: (place) => use((it) => it.read(place)),
    places: (owner) => use((it) => it.places(owner)),
    forget: (owner) => use((it) => it.forget(owner)),
  };
}
