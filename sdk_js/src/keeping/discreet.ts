/** Keeps from the device what a process says may not be kept there: it lives in this page's memory, and ends with it. */

import { isSecret } from "../rebasing.js";
import { isUnstored, type Stored } from "../stored.js";
import type { Step } from "../outbox.js";
import type { DraftStorage, Kept, KeptSnapshot, Place, Row } from "./adapter.js";
import { type Content, VERSION } from "./records.js";

/** What a page has of one draft beside what is kept. */
interface Secrets {
  /** Which draft, and which count of its revisions, they belong to. */
  readonly id: string | null;
  readonly epoch: string | null;
  /** The revision at which they are known. */
  readonly at: number;
  readonly unstored: readonly string[];
  readonly rows: readonly Row[];
  readonly leaves: Content["stored"]["leaves"];
  readonly conflicts: Content["stored"]["conflicts"];
  readonly rejected: Content["rejected"];
}

const NONE: Secrets = { id: null, epoch: null, at: 0, unstored: [], rows: [], leaves: [], conflicts: [], rejected: [] };

/** Another storage that never gets to see a secret. */
export class DiscreetStorage implements DraftStorage {
  readonly #storage: DraftStorage;
  readonly #secrets = new Map<string, Secrets>();

  constructor(storage: DraftStorage) {
    this.#storage = storage;
  }

  get persistence(): DraftStorage["persistence"] {
    return this.#storage.persistence;
  }

  async update(place: Place, act: (kept: Kept) => Kept): Promise<Kept> {
    const before = this.#of(place);
    let after: Kept | null = null;
    await this.#storage.update(place, (kept) => {
      const whole = withSecrets(kept, before);
      after = act(whole);
      const { rows, snapshot } = withoutSecrets(after, before);
      return { rows, snapshot: after.snapshot === whole.snapshot ? kept.snapshot : snapshot };
    });
    if (after === null) throw new Error("A storage has to ask what it shall keep.");
    this.#secrets.set(keyOf(place), secretsIn(after, before));
    return after;
  }

  async add(place: Place, rows: readonly Row[]): Promise<void> {
    const known = this.#of(place);
    const secret = rows.filter((row) => isSecretRow(known, row));
    this.#secrets.set(keyOf(place), { ...known, rows: [...known.rows, ...secret] });
    await this.#storage.add(place, rows.filter((row) => !secret.includes(row)));
  }

  async read(place: Place): Promise<Kept> {
    return withSecrets(await this.#storage.read(place), this.#of(place));
  }

  places(owner: string): Promise<readonly string[]> {
    return this.#storage.places(owner);
  }

  async forget(owner: string): Promise<void> {
    this.#secrets.clear();
    await this.#storage.forget(owner);
  }

  #of(place: Place): Secrets {
    return this.#secrets.get(keyOf(place)) ?? NONE;
  }
}

const keyOf = ({ owner, draft }: Place): string => JSON.stringify([owner, draft]);

const contentOf = (snapshot: KeptSnapshot): Content => snapshot.content as unknown as Content;

/** A snapshot of another version of this package is opaque. */
function readable({ snapshot }: Kept): Content | null {
  return snapshot === null || snapshot.version !== VERSION ? null : contentOf(snapshot);
}

const isSecretRow = (stored: Pick<Stored, "unstored">, { version, content }: Row): boolean =>
  version === VERSION && (content as unknown as readonly Step[]).some((step) => isSecret(stored, step));

const isSecretRefusal = (stored: Pick<Stored, "unstored">, { ops }: Content["rejected"][number]): boolean => ops.some((op) => "path" in op && isUnstored(stored, op.path));

const pathIn = (conflict: unknown): string => (conflict as { readonly path: string }).path;

/** What is kept together with what this page knows beside it, as long as both are about the same draft. */
function withSecrets(kept: Kept, secrets: Secrets): Kept {
  const content = readable(kept);
  if (content === null || content.stored.unstored.length === 0) return kept;
  const { id, stored } = content;
  const own = id === secrets.id && stored.epoch === secrets.epoch ? secrets : NONE;
  const isKept = (row: Row): boolean => kept.rows.some(({ writer, seq }) => writer === row.writer && seq === row.seq);
  return {
    rows: [...kept.rows, ...own.rows.filter((row) => !isKept(row))],
    snapshot: withContent(kept, {
      ...content,
      rejected: [...content.rejected, ...own.rejected],
      stored: { ...stored, unstoredAt: Math.min(own.at, stored.revision), leaves: [...stored.leaves, ...own.leaves], conflicts: [...stored.conflicts, ...own.conflicts] },
    }),
  };
}

/** What is known of a draft with no snapshot, which somebody has deleted, is what was known before. */
function withoutSecrets(whole: Kept, before: Secrets): Kept {
  const content = readable(whole);
  const { stored, rejected } = content ?? { stored: before, rejected: [] };
  if (stored.unstored.length === 0) return whole;
  const rows = whole.rows.filter((row) => !isSecretRow(stored, row));
  if (content === null) return { ...whole, rows };
  return {
    rows,
    snapshot: withContent(whole, {
      ...content,
      rejected: rejected.filter((refused) => !isSecretRefusal(stored, refused)),
      stored: {
        ...content.stored,
        unstoredAt: 0,
        leaves: content.stored.leaves.filter(([path]) => !isUnstored(stored, path)),
        conflicts: content.stored.conflicts.filter((conflict) => !isUnstored(stored, pathIn(conflict))),
      },
    }),
  };
}

function secretsIn(whole: Kept, before: Secrets): Secrets {
  const content = readable(whole);
  if (content === null) return { ...before, rows: whole.rows.filter((row) => isSecretRow(before, row)) };
  const { id, stored, rejected } = content;
  return {
    id,
    epoch: stored.epoch,
    at: stored.unstoredAt,
    unstored: stored.unstored,
    rows: whole.rows.filter((row) => isSecretRow(stored, row)),
    leaves: stored.leaves.filter(([path]) => isUnstored(stored, path)),
    conflicts: stored.conflicts.filter((conflict) => isUnstored(stored, pathIn(conflict))),
    rejected: rejected.filter((refused) => isSecretRefusal(stored, refused)),
  };
}

const withContent = ({ snapshot }: Kept, content: Content): KeptSnapshot | null => snapshot && { ...snapshot, content: content as unknown as KeptSnapshot["content"] };
