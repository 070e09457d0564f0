/** Customers who have no code: staff ask to be let in, and learn of a yes only. */

import type { Draft } from "./draft.js";
import type { AnsweredOut, AssistOut, LookupBegunOut, LookupOut } from "./generated/types.gen.js";
import type { Line } from "./line.js";
import type { AnyForm } from "./paths.js";
import type { LetIn } from "./wire.js";

/**
 * By what a customer is known, all of it, and why they are asked.
 *
 * @example
 * const options: LookupOptions = { kind: "email", value: "ana@example.com", reason: "You asked for help at the counter." };
 */
export interface LookupOptions {
  readonly kind: "email" | "phone" | "loyalty_number" | "external_id";
  readonly value: string;
  /** The customer reads it. */
  readonly reason: string;
  /** What it is about; without it the customer chooses. */
  readonly process?: string;
  /** Of the code, where one is sent. */
  readonly language?: "en" | "es";
}

/**
 * Why somebody looks without consent: at a `draft`, or at what whoever is known by something has open.
 *
 * @example
 * const emergency: Emergency = { draft: "dr_3f…", reason: "Court order, handed in at the counter", ticket: "HELP-4711" };
 */
export type Emergency = { readonly reason: string; readonly ticket: string } & (
  | { readonly draft: string; readonly kind?: never; readonly value?: never }
  | (Pick<LookupOptions, "kind" | "value" | "process" | "language"> & { readonly draft?: never })
);

/**
 * Somebody who may have been asked, and may answer until `expiresAt`.
 *
 * @example
 * const lookup: Lookup = await assist.lookUp({ kind: "phone", value: "+34600100200", reason: "You called us." });
 * const draft = await lookup.approved();
 */
export interface Lookup {
  readonly id: string;
  readonly expiresAt: string;
  /**
   * Waits until the customer lets one in, and opens what they chose; null when it is over, for whatever reason.
   *
   * @param signal - Stops the waiting; the question stands.
   */
  approved<T = AnyForm>(signal?: AbortSignal): Promise<Draft<T> | null>;
  /**
   * Has six digits sent to where the customer was looked up by, to be read out.
   *
   * @throws RejectedError `sending-unavailable` where nothing is sent that way.
   */
  sendCode(): Promise<void>;
  /**
   * Opens what the customer is asked for by the digits that they read out.
   *
   * @throws RetomaError `code-wrong`, with `tries_left`.
   */
  enterCode<T = AnyForm>(code: string): Promise<Draft<T>>;
}

/** The server's longest wait. */
const WAIT_S = 25;

type Open = (assist: LetIn) => Promise<Draft>;

/** Asks whoever is known by something, if anybody is. */
export async function lookUp(line: Line, options: LookupOptions, open: Open): Promise<Lookup> {
  const { data } = await line.call<LookupBegunOut>({ method: "POST", path: "assist/lookup", body: options, attempts: 1 });
  const path = `assist/lookup/${data.id}`;
  return {
    id: data.id,
    expiresAt: data.expires_at,
    approved: <T>(signal?: AbortSignal) => approved(line, path, open, signal) as Promise<Draft<T> | null>,
    sendCode: async () => void (await line.call({ method: "POST", path: `${path}/code` })),
    async enterCode<T>(code: string) {
      // Tried once: a repeated one would count as another.
      const { assist } = (await line.call<AnsweredOut>({ method: "POST", path, body: { code }, attempts: 1 })).data;
      return (await open(assist as AssistOut)) as Draft<T>;
    },
  };
}

async function approved(line: Line, path: string, open: Open, signal?: AbortSignal): Promise<Draft | null> {
  for (;;) {
    signal?.throwIfAborted();
    const { status, assist } = (await line.call<LookupOut>({ method: "GET", path, query: { wait: WAIT_S } })).data;
    signal?.throwIfAborted();
    if (status === "approved" && assist !== null) return open(assist);
    if (status === "over") return null;
  }
}
