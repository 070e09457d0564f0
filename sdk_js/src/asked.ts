/** What a customer is asked by staff who have no code, and what they answer; loaded with the first exchange. */

import type { AssistRequestOut, AssistRequestsOut, ProcessOut } from "./generated/types.gen.js";
import type { LayableLine, Line } from "./line.js";
import type { Page, WireDraft } from "./wire.js";

/**
 * One of the drafts that staff may be let into.
 *
 * @example
 * const title = ({ titles, process }: HelpChoice): string => titles["en"] ?? process;
 */
export interface HelpChoice {
  readonly draft: string;
  readonly process: string;
  readonly key: string;
  /** What the process is called, by language. */
  readonly titles: Readonly<Record<string, string>>;
}

/**
 * How far somebody is let in.
 *
 * @example
 * const approval: HelpApproval = { scope: "view", draft: chosen.draft };
 */
export interface HelpApproval {
  /** Whether they look only, change as well (unless said), or complete it too. */
  readonly scope?: "view" | "edit" | "complete";
  /** Whether they read the personal answers whole; not unless said. */
  readonly showAnswers?: boolean;
  /** Into which: needed where there are several {@link HelpRequest.choices}. */
  readonly draft?: string;
}

/**
 * A member of staff who asks to be let in, and waits for an answer until `expiresAt`.
 *
 * @example
 * const asked = ({ name, store, reason }: HelpRequest): string => `${name} (${store ?? "by phone"}): ${reason}`;
 */
export interface HelpRequest {
  readonly id: string;
  /** Who asks. It is a text, as the reason is: show it as one. */
  readonly name: string;
  readonly store: string | null;
  readonly reason: string;
  /** What it is about; null where the customer chooses. */
  readonly process: string | null;
  /** What they may be let into: one where they say what it is about, else all that is open, changed last first. */
  readonly choices: readonly HelpChoice[];
  readonly beganAt: string;
  readonly expiresAt: string;
  /**
   * Lets them in, at once.
   *
   * @throws ClosedError `not-found` where they wait no more.
   */
  approve(approval?: HelpApproval): Promise<void>;
  /** Lets them not in. They never hear of it: it is as if nobody had been there. */
  deny(): Promise<void>;
}

const PLACE = "me/assist-requests";

/** Who asks whoever speaks on a line, and waits; whoever was passed one draft alone is asked nothing. */
export async function askedOn(line: LayableLine): Promise<readonly HelpRequest[]> {
  if ((await line.lay()).isStranger) return [];
  const { data } = await line.call<AssistRequestsOut>({ method: "GET", path: PLACE });
  if (data.items.length === 0) return [];
  const open = await openOn(line);
  return data.items.map((wire) => requestOf(wire, line, wire.draft === null ? open : open.filter(({ draft }) => draft === wire.draft)));
}

/** What is open, with what it is called. */
async function openOn(line: Line): Promise<readonly HelpChoice[]> {
  const { data } = await line.call<Page<WireDraft>>({ method: "GET", path: "drafts", query: { status: "open", limit: 100 } });
  const names = [...new Set(data.items.map(({ process }) => process))];
  const titles = new Map(await Promise.all(names.map(async (name) => [name, await titlesOf(line, name)] as const)));
  return data.items.map(({ id: draft, process, key }) => ({ draft, process, key, titles: titles.get(process) ?? {} }));
}

/** A process may be registered nowhere. */
async function titlesOf(line: Line, process: string): Promise<HelpChoice["titles"]> {
  const path = `processes/${encodeURIComponent(process)}`;
  return line.call<ProcessOut>({ method: "GET", path }).then(({ data }) => data.titles, () => ({}));
}

function requestOf(wire: AssistRequestOut, line: Line, choices: readonly HelpChoice[]): HelpRequest {
  const { id, staff, store, reason, process, began_at: beganAt, expires_at: expiresAt } = wire;
  const answer = async (body: object): Promise<void> => void (await line.call({ method: "POST", path: `${PLACE}/${id}`, body }));
  const only = choices.length === 1 ? choices[0]?.draft : undefined;
  return {
    id,
    name: staff.name,
    store: store?.name ?? null,
    reason,
    process,
    choices,
    beganAt,
    expiresAt,
    approve: ({ scope, showAnswers, draft = only } = {}) =>
      answer({ approve: true, ...(scope && { scope }), ...(showAnswers && { show_answers: true }), ...(draft && { draft }) }),
    deny: () => answer({ approve: false }),
  };
}
