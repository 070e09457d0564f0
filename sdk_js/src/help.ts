/** Help by staff as its customer sees it: who helps or asks to, what they entered, what ends it; loaded with the first exchange. */

import type { Acting } from "./acts.js";
import { askedOn, type HelpRequest } from "./asked.js";
import type { AccessLogOut, AssistOut, AssistsOut } from "./generated/types.gen.js";
import type { LayableLine, Line } from "./line.js";
import { toPointer } from "./pointer.js";
import { freshId } from "./storage.js";
import { knownAt } from "./stored.js";

/**
 * A member of staff in one draft, by its customer's consent: who, how far, and until when.
 *
 * It ends at `expiresAt` unless it is used again, and at `endsAt` anyway.
 *
 * @example
 * const told = ({ name, store }: Assist): string => (store === null ? name : `${name} in ${store}`);
 */
export interface Assist {
  readonly id: string;
  /** Who helps. It is a text: show it as one. */
  readonly name: string;
  readonly store: string | null;
  /** How they came: by the customer's code, because they asked, or, in an emergency, unasked. */
  readonly method: "code" | "lookup" | "override" | "started";
  readonly scope: "view" | "edit" | "complete";
  /** Whether they read the personal answers whole. */
  readonly showsAnswers: boolean;
  readonly beganAt: string;
  readonly expiresAt: string;
  readonly endsAt: string;
}

/**
 * A member of staff who helps now, and what the customer may decide about it; each counts at once.
 *
 * @example
 * const [helper] = (await draft.help()).helpers;
 * await helper?.takeBack();
 */
export interface Helper extends Assist {
  /** Why they look without having asked; null where they were let in, or where that is not to be read here. */
  readonly reason: string | null;
  /** Ends their help. */
  stop(): Promise<void>;
  /** They may look, and write no more. */
  takeBack(): Promise<void>;
  /** They read the personal answers whole, or no longer. */
  showAnswers(shows: boolean): Promise<void>;
}

/**
 * An answer that staff entered and the customer has neither confirmed nor changed; `confirm`: it must be, before completion.
 *
 * @example
 * const told = ({ path, name }: StaffAnswer): string => `${path} was entered by ${name}`;
 */
export interface StaffAnswer {
  readonly path: string;
  readonly name: string | null;
  readonly channel: string;
  readonly revision: number;
  readonly confirm: boolean;
}

/**
 * Who helps with a draft now, whoever came last first, who asks to, and what staff left in it.
 *
 * @example
 * const { helpers, requests, answers, confirm }: Help = await draft.help();
 */
export interface Help {
  readonly helpers: readonly Helper[];
  /** Staff who have no code and ask the customer, about this draft or another: `assist-requested` tells of a new one. */
  readonly requests: readonly HelpRequest[];
  readonly answers: readonly StaffAnswer[];
  /** Makes what staff entered at and below these paths the customer's own, as it is on screen. Sends first what waits. */
  readonly confirm: (...paths: readonly string[]) => Promise<void>;
}

/** What help there is, was, and is offered; none in a draft that is not open yet. */
export async function help(acting: Acting): Promise<Help> {
  const { syncing, line } = acting;
  const confirm: Help["confirm"] = (...paths) => confirmAnswers(acting, paths);
  const [{ helpers, answers }, requests] = await Promise.all([helpIn(line, syncing.id), askedOn(line)]);
  return { helpers, requests, answers, confirm };
}

async function helpIn(line: LayableLine, draft: string | null): Promise<Pick<Help, "helpers" | "answers">> {
  if (draft === null) return { helpers: [], answers: [] };
  const path = `drafts/${draft}/assists`;
  const { items, answers } = (await line.call<AssistsOut>({ method: "GET", path })).data;
  const reasons = await reasonsOf(line, items);
  return { helpers: items.map((each) => helperOf(each, reasons.get(each.id) ?? null, line, `${path}/${each.id}`)), answers };
}

/** Why staff look without having asked, by assist: their access log tells the customer, and nobody else. */
async function reasonsOf(line: LayableLine, assists: readonly AssistOut[]): Promise<ReadonlyMap<string, string>> {
  if ((await line.lay()).isStranger || !assists.some(({ method }) => method === "override")) return new Map();
  const log = await line.call<AccessLogOut>({ method: "GET", path: "me/access-log", query: { limit: 100 } }).catch(() => null);
  const told = (log?.data.items ?? []).filter(({ action }) => action === "assist-overridden");
  return new Map(told.map(({ assist, reason }) => [assist ?? "", reason ?? ""]));
}

async function confirmAnswers({ syncing, line }: Acting, paths: readonly string[]): Promise<void> {
  const seen = knownAt(syncing.state.stored);
  await syncing.flush();
  const body = { seen, ops: paths.map((path) => ({ op: "confirm", path: toPointer(path) })) };
  await line.call({ method: "POST", path: `drafts/${syncing.id}/changes`, body, headers: { "Idempotency-Key": freshId("") } });
  syncing.catchUp();
}

/** An assist as the server tells it. */
export function assistFrom({ id, staff, store, method, scope, ...wire }: AssistOut): Assist {
  const until = { beganAt: wire.began_at, expiresAt: wire.expires_at, endsAt: wire.ends_at };
  return { id, name: staff.name, store: store?.name ?? null, method, scope, showsAnswers: wire.shows_answers, ...until };
}

function helperOf(wire: AssistOut, reason: string | null, line: Line, path: string): Helper {
  const consent = async (body: unknown): Promise<void> => void (await line.call({ method: "PATCH", path, body }));
  return {
    ...assistFrom(wire),
    reason,
    stop: async () => void (await line.call({ method: "DELETE", path })),
    takeBack: () => consent({ scope: "view" }),
    showAnswers: (shows) => consent({ show_answers: shows }),
  };
}
