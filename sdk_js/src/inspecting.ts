/** Shows how everything stands, without a single value: for developers, and for reports of faults. */

import type { Retoma } from "./client.js";
import type { ConnectionStatus } from "./connection.js";
import { hasUnsent } from "./leaving.js";
import { unknownRows } from "./keeping/records.js";
import type { Notices } from "./noticing.js";
import type { Owned } from "./owned.js";
import type { Syncing } from "./syncing.js";

/**
 * One change that waits.
 *
 * @example
 * const { drafts } = await retoma.inspect();
 * const waiting = drafts.flatMap(({ outbox }) => outbox).filter((change: InspectedChange) => !change.sent);
 */
export interface InspectedChange {
  readonly writer: string;
  readonly seq: number;
  readonly sent: boolean;
  readonly ops: readonly { readonly op: string; readonly path?: string; readonly seen?: number }[];
}

/**
 * One draft.
 *
 * @example
 * const { drafts } = await retoma.inspect();
 * console.table(drafts.map((draft: InspectedDraft) => ({ process: draft.process, revision: draft.revision })));
 */
export interface InspectedDraft {
  readonly process: string;
  readonly key: string;
  readonly id: string | null;
  readonly state: string;
  readonly revision: number;
  readonly conflicts: number;
  readonly rejected: number;
  /** Changes that are kept and that the server has not acknowledged. */
  readonly outbox: readonly InspectedChange[];
  /** Edits that are not kept yet. */
  readonly entered: number;
  /** Rows that a newer version of this package has kept; they are left to it. */
  readonly unknownRows: number;
}

/**
 * How everything stands.
 *
 * @example
 * const { unsent, leader, persistence } = await retoma.inspect();
 */
export interface Inspection {
  readonly connection: ConnectionStatus;
  readonly persistence: "durable" | "memory";
  readonly owner: string | null;
  /** Whether this tab holds the stream and sends for all tabs. */
  readonly leader: boolean;
  /** Whether anything is here that the server does not have. */
  readonly unsent: boolean;
  readonly drafts: readonly InspectedDraft[];
  /** Codes of the last errors, newest last. */
  readonly lastErrors: readonly string[];
}

/** Looks at everything of an owner. */
export async function inspect({ status, owned }: Pick<Retoma, "status" | "owned">, notices: Pick<Notices, "lastErrors"> = { lastErrors: [] }): Promise<Inspection> {
  const { shelf } = owned;
  return {
    connection: status,
    persistence: shelf.persistence,
    owner: shelf.owner,
    leader: owned.leads,
    unsent: await hasUnsent(owned),
    drafts: await Promise.all(owned.all.map((held) => inspectDraft(owned, held.draft, held.syncing))),
    lastErrors: notices.lastErrors,
  };
}

async function inspectDraft({ shelf }: Owned, draft: { readonly process: string; readonly key: string; readonly state: string }, syncing: Syncing): Promise<InspectedDraft> {
  const { storage, owner } = shelf.home;
  const kept = await storage.read({ owner, draft: syncing.name }).catch(() => ({ rows: [], snapshot: null }));
  const { id, stored, rejected, outbox, moving, buffer } = syncing.state;
  return {
    process: draft.process,
    key: draft.key,
    id,
    state: draft.state,
    revision: stored.revision,
    conflicts: stored.conflicts.size,
    rejected: rejected.length,
    outbox: outbox.changes.map(({ writer, seq, sent, steps }) => ({ writer, seq, sent, ops: steps.map(({ wire }) => withoutValue(wire)) })),
    entered: moving.length + buffer.length,
    unknownRows: unknownRows(kept).length,
  };
}

/** What an op does, without what somebody entered or chose. */
function withoutValue(wire: object): InspectedChange["ops"][number] {
  const { value: _, info: _info, sku: _sku, attributes: _attributes, offer: _offer, split: _split, price: _price, ...rest } = wire as Record<string, unknown>;
  return rest as unknown as InspectedChange["ops"][number];
}
