/**
 * The shapes that travel between this client and a Retoma server, as JSON.
 *
 * They rest on what the server's OpenAPI says (`npm run types`). Stated here is only what OpenAPI's types lose: that
 * what was received is never changed, that values are JSON, which members exclude each other, what this client sends.
 */

import type * as api from "./generated/types.gen.js";

/** What the server describes, except some members that are stated more closely; each must be one that it has. */
type Except<Shape, Members extends keyof Shape> = Readonly<Omit<Shape, Members>>;

/**
 * Any JSON value.
 *
 * @example
 * draft.set("/answers", ["yes", 3, null] satisfies Json);
 */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * What the customer's draft is doing: only an `open` one takes changes.
 *
 * @example
 * const isOver = (status: DraftStatus): boolean => status !== "open";
 */
export type DraftStatus = api.DraftOut["status"];

/**
 * Who wrote a value, as shown to the customer.
 *
 * @example
 * const by: By | undefined = draft.author("applicant.email");
 * show(by?.name ?? by?.device ?? "another device"); // "Marta", or "iPhone"
 */
export interface By extends Readonly<api.By> {
  /** Given for staff only. */
  readonly name: string | null;
}

/**
 * One of the two values that met: a value, the fact that it was taken away, or one that staff may not see.
 *
 * @example
 * const shown = ({ value, unset }: Side): string => (unset ? "(empty)" : String(value));
 */
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
export interface Conflict extends Except<api.ConflictOut, "stored" | "arriving" | "earlier"> {
  /** JSON Pointer of the field, or of its group. */
  readonly path: string;
  readonly stored: Side;
  readonly arriving: Side;
  readonly earlier: readonly Side[];
}

/**
 * Where the customer is in a process of several steps.
 *
 * @example
 * const { step }: Position = draft.position ?? { step: "you" };
 */
export interface Position {
  readonly step: string;
  readonly cursor?: string | null;
}

/** Highest sequence number, by writer, of unacknowledged changes that were on screen. */
export type Also = Readonly<Record<string, number>>;

/** What an op of this client always says, though plain callers may leave it out. */
interface Informed {
  readonly seen: number;
  readonly also?: Also;
}

export type SetOp = Except<api.OpSet, "value" | keyof Informed> & Informed & { readonly value: Json };
export type UnsetOp = Except<api.OpUnset, keyof Informed> & Informed;
export type ResolveOp = Except<api.OpResolve, "value" | keyof Informed> & Informed & { readonly value?: Json };
export type PositionOp = Except<api.OpPosition, "cursor"> & { readonly cursor?: string };

export type AddOp = Except<api.OpAdd, "info" | keyof Informed> & Informed & { readonly info?: { readonly [name: string]: Json } };
export type DecrementOp = Except<api.OpDecrement, "seen"> & Informed;
export type RemoveOp = Except<api.OpRemove, keyof Informed> & Informed;
export type SetQuantityOp = Except<api.OpSetQuantity, "if_revision" | keyof Informed> & Informed;
export type InfoOp = Except<api.OpInfo, "info"> & Informed & { readonly info: { readonly [name: string]: Json } };
export type ClearOp = Except<api.OpClear, keyof Informed> & Informed;

/** One operation of a cart's change. */
export type CartOp = AddOp | DecrementOp | RemoveOp | SetQuantityOp | InfoOp | ClearOp;

/** One operation of a change. */
export type Op = SetOp | UnsetOp | ResolveOp | PositionOp | CartOp;

/** A line of a cart, as the server shows it. */
export interface WireLine extends Except<api.LineOut, "attributes" | "info" | "by"> {
  readonly attributes: { readonly [name: string]: string | number | boolean | null };
  readonly info: { readonly [name: string]: Json };
  readonly by: By;
}

/** A line that cannot be had, as the server shows it. */
export interface WireUnavailable extends WireLine, Readonly<Pick<api.UnavailableOut, "reason">> {}

/** What a cart comes to, how far its order has come, and which carts are beside it. */
export interface Counted extends Readonly<Pick<api.DraftOut, "totals" | "completion" | "validation" | "merged_into" | "successor">> {
  readonly lines?: readonly WireLine[];
  readonly unavailable?: readonly WireUnavailable[];
}

export interface WireDraft extends Except<api.DraftOut, "data" | "position" | "conflicts" | keyof Counted>, Counted {
  readonly data: Json;
  readonly position: Position | null;
  readonly conflicts: readonly Conflict[];
}

export type Cell =
  | { readonly value: Json; readonly unset?: never; readonly revision: number; readonly by: By }
  | { readonly unset: true; readonly value?: never; readonly revision: number; readonly by: By };

/** What changed in a draft after revision `from`, up to `revision`. */
export interface Delta extends Except<api.DeltaOut, "status" | "cells" | "position" | "conflicts" | keyof Counted>, Counted {
  readonly status: DraftStatus;
  readonly cells: Readonly<Record<string, Cell>>;
  readonly position?: Position | null;
  readonly conflicts: readonly Conflict[];
}

type Outcome = Exclude<api.ResultOut["status"], "replayed">;

/** The result of one change of a writer that counts its changes. */
export interface Result extends Except<api.ResultOut, "seq" | "revision" | "conflicts" | "was" | "warnings"> {
  readonly seq: number;
  readonly revision: number;
  readonly conflicts?: readonly string[];
  readonly warnings?: readonly Readonly<api.WarnedOut>[];
  /** The first outcome, where the status is `replayed`. */
  readonly was?: Outcome;
}

/** The answer to a batch of changes. */
export interface ChangesReply extends Except<api.ChangesOut, "results" | "conflicts" | "delta"> {
  readonly results: readonly Result[];
  readonly conflicts: readonly Conflict[];
  readonly delta?: Delta;
}

/**
 * Something that happened to a draft, without its values.
 *
 * @example
 * draft.onEvent(({ type, at }: DraftEvent) => type === "handoff-redeemed" && say(`Opened elsewhere at ${at}`));
 */
export interface DraftEvent extends Readonly<Pick<api.EventOut, "type" | "at" | "channel">> {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** What kind of principal did it; `system` for the server itself. */
  readonly actor: By["kind"] | "system";
  /** The handoff that was made, redeemed or ended, for whoever may {@link Draft.revoke} it. */
  readonly handoff?: string | null;
}

/** One message of the event stream. */
export interface WireEvent extends DraftEvent, Readonly<Pick<api.EventOut, "draft" | "process" | "revision">> {
  readonly delta?: Delta;
}

export interface WireHandoff extends Except<api.HandoffOut, "to"> {
  readonly to: "device" | "email" | "phone" | "staff";
}

export type WireOffered = Readonly<api.WaitingOut>;

/** By which staff are in a draft. */
export type LetIn = Readonly<Pick<api.AssistOut, "id" | "draft">>;

/** A draft that was passed to whoever asked. */
export interface Passed {
  readonly draft: WireDraft;
  /** By which staff are in it; a customer's own device needs none. */
  readonly assist?: Pick<api.AssistOut, "id"> | null;
}

export interface Redemption extends Passed, Readonly<Pick<api.RedeemedOut, "grant" | "expires_at">> {
  /** Of a draft that was nobody's until now. */
  readonly visitor?: Pick<api.TokenOut, "token"> | null;
}

/**
 * One change of a draft, as its history tells it.
 *
 * @example
 * const { items } = await draft.history();
 * const first: HistoryItem | undefined = items.at(-1); // who began, and with what
 */
export interface HistoryItem extends Except<api.HistoryItem, "by" | "ops"> {
  readonly by: By;
  readonly ops: readonly { readonly op: string; readonly path?: string; readonly value?: Json }[];
}

/**
 * One page of a list; `next` is the cursor of the page after it, null at the end.
 *
 * @example
 * let page: Page<ListedDraft> = await retoma.drafts.list();
 * if (page.next) page = await retoma.drafts.list({ cursor: page.next });
 */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}
