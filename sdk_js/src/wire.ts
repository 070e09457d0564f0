/** The shapes that travel between this client and a Retoma server, as JSON. */

/** Any JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What the customer's draft is doing: only an `open` one takes changes. */
export type DraftStatus = "open" | "completed" | "discarded" | "expired";

/** Who wrote a value, as shown to the customer. */
export interface By {
  readonly kind: "visitor" | "customer" | "grant" | "staff" | "service";
  readonly channel: string;
  readonly writer: string | null;
  readonly device: string | null;
  /** Given for staff only. */
  readonly name: string | null;
}

/** One of the two values that met: a value, the fact that it was taken away, or one that staff may not see. */
export type Side =
  | { readonly value: Json; readonly unset?: never; readonly masked?: never; readonly by: By }
  | { readonly unset: true; readonly value?: never; readonly masked?: never; readonly by: By }
  | { readonly masked: true; readonly value?: never; readonly unset?: never; readonly by: By };

/**
 * A value that met another which its author had not seen; both are kept until someone chooses.
 *
 * With policy `incumbent` the `stored` value is in the draft and `arriving` was kept aside; with
 * `incoming` it is the other way round. `earlier` holds older kept values of the same device.
 *
 * @example
 * for (const conflict of draft.conflicts) {
 *   console.log(conflict.path, conflict.stored, conflict.arriving); // "/name" {value: "Ann"…} {value: "Anna"…}
 * }
 */
export interface Conflict {
  readonly id: string;
  /** JSON Pointer of the field, or of its group. */
  readonly path: string;
  readonly policy: "incumbent" | "incoming";
  readonly status: "open" | "resolved" | "superseded";
  readonly revision: number;
  readonly stored: Side;
  readonly arriving: Side;
  readonly earlier: readonly Side[];
}

/** Where the customer is in a process of several steps. */
export interface Position {
  readonly step: string;
  readonly cursor?: string | null;
}

/** Highest sequence number, by writer, of unacknowledged changes that were on screen. */
export type Also = Readonly<Record<string, number>>;

export type SetOp = { readonly op: "set"; readonly path: string; readonly value: Json; readonly seen: number; readonly also?: Also };
export type UnsetOp = { readonly op: "unset"; readonly path: string; readonly seen: number; readonly also?: Also };
export type ResolveOp = {
  readonly op: "resolve";
  readonly conflict: string;
  readonly choice: "stored" | "arriving" | "value";
  readonly value?: Json;
  readonly seen: number;
  readonly also?: Also;
};
export type PositionOp = { readonly op: "position"; readonly step: string; readonly cursor?: string };

/** One operation of a change. */
export type Op = SetOp | UnsetOp | ResolveOp | PositionOp;

export interface WireDraft {
  readonly id: string;
  readonly process: string;
  readonly kind: string;
  readonly key: string;
  readonly customer: string;
  readonly status: DraftStatus;
  readonly revision: number;
  readonly data: Json;
  readonly position: Position | null;
  readonly conflicts: readonly Conflict[];
  readonly created_at: string;
  readonly updated_at: string;
  readonly expires_at: string;
}

export type Cell =
  | { readonly value: Json; readonly unset?: never; readonly revision: number; readonly by: By }
  | { readonly unset: true; readonly value?: never; readonly revision: number; readonly by: By };

/** What changed in a draft after revision `from`, up to `revision`. */
export interface Delta {
  readonly id: string;
  readonly from: number;
  readonly revision: number;
  readonly epoch: string;
  readonly status: DraftStatus;
  readonly cells: Readonly<Record<string, Cell>>;
  readonly position?: Position | null;
  readonly conflicts: readonly Conflict[];
  readonly updated_at: string;
  readonly expires_at: string;
}

type Outcome = "applied" | "noop" | "conflict" | "rejected";

export interface Result {
  readonly seq: number;
  readonly status: Outcome | "replayed";
  readonly revision: number;
  readonly conflicts?: readonly string[];
  readonly code?: string;
  readonly path?: string;
  /** The first outcome, where the status is `replayed`. */
  readonly was?: Outcome;
}

/** The answer to a batch of changes. */
export interface ChangesReply {
  readonly revision: number;
  readonly epoch: string;
  readonly results: readonly Result[];
  readonly conflicts: readonly Conflict[];
  readonly delta?: Delta;
}

/** Something that happened to a draft, without its values. */
export interface DraftEvent {
  /** `draft-changed`, `handoff-redeemed`, `assist-started` and so on. */
  readonly type: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  /** What kind of principal did it; `system` for the server itself. */
  readonly actor: By["kind"] | "system";
  readonly channel: string;
  /** The handoff that was made, redeemed or ended, for whoever may {@link Draft.revoke} it. */
  readonly handoff?: string | null;
}

/** One message of the event stream. */
export interface WireEvent extends DraftEvent {
  readonly draft: string;
  readonly process: string;
  readonly revision: number;
  readonly delta?: Delta;
}

export interface WireHandoff {
  readonly id: string;
  readonly to: "device" | "staff";
  readonly status: string;
  readonly expires_at: string;
  readonly url?: string;
  readonly qr_svg?: string;
  readonly code?: string;
}

/** A draft that was passed to whoever asked. */
export interface Passed {
  readonly draft: WireDraft;
}

export interface Redemption extends Passed {
  readonly grant: string;
  readonly expires_at: string;
}

export interface HistoryItem {
  readonly revision: number;
  readonly at: string;
  readonly by: By;
  readonly status: string;
  readonly code?: string;
  readonly ops: readonly { readonly op: string; readonly path?: string; readonly value?: Json }[];
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}
