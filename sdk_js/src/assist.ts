/** What staff do for customers: open a draft by its code, ask for it or begin one, hand it back, leave. */

import type { Retoma } from "./client.js";
import type { Draft } from "./draft.js";
import { isRetomaError } from "./errors.js";
import type { AnsweredOut, AssistOut, HandedBackOut, JourneyOut, RevealedOut, TouchpointOut } from "./generated/types.gen.js";
import { type Assist, assistFrom } from "./help.js";
import type { LeasedLine } from "./leased.js";
import { type Emergency, type Lookup, type LookupOptions, lookUp } from "./lookups.js";
import type { Answer, Call } from "./line.js";
import type { Assisted as Opened, Passing } from "./passing.js";
import type { AnyForm } from "./paths.js";
import { toPointer } from "./pointer.js";
import type { Json } from "./wire.js";

export type { Assist } from "./help.js";
export type { Emergency, Lookup, LookupOptions } from "./lookups.js";

/**
 * How a customer comes to their draft again: where they are, unless `to` says otherwise.
 *
 * @example
 * const options: HandBackOptions = { to: "email", address: "ana@example.com", step: "income" };
 */
export interface HandBackOptions {
  /** `device`: a link and its QR code for the screen; `email`, `phone`: one that is sent to an `address` that leads to them. */
  readonly to?: "device" | "email" | "phone";
  readonly address?: string;
  readonly url?: string;
  readonly language?: "en" | "es";
  /** Where they go on; where they were unless said. */
  readonly step?: string;
}

/**
 * The link by which a draft goes back; `url` and `qrSvg` are there for a `device` only.
 *
 * @example
 * const { url }: HandedBack = await assist.handBack(draft, { to: "device" });
 */
export interface HandedBack {
  readonly url: string | null;
  /** An SVG element as text. */
  readonly qrSvg: string | null;
}

/**
 * One thing that happened to a customer, from `at` to `until`, without values; `note` is the business's own.
 *
 * @example
 * const told = ({ type, channel, at }: Touchpoint): string => `${at}: ${type} (${channel})`;
 */
export type Touchpoint = Readonly<Pick<TouchpointOut, "type" | "at" | "until" | "process" | "actor" | "channel" | "step" | "fields" | "note">>;

/**
 * The verbs of a member of staff. Those that take a draft take one that they were let into by the others.
 *
 * @example
 * const assist = assistOf(retoma);
 * const draft = await assist.redeem("BCDF-GHJK");
 * draft.set("income", 3100);
 * await assist.handBack(draft);
 */
export interface Assisting {
  /**
   * Opens the draft of a customer who reads out their short code. Nothing of it is stored on this device.
   *
   * Personal values come masked, as `{ $masked: true, hint }`, until staff set them. Of staff one at a time writes: while a
   * colleague does, what is entered waits here, and is sent once they are done.
   *
   * @throws ClosedError `handoff-invalid` for a code that is used, expired or unknown.
   */
  redeem<T = AnyForm>(code: string): Promise<Draft<T>>;
  /**
   * Asks a customer who has no code to let one in, by all of what they are known by. They read the `reason`.
   *
   * Whether anybody is known by it is not told.
   *
   * @throws RejectedError `validation-failed` for what is no e-mail address, number or name of its kind.
   */
  lookUp(options: LookupOptions): Promise<Lookup>;
  /**
   * Looks without consent, in an emergency, and answers for it (supervisors). The customer is told at once.
   *
   * @throws ClosedError `not-found` where nothing is open.
   */
  override<T = AnyForm>(emergency: Emergency): Promise<Draft<T>>;
  /**
   * Begins a draft for a person who has no account: it is nobody's until it is handed back, and then theirs who open the link
   * first. Without a link nobody could.
   *
   * @param options - `key`: tells one of several drafts of the process.
   */
  start<T = AnyForm>(process: string, options?: { readonly key?: string }): Promise<Draft<T>>;
  /**
   * Goes on with what one began, by its id, as long as nobody has opened its link: to make another, say.
   *
   * @throws ClosedError `not-found` once it is somebody's.
   */
  resume<T = AnyForm>(id: string): Promise<Draft<T>>;
  /** How far one may go now, and until when: the customer may have changed it. */
  current(draft: Assisted): Promise<Assist>;
  /** Saves what waits, gives the draft back and leaves it. */
  handBack(draft: Assisted, options?: HandBackOptions): Promise<HandedBack>;
  /** Leaves a draft as it was last saved; its customer is told. */
  leave(draft: Assisted): Promise<void>;
  /** Reads one masked answer whole, for a reason that the customer reads as well (supervisors). */
  reveal(draft: Assisted, path: string, reason: string): Promise<Json>;
  /** What happened to the customer before, newest first, on every channel. */
  journey(draft: Assisted): Promise<readonly Touchpoint[]>;
  /** Is the one who writes, though a colleague does now (supervisors). */
  takeOver(draft: Assisted): Promise<void>;
}

/** A draft that staff were let into, whatever is in it. */
type Assisted = Pick<Draft, "flush">;

/** How staff speak in the drafts that they came to. */
const lines = new WeakMap<Assisted, LeasedLine>();

/**
 * The verbs of the member of staff who is signed in on this page; nothing is sent yet.
 *
 * @example
 * const assist = assistOf(createRetoma({ url, publishableKey, channel: "store", getToken: () => staffToken }));
 * const draft = await assist.redeem("BCDF-GHJK");
 */
export function assistOf(retoma: Retoma): Assisting {
  return {
    redeem: <T>(code: string) => opened(retoma, (passing) => passing.assist("redeem", { code })) as Promise<Draft<T>>,
    lookUp: (options) => lookUp(retoma.owned.transport, options, (assist) => opened(retoma, (passing) => passing.assistIn(assist))),
    override: async <T>(emergency: Emergency) => {
      const { assist } = (await retoma.owned.transport.call<AnsweredOut>({ method: "POST", path: "assist/override", body: emergency, attempts: 1 })).data;
      return opened(retoma, (passing) => passing.assistIn(assist as AssistOut)) as Promise<Draft<T>>;
    },
    start: <T>(process: string, options: { readonly key?: string } = {}) => opened(retoma, (passing) => passing.assist("drafts", { process, ...options })) as Promise<Draft<T>>,
    resume: <T>(id: string) => opened(retoma, (passing) => passing.assist(`drafts/${id}`, {})) as Promise<Draft<T>>,
    current: async (draft) => assistFrom((await ask<AssistOut>(draft, "GET")).data),
    async handBack(draft, options = {}) {
      lineOf(draft);
      await draft.flush();
      const { handoff } = (await ask<HandedBackOut>(draft, "POST", "/handback", options)).data;
      lines.delete(draft);
      return { url: handoff?.url ?? null, qrSvg: handoff?.qr_svg ?? null };
    },
    async leave(draft) {
      await ask(draft, "DELETE").catch((error: unknown) => {
        if (!isRetomaError(error, "not-found")) throw error;
      });
      lines.delete(draft);
    },
    reveal: async (draft, path, reason) => (await ask<RevealedOut>(draft, "POST", "/reveal", { path: toPointer(path), reason })).data.value as Json,
    journey: async (draft) => (await ask<JourneyOut>(draft, "GET", "/journey")).data.items,
    takeOver: async (draft) => void (await lineOf(draft).take(true)),
  };
}

async function opened(retoma: Retoma, open: (passing: Passing) => Promise<Opened>): Promise<Draft> {
  const { draft, leased } = await open(await retoma.passing());
  if (leased) lines.set(draft, leased);
  return draft;
}

function ask<T>(draft: Assisted, method: Call["method"], what = "", body?: unknown): Promise<Answer<T>> {
  const line = lineOf(draft);
  return line.call<T>({ method, path: `assist/${line.assist}${what}`, ...(body === undefined ? {} : { body }) });
}

function lineOf(draft: Assisted): LeasedLine {
  const line = lines.get(draft);
  if (line === undefined) throw new TypeError("This page was not let into the draft.");
  return line;
}
