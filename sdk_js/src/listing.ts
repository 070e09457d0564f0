/** Lists of drafts. */

import { along, type Owners } from "./along.js";
import type { LaidLine, LayableLine } from "./line.js";
import type { Owned } from "./owned.js";
import type { AnyForm, Partly } from "./paths.js";
import { isOver } from "./stored.js";
import type { Target } from "./syncing.js";
import type { Conflict, DraftStatus, Page, Position, WireDraft } from "./wire.js";

/**
 * A draft in a list, as it was when the list was made.
 *
 * @example
 * const { items } = await retoma.drafts.list();
 * const title = ({ process, updatedAt }: ListedDraft): string => `${process}, ${updatedAt}`;
 */
export interface ListedDraft<T = AnyForm> {
  readonly id: string;
  readonly process: string;
  readonly kind: string;
  readonly key: string;
  readonly customer: string;
  readonly status: DraftStatus;
  readonly revision: number;
  readonly data: Partly<T>;
  readonly position: Position | null;
  readonly conflicts: readonly Conflict[];
  /** The customer's draft that a guest's one became, or came into, by a sign-in. */
  readonly mergedInto: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly expiresAt: string;
  /** Where it was last changed; `device` as its customer calls it, else as it calls itself. Null of an empty one. */
  readonly touched: { readonly channel: string; readonly device: string | null } | null;
}

/** A draft of a list, on the wire. */
type WireListed = WireDraft & Pick<ListedDraft, "touched">;

/**
 * Which drafts to list.
 *
 * @example
 * const options: ListOptions = { status: "open", limit: 10 };
 * const { items } = await retoma.drafts.list(options);
 */
export interface ListOptions {
  readonly process?: string;
  readonly status?: DraftStatus;
  /** 1 to 100. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

type Watcher = (drafts: readonly ListedDraft[]) => void;

/** One page of drafts; none, without asking, for somebody who never entered anything. */
export async function listDrafts(transport: LayableLine, options: ListOptions): Promise<Page<ListedDraft>> {
  const { items, next } = await pageOf(await transport.lay(), options);
  return { items: items.map(listed), next };
}

/** Lists again whenever something has happened; of somebody who has signed out nothing any more, and then of who comes next. */
export function watchDrafts(owners: Owners, options: ListOptions, fn: Watcher, stopped: AbortSignal): void {
  const list = async ({ transport }: Owned): Promise<readonly ListedDraft[]> => (await listDrafts(transport, options)).items;
  along(owners, { list, isNews: () => true }, fn, stopped);
}

/** The open draft of a process and key, if there is one; makes none. */
export async function findDraft(transport: LaidLine, { process, key, kind }: Target): Promise<WireDraft | null> {
  const { items } = await pageOf(transport, { process, ...(kind ? {} : { status: "open" }), limit: 100 });
  const found = items.filter((draft) => draft.key === key && !isOver(draft));
  // A cart that is being ordered is not open, and comes before the one that follows it.
  return found.find(({ status }) => status !== "open") ?? found[0] ?? null;
}

async function pageOf(transport: LaidLine, options: ListOptions): Promise<Page<WireListed>> {
  if (transport.isStranger) return { items: [], next: null };
  return (await transport.call<Page<WireListed>>({ method: "GET", path: "drafts", query: { ...options } })).data;
}

function listed(wire: WireListed): ListedDraft {
  const { unstored: _, merged_into: mergedInto = null, created_at: createdAt, updated_at: updatedAt, expires_at: expiresAt, ...same } = wire;
  return { ...same, mergedInto, createdAt, updatedAt, expiresAt };
}
