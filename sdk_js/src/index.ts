/** Retoma: carry a form that a customer has begun from one device to the next. */

import { Retoma, type RetomaOptions } from "./client.js";
import { machineTimer } from "./timer.js";

/**
 * A connection to a Retoma server. Sends nothing until a draft is opened or edited.
 *
 * @example
 * const retoma = createRetoma({ url: "https://retoma.example", publishableKey: "pk_…" });
 */
export function createRetoma(options: RetomaOptions): Retoma {
  return new Retoma(options, machineTimer);
}

export type { HelpApproval, HelpChoice, HelpRequest } from "./asked.js";
export type { Retoma, RetomaOptions } from "./client.js";
export type { ConnectionStatus } from "./connection.js";
export type { GetToken, TokenReason, TokenReply } from "./credentials.js";
export type { Draft } from "./draft.js";
export type { Edits } from "./edits.js";
export {
  AuthRequiredError,
  ClosedError,
  ConflictError,
  isRetomaError,
  NetworkError,
  RateLimitedError,
  RejectedError,
  RetomaError,
  StorageError,
  UnsentChangesError,
} from "./errors.js";
export type { Field, FieldState } from "./field.js";
export type { Handoff, HandoffOptions, HandoffTo, OfferedHandoff, RedeemOptions } from "./handoff.js";
export type { Assist, Help, Helper, StaffAnswer } from "./help.js";
export type { InspectedChange, InspectedDraft, Inspection } from "./inspecting.js";
export type { DraftStorage, Kept, KeptSnapshot, Place, Row } from "./keeping/adapter.js";
export { memoryStorage } from "./keeping/memory.js";
export type { List, ListItem } from "./list.js";
export type { ListedDraft, ListOptions } from "./listing.js";
export type { AnyForm, Partly, Patch, Path, ValueAt } from "./paths.js";
export type { ClaimedCart, ClaimedForm, Receipt, SignInOptions, Touched } from "./receipts.js";
export type { Rejected } from "./rebasing.js";
export type { Seen } from "./seen.js";
export type { DraftState, Snapshot } from "./snapshot.js";
export type { Unsubscribe } from "./status.js";
export type { RetomaStorage } from "./storage.js";
export type { Surroundings } from "./surroundings.js";
export type { By, Conflict, DraftEvent, DraftStatus, HistoryItem, Json, Page, Position, Side } from "./wire.js";
