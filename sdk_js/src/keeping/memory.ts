/** Keeps drafts as long as the page lives: what is used where nothing better works. */

import { type DraftStorage, isMeant, type Kept, NOTHING_KEPT, type Place, type Row } from "./adapter.js";

/**
 * A {@link DraftStorage} that forgets everything with the page.
 *
 * @example
 * createRetoma({ url, publishableKey, draftStorage: memoryStorage() });
 */
export function memoryStorage(): DraftStorage {
  const owners = new Map<string, Map<string, Kept>>();
  const of = ({ owner, draft }: Place): Kept => owners.get(owner)?.get(draft) ?? NOTHING_KEPT;
  const put = ({ owner, draft }: Place, kept: Kept): Kept => {
    owners.set(owner, (owners.get(owner) ?? new Map<string, Kept>()).set(draft, kept));
    return kept;
  };
  return {
    persistence: "memory",
    update: async (place, act) => put(place, act(of(place))),
    add: async (place, rows) => void put(place, withRows(of(place), rows)),
    read: async (place) => of(place),
    places: async (owner) => [...(owners.get(owner) ?? [])].filter(([, kept]) => kept.rows.length > 0).map(([draft]) => draft),
    forget: async (meant) => [...owners.keys()].filter((owner) => isMeant(owner, meant)).forEach((owner) => owners.delete(owner)),
  };
}

/** What is kept once rows were put over it. */
export function withRows(kept: Kept, rows: readonly Row[]): Kept {
  const others = kept.rows.filter((old) => !rows.some((row) => row.writer === old.writer && row.seq === old.seq));
  return { ...kept, rows: [...others, ...rows] };
}
