/**
 * Late adds on their way: a page that has only the guest's credential sets them aside on the device, and a page of the
 * customer takes them into the customer's cart. Loaded with the first exchange.
 *
 * Each waits in one place, under a writer and for a cart that stay the same until the server has said that this cart did
 * not take it: so however often it is sent, and by whichever page, it counts once.
 */

import { BATCH, send } from "../batching.js";
import { ClosedError, isRetomaError, unexpected } from "../errors.js";
import type { DraftStorage, Kept, Place, Row } from "../keeping/adapter.js";
import { pack, unpack } from "../keeping/records.js";
import type { Shelf } from "../keeping/shelf.js";
import type { Line } from "../line.js";
import { isSorted, isUnderWay } from "../news.js";
import { type Change, onWire } from "../outbox.js";
import { emptyState, type State } from "../rebasing.js";
import { settle } from "../settling.js";
import { attempt, freshId } from "../storage.js";
import type { Target } from "../syncing.js";
import type { ChangesReply, Result, WireDraft } from "../wire.js";
import { lateIn, lateRow, lateRows, sorted, type Sorted, waitingFor } from "./late.js";
import { pathOf } from "./place.js";
import type { Closing } from "./succession.js";

/** A cart of this page, and where its device keeps it. */
export interface Claiming {
  readonly transport: Line;
  readonly shelf: Shelf;
  readonly name: string;
  readonly installation: string;
  readonly target: Target;
}

/** What this page shows of it. */
interface Showing {
  readonly state: State;
  apply(change: (state: State) => State): Promise<State>;
}

/** Whether this page speaks for a customer; a guest's credential reaches no customer's cart. */
export const isCustomers = ({ shelf }: Pick<Claiming, "shelf">): boolean => shelf.owner?.startsWith("customer:") ?? false;

/** Under which name tabs hear, by `localStorage`, that something waits for the customer. */
export const pokeOf = (installation: string): string => `retoma.late.${installation}`;

/** Sorts what waits for a cart of this page that was merged, as one step for all tabs. */
export async function setAside(parts: Claiming, showing: Showing, closing: Closing, into: string): Promise<void> {
  await showing.apply(same);
  const { home } = parts.shelf;
  const isTold = !isCustomers(parts);
  const act = (kept: Kept): Kept => sortedIn(kept, showing.state, closing, into, isTold).kept;
  await home.storage.update({ owner: home.owner, draft: parts.name }, act).catch((error: unknown) => {
    parts.shelf.fail(home, error);
    throw unexpected(error);
  });
  await showing.apply(same);
  attempt(() => localStorage.setItem(pokeOf(parts.installation), String(Date.now())));
}

const same = (state: State): State => state;

/** What is kept once it was sorted; what is refused is told there, where it is a guest's. */
function sortedIn(before: Kept, mine: State, closing: Closing, into: string, isTold: boolean): { readonly kept: Kept; readonly sorted: Sorted } {
  const origin = unpack(before, mine);
  const found = sorted(origin.state, closing, into, () => freshId("w_"));
  const told = [...found.refused, ...(isTold ? found.rows.map(waitingFor) : [])];
  const { rows, snapshot } = pack({ ...found.state, rejected: [...found.state.rejected, ...told] }, origin);
  return { kept: { rows: [...rows, ...found.rows], snapshot }, sorted: found };
}

/**
 * Takes into the customer's cart what waits for it on this device: set aside by a page of theirs, or left by a guest whose
 * cart they have claimed. Whose it is, the server says: what belongs to somebody else is neither shown nor sent.
 *
 * @returns whether anything was taken.
 * @throws RetomaError where it has to wait.
 */
export async function takeLate(parts: Claiming, showing: Showing): Promise<boolean> {
  const { owner, storage } = parts.shelf.home;
  const guests = { owner: `visitor:${parts.installation}`, draft: parts.name };
  const taking = new Taking(parts, showing, storage);
  await taking.ask(guests);
  const taken = [await taking.take(guests), await taking.take({ owner, draft: parts.name })];
  return taken.includes(true);
}

/** Rounds of questions about what several pages have sent; more are left for the next time. */
const ROUNDS = 20;

class Taking {
  readonly #parts: Claiming;
  readonly #showing: Showing;
  readonly #storage: DraftStorage;
  /** By cart, what the server has said of it; null for one that is somebody else's, or gone. */
  readonly #known = new Map<string, WireDraft | null>();

  constructor(parts: Claiming, showing: Showing, storage: DraftStorage) {
    this.#parts = parts;
    this.#showing = showing;
    this.#storage = storage;
  }

  /** Sorts what a guest has left unsent here, where their cart became this customer's. */
  async ask(place: Place): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      const { state } = unpack(await this.#storage.read(place), emptyState(""));
      if (state.id === null || state.outbox.changes.length === 0 || isSorted(state.stored)) return;
      const into = (await this.#look(state.id))?.merged_into;
      if (!into) return;
      await this.#sort(place, await this.#closing(state), into);
    }
  }

  /** What became of what was sent; what was not sent cannot have arrived. */
  async #closing(state: State): Promise<Closing> {
    const { batch } = send(state, BATCH);
    const [first] = batch;
    if (first === undefined || !isUnderWay(state)) return { code: "draft-merged", writer: "" };
    const answer = await this.#post(state.id ?? "", first.writer, batch).catch((error: unknown) => error);
    if (!isRetomaError(answer, "draft-merged")) throw answer;
    return { code: answer.code, writer: first.writer, results: answer.facts["results"] as readonly Result[] };
  }

  async #sort(place: Place, closing: Closing, into: string): Promise<void> {
    let refused: Sorted["refused"] = [];
    await this.#storage.update(place, (kept) => {
      const done = sortedIn(kept, emptyState(""), closing, into, false);
      refused = done.sorted.refused;
      return done.kept;
    });
    if (refused.length > 0) await this.#showing.apply((state) => ({ ...state, rejected: [...state.rejected, ...refused] }));
  }

  /** Takes what was set aside at a place, as far as it is this customer's. */
  async take(place: Place): Promise<boolean> {
    let isAny = false;
    for (const row of lateRows((await this.#storage.read(place)).rows)) {
      if ((await this.#look(lateIn(row).to)) === null) continue;
      await this.#deliver(place, row);
      isAny = true;
    }
    return isAny;
  }

  async #deliver(place: Place, row: Row): Promise<void> {
    const { to, line, op } = lateIn(row);
    const change: Change = { writer: row.writer, seq: row.seq, order: row.order, steps: [{ wire: op, path: pathOf(line) }], sent: true, whole: true };
    try {
      await this.#tell(change, await this.#post(to, row.writer, [change]));
    } catch (error) {
      if (!isOverFor(error)) throw error;
      const next = await this.#passOn(place, row);
      if (next !== null) await this.#deliver(place, next);
      return;
    }
    await this.#storage.update(place, (kept) => without(kept, row));
  }

  /** What it has met, or why it was refused, is for the customer to read. */
  async #tell(change: Change, reply: ChangesReply): Promise<void> {
    if (!Array.isArray(reply?.results)) throw unexpected(reply);
    const isNews = reply.results.some(({ status, was, warnings = [] }) => (was ?? status) === "rejected" || warnings.length > 0);
    const withIt = (state: State): State => ({ ...state, outbox: { ...state.outbox, changes: [...state.outbox.changes, change] } });
    if (isNews) await this.#showing.apply((state) => settle(withIt(state), { ...reply, conflicts: [] }, change.writer).state);
  }

  /** The cart was ordered or parked without it: it goes into the one that the customer has now. Null where another tab was faster. */
  async #passOn(place: Place, row: Row): Promise<Row | null> {
    const { data } = await this.#parts.transport.call<WireDraft>({ method: "POST", path: "drafts", body: this.#parts.target });
    const next = lateRow({ ...lateIn(row), to: data.id }, row.order, freshId("w_"));
    const { rows } = await this.#storage.update(place, (kept) => ({ ...kept, rows: kept.rows.map((other) => (isSameRow(other, row) ? next : other)) }));
    return rows.find((other) => isSameRow(other, next)) ?? null;
  }

  async #post(id: string, writer: string, changes: readonly Change[]): Promise<ChangesReply> {
    const body = { writer, installation: this.#parts.installation, changes: changes.map(onWire) };
    return (await this.#parts.transport.call<ChangesReply>({ method: "POST", path: `drafts/${id}/changes`, body, attempts: 1 })).data;
  }

  async #look(id: string): Promise<WireDraft | null> {
    if (!this.#known.has(id)) this.#known.set(id, await this.#found(id));
    return this.#known.get(id) ?? null;
  }

  async #found(id: string): Promise<WireDraft | null> {
    try {
      return (await this.#parts.transport.call<WireDraft>({ method: "GET", path: `drafts/${id}`, attempts: 1 })).data;
    } catch (error) {
      if (error instanceof ClosedError) return null;
      throw error;
    }
  }
}

/** Whether an answer says for good that a cart takes no more, and has not taken this. */
const isOverFor = (error: unknown): boolean => isRetomaError(error, "draft-closed") || isRetomaError(error, "draft-parked");

const isSameRow = (one: Row, other: Row): boolean => one.writer === other.writer && one.seq === other.seq;

/** What is kept once a late add is where it belongs: neither the add, nor the warning that it waits. */
function without(kept: Kept, row: Row): Kept {
  const origin = unpack(kept, emptyState(""));
  const rejected = origin.state.rejected.filter(({ warned }) => warned?.id !== lateIn(row).id);
  const { rows, snapshot } = pack({ ...origin.state, rejected }, origin);
  return { rows: rows.filter((other) => !isSameRow(other, row)), snapshot };
}
