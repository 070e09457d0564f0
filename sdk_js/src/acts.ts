/** What a person does with a draft as a whole, on the server; loaded with the first exchange. */

import { ConflictError, isRetomaError } from "./errors.js";
import { adopt } from "./exchange.js";
import type { Handoff, HandoffOptions, HandoffTo, OfferedHandoff } from "./handoff.js";
import type { Answer, LayableLine, Line } from "./line.js";
import { findDraft } from "./listing.js";
import type { Rejected } from "./rebasing.js";
import { discarded, dismissed } from "./settling.js";
import { freshId } from "./storage.js";
import { knownAt } from "./stored.js";
import type { Syncing, Target } from "./syncing.js";
import type { HistoryItem, Page, WireDraft, WireHandoff, WireOffered } from "./wire.js";

/** The draft that is acted on, and the way to its server. */
export interface Acting {
  readonly syncing: Syncing;
  readonly line: LayableLine;
  readonly target: Target;
}

/** How a person completes a draft. */
interface Completing {
  /** Settle open conflicts by what is stored. */
  readonly keepStored?: boolean;
  /** The prices of a cart that were accepted. */
  readonly priceHash?: string;
}

/** Opens a draft that there is, and makes none; says whether there is one. */
export async function resume({ syncing, line, target }: Acting): Promise<boolean> {
  await syncing.ready;
  if (syncing.id !== null) await syncing.confirm();
  const found = syncing.id === null ? await findDraft(await line.lay(), target) : null;
  if (found !== null && syncing.id === null) adopt(syncing, { data: found, etag: null });
  return syncing.id !== null;
}

/** Completes a draft as it is on screen, after sending what waits. */
export async function complete({ syncing, line }: Acting, { keepStored, priceHash }: Completing): Promise<void> {
  await syncing.flush();
  const body = { seen: knownAt(syncing.state.stored), ...(keepStored && { keep_stored: true }), ...(priceHash && { price_hash: priceHash }) };
  try {
    adopt(syncing, await post<WireDraft>(line, `drafts/${syncing.id}/complete`, body));
  } catch (error) {
    if (error instanceof ConflictError) syncing.catchUp();
    throw error;
  }
}

/** Throws a draft away, here and on the server. */
export async function discard({ syncing, line }: Acting): Promise<void> {
  await syncing.open();
  await line.call({ method: "DELETE", path: `drafts/${syncing.id}` });
  await syncing.apply(discarded);
}

/** Whether an error says that somebody has left this page, so that nothing is kept here any more. */
export const isLeft = (error: unknown): boolean => isRetomaError(error, "client-closed") || isRetomaError(error, "signed-out");

/** Takes a refused change off those that wait to be read; what this page has left stays as it is. */
export async function dismiss({ syncing }: Acting, refused: Rejected): Promise<void> {
  if (isLeft(syncing.ended)) throw syncing.ended;
  await syncing.apply((state) => dismissed(state, refused));
}

/** What was done to a draft, newest first. */
export async function history({ syncing, line }: Acting, page: { readonly limit?: number; readonly cursor?: string }): Promise<Page<HistoryItem>> {
  await syncing.open();
  return (await line.call<Page<HistoryItem>>({ method: "GET", path: `drafts/${syncing.id}/history`, query: page })).data;
}

/** Makes a handoff, after sending what waits. */
export async function handoff<To extends HandoffTo>({ syncing, line }: Acting, options: HandoffOptions<To>): Promise<Handoff<To>> {
  await syncing.flush();
  const { data } = await post<WireHandoff>(line, `drafts/${syncing.id}/handoffs`, { to: "device", ...options });
  return toHandoff(data) as Handoff<To>;
}

/** The handoffs that are on offer, with what lets a device go on that waits. */
export async function handoffs({ syncing, line }: Acting): Promise<readonly OfferedHandoff[]> {
  await syncing.open();
  const { data } = await line.call<Page<WireOffered>>({ method: "GET", path: `drafts/${syncing.id}/handoffs` });
  return data.items.map(({ id, to, expires_at: expiresAt, device = null, choices = [] }) => {
    const confirm = async (digits: string): Promise<void> => {
      await post(line, `handoffs/${id}/confirm`, { digits });
    };
    return { id, to: to as HandoffTo, expiresAt, device, choices, confirm };
  });
}

/** Ends a handoff and what it gave access to. */
export async function revoke({ line }: Acting, { id }: Pick<Handoff, "id">): Promise<void> {
  await line.call({ method: "DELETE", path: `handoffs/${id}` });
}

/** The key is fixed before the first attempt, so that a repeated one takes effect once. */
function post<R>(line: Line, path: string, body: unknown): Promise<Answer<R>> {
  return line.call<R>({ method: "POST", path, body, headers: { "Idempotency-Key": freshId("") } });
}

/** The handoff that an answer describes. */
function toHandoff(wire: WireHandoff): Handoff {
  const { id, to, expires_at: expiresAt } = wire;
  const qrSvg = wire.qr_svg ?? "";
  if (to === "staff") return { id, to, code: wire.code ?? "", spelled: wire.spelled ?? [], qrSvg, expiresAt };
  if (to === "device") return { id, to, url: wire.url ?? "", qrSvg, expiresAt };
  return { id, to, expiresAt };
}
