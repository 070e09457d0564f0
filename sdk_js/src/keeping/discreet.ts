/** Keeps from the device what a process says may not be kept there: it lives in this page's memory, and ends with it. */

import { isAsideName, type Step } from "../outbox.js";
import { isSecret, type Rejected } from "../rebasing.js";
import { isUnstored, type Stored } from "../stored.js";
import { type DraftStorage, isMeant, type Kept, type KeptSnapshot, type Place, type Row } from "./adapter.js";
import { withRows } from "./memory.js";
import { type Content, VERSION } from "./records.js";

/** What a page has of one draft beside what is kept. */
interface Secrets {
  /** Which draft, and which count of its revisions, they belong to. */
  readonly id: string | null;
  readonly epoch: string | null;
  /** The revision at which they are known. */
  readonly at: number;
  readonly unstored: readonly string[];
  /** All that this page has waiting: which of them are secrets may be learned later. */
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
      this.#learn(place, after);
      const { rows, snapshot } = withoutSecrets(after, before);
      return { rows, snapshot: after.snapshot === whole.snapshot ? kept.snapshot : snapshot };
    });
    if (after === null) throw new Error("A storage has to ask what it shall keep.");
    // A page that was left meanwhile has added some.
    const added = this.#of(place).rows.filter((row) => !before.rows.includes(row));
    const secrets = secretsIn(after, before);
    this.#secrets.set(keyOf(place), { ...secrets, rows: withRows({ rows: secrets.rows, snapshot: null }, added).rows });
    return after;
  }

  async add(place: Place, rows: readonly Row[]): Promise<void> {
    const known = this.#of(place);
    this.#secrets.set(keyOf(place), { ...known, rows: withRows({ rows: known.rows, snapshot: null }, rows).rows });
    await this.#storage.add(place, rows.filter((row) => !isSecretRow(known, row)));
  }

  async read(place: Place): Promise<Kept> {
    const kept = await this.#storage.read(place);
    this.#learn(place, kept);
    return withSecrets(kept, this.#of(place));
  }

  /** What may not be kept is known from the moment that a snapshot says so. */
  #learn(place: Place, kept: Kept): void {
    const content = readable(kept);
    if (content !== null) this.#secrets.set(keyOf(place), { ...this.#of(place), unstored: content.stored.unstored });
  }

  places(owner: string): Promise<readonly string[]> {
    return this.#storage.places(owner);
  }

  async forget(meant: string): Promise<void> {
    for (const key of this.#secrets.keys()) if (isMeant((JSON.parse(key) as [string])[0], meant)) this.#secrets.delete(key);
    await this.#storage.forget(meant);
  }

  #of(place: Place): Secrets {
    return this.#secrets.get(keyOf(place)) ?? NONE;
  }
}

const keyOf = ({ owner, draft }: Place): string => JSON.stringify([owner, draft]);

/** A snapshot of another version of this package is opaque. */
function readable({ snapshot }: Kept): Content | null {
  return snapshot?.version === VERSION ? (snapshot.content as unknown as Content) : null;
}

const isSecretRow = (stored: Pick<Stored, "unstored">, { version, writer, content }: Row): boolean =>
  version === VERSION && (isAsideName(writer) || stepsOf(content).some((step) => isSecret(stored, step)));

const stepsOf = (content: Row["content"]): readonly Step[] => content as unknown as readonly Step[];

/** What the server will not store of anybody is not kept here either. */
const NEVER = "payment-data-refused";

const isSecretRefusal = (stored: Pick<Stored, "unstored">, { ops, aside, code }: Rejected): boolean =>
  aside === true || code === NEVER || ops.some((op) => "path" in op && isUnstored(stored, op.path));

const pathIn = (conflict: unknown): string => (conflict as { readonly path: string }).path;

/** What is kept together with what this page has beside it. */
function withSecrets(kept: Kept, secrets: Secrets): Kept {
  const content = readable(kept);
  if (content === null || (content.stored.unstored.length === 0 && secrets.rejected.length === 0)) return kept;
  const { id, stored, rejected } = content;
  const isSameDraft = secrets.id === null || id === secrets.id;
  const { leaves, conflicts, at } = isSameDraft && stored.epoch === secrets.epoch ? secrets : NONE;
  const waiting = secrets.rows.filter((row) => isSecretRow(stored, row) && isWaiting(kept, content, row));
  return {
    rows: isSameDraft ? [...kept.rows, ...waiting] : kept.rows,
    snapshot: withContent(kept, {
      ...content,
      // What waited for a draft that is no more goes to the person.
      rejected: [...rejected, ...secrets.rejected, ...(isSameDraft ? [] : waiting.map(refusalOf))],
      stored: { ...stored, unstoredAt: Math.min(at, stored.revision), leaves: [...stored.leaves, ...leaves], conflicts: [...stored.conflicts, ...conflicts] },
    }),
  };
}

/** Neither kept, nor acknowledged by an exchange of another tab. */
const isWaiting = ({ rows }: Kept, { done }: Content, row: Row): boolean =>
  !rows.some(({ writer, seq }) => writer === row.writer && seq === row.seq) && (done[row.writer] ?? 0) < row.order;

const refusalOf = ({ content }: Row): Rejected => ({ ops: stepsOf(content).map(({ wire }) => wire), code: "draft-closed", aside: true });

/** What is known of a draft with no snapshot, which somebody has deleted, is what was known before. */
function withoutSecrets(whole: Kept, before: Secrets): Kept {
  const content = readable(whole);
  const { stored, rejected } = content ?? { stored: before, rejected: [] };
  if (stored.unstored.length === 0 && !rejected.some((refused) => isSecretRefusal(stored, refused))) return whole;
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
  if (content === null) return { ...before, rows: whole.rows };
  const { id, stored, rejected } = content;
  return {
    id,
    epoch: stored.epoch,
    at: stored.unstoredAt,
    unstored: stored.unstored,
    rows: whole.rows,
    leaves: stored.leaves.filter(([path]) => isUnstored(stored, path)),
    conflicts: stored.conflicts.filter((conflict) => isUnstored(stored, pathIn(conflict))),
    rejected: rejected.filter((refused) => isSecretRefusal(stored, refused)),
  };
}

const withContent = ({ snapshot }: Kept, content: Content): KeptSnapshot | null => snapshot && { ...snapshot, content: content as unknown as KeptSnapshot["content"] };
