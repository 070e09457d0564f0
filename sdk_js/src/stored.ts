/** What this device knows of the draft on the server. */

import { type Leaves, overlaps } from "./pointer.js";
import type { By, Conflict, DraftStatus, Position } from "./wire.js";

/** The draft as stored on the server at `revision`. */
export interface Stored {
  readonly revision: number;
  /** Unknown until the server has named it. */
  readonly epoch: string | null;
  readonly leaves: Leaves;
  /** Who wrote each path, of those that changed since the draft was opened here. */
  readonly authors: ReadonlyMap<string, By>;
  readonly position: Position | null;
  readonly status: DraftStatus;
  /** Open conflicts by id. */
  readonly conflicts: ReadonlyMap<string, Conflict>;
  /** The paths at and below which this device keeps nothing: what stands there lives as long as the page. */
  readonly unstored: readonly string[];
  /** The revision at which the leaves of these paths are known; another tab may have kept newer ones of all others. */
  readonly unstoredAt: number;
}

/** Before the server has answered: nothing has been seen. */
export const NOTHING: Stored = {
  revision: 0,
  epoch: null,
  leaves: new Map(),
  authors: new Map(),
  position: null,
  status: "open",
  conflicts: new Map(),
  unstored: [],
  unstoredAt: 0,
};

/** Whether a draft takes no change any more: completed, discarded, expired. A cart that is being ordered may be open again. */
export const isOver = ({ status }: Pick<Stored, "status">): boolean => status.endsWith("ed");

/** Whether what stands at a path may not be kept on this device. */
export const isUnstored = ({ unstored }: Pick<Stored, "unstored">, path: string): boolean => unstored.some((other) => overlaps(other, path));

/** The revision from which on news are wanted. */
export const knownAt = ({ revision, unstored, unstoredAt }: Stored): number => (unstored.length > 0 ? Math.min(revision, unstoredAt) : revision);
