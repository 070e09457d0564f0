/** Lists of drafts. */

import type { AnyForm, Partly } from "./paths.js";
import type { Transport } from "./transport.js";
import type { Conflict, DraftStatus, Page, Position, WireDraft } from "./wire.js";

/** A draft in a list, as it was when the list was made. */
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
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly expiresAt: string;
}

/** Which drafts to list. */
export interface ListOptions {
  readonly process?: string;
  readonly status?: DraftStatus;
  /** 1 to 100. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

/** One page of drafts. */
export async function listDrafts(transport: Transport, options: ListOptions): Promise<Page<ListedDraft>> {
  const { data } = await transport.call<Page<WireDraft>>({ method: "GET", path: "drafts", query: { ...options } });
  return { items: data.items.map(listed), next: data.next };
}

function listed(wire: WireDraft): ListedDraft {
  const { created_at: createdAt, updated_at: updatedAt, expires_at: expiresAt, ...same } = wire;
  return { ...same, createdAt, updatedAt, expiresAt };
}
