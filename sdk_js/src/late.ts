/**
 * Late edits on their way: a visitor's tab that has not heard of the sign-in sets aside on the device what it entered into a
 * form that is its customer's by now, and a page of the customer takes it into their form. Loaded with the first exchange.
 *
 * Each waits under a writer, with a number and for a form that stay the same: however often it is sent, it counts once.
 */

import { BATCH, send } from "./batching.js";
import { answer } from "./cart/succession.js";
import { ClosedError, isRetomaError, unexpected } from "./errors.js";
import type { DraftStorage, Kept, Place, Row } from "./keeping/adapter.js";
import { pack, unpack } from "./keeping/records.js";
import type { Shelf } from "./keeping/shelf.js";
import type { Line } from "./line.js";
import { isUnderWay } from "./news.js";
import { type Change, onWire, withSeen } from "./outbox.js";
import { emptyState, isAside, type State, withRejected } from "./rebasing.js";
import { attempt, freshId } from "./storage.js";
import { NOTHING } from "./stored.js";
import type { ChangesReply, Json, Op, Result, WireDraft } from "./wire.js";

/** How the server answers what comes too late for a draft that was claimed. */
export const MERGED = "draft-merged";
/** How it answers what comes for a draft that was put aside meanwhile. */
export const PARKED = "draft-parked";

/** Rows of another version than that of changes are left alone by all that reads changes, and count as unsent. */
const LATE_VERSION = 2;

/** A form of this page, and where its device keeps it. */
interface Belated {
  readonly transport: Line;
  readonly shelf: Shelf;
  readonly name: string;
  readonly installation: string;
}

/** What this page shows of it. */
interface Showing {
  readonly state: State;
  apply(change: (state: State) => State): Promise<State>;
}

/** What is kept of one late change. */
interface Late {
  /** The form that it is for. */
  readonly to: string;
  readonly ops: readonly Op[];
}

/** Under which name this browser remembers the forms that went on as they were, so that what was seen of them still counts. */
const adoptedKey = (installation: string): string => `retoma.adopted.${installation}`;
const ADOPTED_REMEMBERED = 20;

/** Remembers forms whose values have the revisions of the visitor's. */
export function rememberAdopted(installation: string, forms: readonly string[]): void {
  const known = [...adoptedOn(installation), ...forms].slice(-ADOPTED_REMEMBERED);
  attempt(() => localStorage.setItem(adoptedKey(installation), JSON.stringify(known)));
}

/** Forms that went on as they were. */
export const adoptedOn = (installation: string): readonly string[] => attempt(() => JSON.parse(localStorage.getItem(adoptedKey(installation)) ?? "[]") as string[]) ?? [];

/** Sets aside what waits for a form of this page that was claimed, as one step for all tabs, and nothing else is left of it. */
export async function setEditsAside(parts: Belated, showing: Showing, into: string): Promise<void> {
  await showing.apply(same);
  const { home } = parts.shelf;
  await home.storage.update({ owner: home.owner, draft: parts.name }, (kept) => asideIn(kept, showing.state, into)).catch((error: unknown) => {
    parts.shelf.fail(home, error);
    throw unexpected(error);
  });
  await showing.apply(same);
}

const same = (state: State): State => state;

/** What may not be kept on this device cannot wait there: it goes to the person. */
function asideIn(kept: Kept, mine: State, into: string): Kept {
  const origin = unpack(kept, mine);
  const { state } = origin;
  if (isUnderWay(state)) return kept;
  const secrets = state.outbox.changes.filter((change) => isAside(state.stored, change));
  const late = lateRows(state, into);
  const stored = { ...NOTHING, unstored: state.stored.unstored, status: "merged" } as const;
  const emptied: State = { ...state, stored, outbox: { ...state.outbox, changes: [] } };
  const { rows, snapshot } = pack(secrets.reduce((now, change) => withRejected(now, change, MERGED), emptied), origin);
  return { rows: [...rows, ...late], snapshot };
}

/** Changes by their writers, who begin to count anew in another form; what each has seen of the others is told by the new names. */
function lateRows({ outbox, stored }: State, to: string): readonly Row[] {
  const changes = outbox.changes.filter((change) => change.steps.length > 0 && !isAside(stored, change));
  const names = new Map(changes.map(({ writer }) => [writer, freshId("w_")]));
  const numberOf = (writer: string, seq: number): number => changes.filter((change) => change.writer === writer && change.seq <= seq).length;
  const renamed = (writer: string, seq: number): readonly [string, number] => [names.get(writer) ?? writer, names.has(writer) ? numberOf(writer, seq) : seq];
  return changes.map((change, index) => {
    const [writer, seq] = renamed(change.writer, change.seq);
    const ops = onWire(change).ops.map((op) => withAlso(op, renamed));
    return { version: LATE_VERSION, writer, seq, order: outbox.order + index + 1, sent: false, whole: true, content: { to, ops } as unknown as Json };
  });
}

function withAlso(op: Op, renamed: (writer: string, seq: number) => readonly [string, number]): Op {
  if (!("also" in op) || op.also === undefined) return op;
  const also = Object.entries(op.also).map(([writer, seq]) => renamed(writer, seq)).filter(([, seq]) => seq > 0);
  return withSeen(op, { revision: op.seen, also: Object.fromEntries(also) });
}

/**
 * Takes into the customer's form what waits for it on this device. Whose it is, the server says: what belongs to somebody
 * else is neither shown nor sent. What is for a form that is parked waits until somebody chooses it.
 *
 * @returns whether anything was taken.
 * @throws RetomaError where it has to wait.
 */
export async function takeLateEdits(parts: Belated, showing: Showing): Promise<boolean> {
  return !served.has(showing) && new Taking(parts, showing).take();
}

/** Forms to which each tab that still shows them as the visitor's brings what waits by itself, for now. */
export const served = new WeakSet<Showing>();

/** Rounds of questions about what several pages have sent; more are left for the next time. */
const ROUNDS = 20;

class Taking {
  readonly #parts: Belated;
  readonly #showing: Showing;
  readonly #storage: DraftStorage;
  readonly #place: Place;

  constructor(parts: Belated, showing: Showing) {
    this.#parts = parts;
    this.#showing = showing;
    this.#storage = parts.shelf.home.storage;
    this.#place = { owner: `visitor:${parts.installation}`, draft: parts.name };
  }

  async take(): Promise<boolean> {
    await this.#ask();
    const { rows } = await this.#storage.read(this.#place);
    const late = rows.filter(({ version }) => version === LATE_VERSION).toSorted((one, other) => one.order - other.order);
    let isAny = false;
    for (const row of late) isAny = (await this.#deliver(row)) || isAny;
    return isAny;
  }

  /** Sorts what a visitor has left unsent here, where their form became this customer's: what was sent may have arrived. */
  async #ask(): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      const { state } = unpack(await this.#storage.read(this.#place), emptyState(""));
      if (state.id === null || state.outbox.changes.length === 0) return;
      if ((await this.#look(state.id))?.status !== "merged") return;
      await this.#sort(state.id, send(state, BATCH).batch);
    }
  }

  /** The refusal tells what became of what was sent; once that is known of everything, the rest is set aside. */
  async #sort(id: string, batch: readonly Change[]): Promise<void> {
    const writer = batch[0]?.writer ?? "";
    const told = await this.#post(id, writer, batch.map(onWire)).catch((error: unknown) => error);
    if (!isRetomaError(told, MERGED)) throw told;
    const { merged_into: into, results = [] } = told.facts as { readonly merged_into?: string; readonly results?: readonly Result[] };
    if (into === undefined) throw unexpected(told);
    await this.#storage.update(this.#place, (kept) => {
      const origin = unpack(kept, emptyState(""));
      return asideIn(pack(answer(origin.state, { code: MERGED, writer }, results), origin), emptyState(""), into);
    });
  }

  async #deliver(row: Row): Promise<boolean> {
    const { to, ops } = row.content as unknown as Late;
    if (to !== this.#showing.state.id && (await this.#look(to)) === null) return false;
    const isAdopted = adoptedOn(this.#parts.installation).includes(to);
    const change = { seq: row.seq, ops: isAdopted ? ops : ops.map(unseen) };
    try {
      await this.#tell(row, await this.#post(to, row.writer, [change]));
    } catch (error) {
      if (!isRetomaError(error, "draft-closed")) return this.#leave(error);
      await this.#refuse(ops, error.code);
    }
    await this.#storage.update(this.#place, (kept) => ({ ...kept, rows: kept.rows.filter(({ writer, seq }) => writer !== row.writer || seq !== row.seq) }));
    return true;
  }

  /** A form that is parked takes nothing until it is chosen. */
  #leave(error: unknown): false {
    if (isRetomaError(error) && error.code.endsWith("-parked")) return false;
    throw error;
  }

  async #tell({ content }: Row, reply: ChangesReply): Promise<void> {
    if (!Array.isArray(reply?.results)) throw unexpected(reply);
    const refused = reply.results.find(({ status, was }) => (was ?? status) === "rejected");
    if (refused !== undefined) await this.#refuse((content as unknown as Late).ops, refused.code ?? "rejected");
  }

  async #refuse(ops: readonly Op[], code: string): Promise<void> {
    await this.#showing.apply((state) => ({ ...state, rejected: [...state.rejected, { ops, code }] }));
  }

  async #post(id: string, writer: string, changes: readonly ReturnType<typeof onWire>[]): Promise<ChangesReply> {
    const { transport, installation } = this.#parts;
    const call = { method: "POST", path: `drafts/${id}/changes`, body: { writer, installation, changes }, attempts: 1 } as const;
    return (await transport.call<ChangesReply>(call)).data;
  }

  async #look(id: string): Promise<WireDraft | null> {
    try {
      return (await this.#parts.transport.call<WireDraft>({ method: "GET", path: `drafts/${id}`, attempts: 1 })).data;
    } catch (error) {
      if (error instanceof ClosedError) return null;
      throw error;
    }
  }
}

/** In a form that is another, its author had seen nothing but what came with it: what differs becomes a conflict. */
const unseen = (op: Op): Op => ("seen" in op && op.seen !== undefined ? { ...op, seen: 0 } : op);
