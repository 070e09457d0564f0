/** Passing a draft on from a component. */

import { useCallback, useEffect, useState } from "react";
import type { Draft } from "../draft.js";
import type { Handoff, HandoffTo, OfferedHandoff } from "../handoff.js";

/**
 * A handoff as it comes about: nothing yet, being made, ready to be scanned or read out, redeemed, or failed.
 *
 * @example
 * const { state, handoff }: UsedHandoff = useHandoff(draft);
 */
export interface UsedHandoff<To extends HandoffTo = "device"> {
  readonly state: "none" | "making" | "ready" | "waiting" | "redeemed" | "failed";
  /** The link and its QR code, or the code for staff. */
  readonly handoff: Handoff<To> | null;
  /** Given while a device shows two digits and waits: `confirm` those of its `choices` that are seen there. */
  readonly waiting: OfferedHandoff | null;
  /** Why it failed. */
  readonly error: unknown;
  /** Makes the handoff; one made before goes on working until it expires. */
  readonly begin: () => Promise<void>;
  /** Ends it, and whatever access it has given. */
  readonly end: () => Promise<void>;
}

type Progress<To extends HandoffTo> = Pick<UsedHandoff<To>, "state" | "handoff" | "waiting" | "error">;

/** How the handoff of one draft comes about; of any other nothing is shown. */
interface Noted<To extends HandoffTo> {
  readonly of: unknown;
  readonly progress: Progress<To>;
}

const NONE = { state: "none", handoff: null, waiting: null, error: null } as const;

/**
 * Lets another device, or staff, go on with a draft.
 *
 * @param options - As for `draft.handoff`.
 * @example
 * const { state, handoff, waiting, begin } = useHandoff(draft);
 * if (state === "redeemed") return <p>Go on on your phone.</p>;
 * if (waiting) return waiting.choices.map((digits) => <button key={digits} onClick={() => waiting.confirm(digits)}>{digits}</button>);
 * if (handoff) return <img alt="Scan to go on" src={`data:image/svg+xml,${encodeURIComponent(handoff.qrSvg)}`} />;
 * return <button onClick={begin}>Go on on your phone</button>;
 */
export function useHandoff<T, To extends HandoffTo = "device">(
  draft: Draft<T> | null,
  options: { readonly to?: To; readonly url?: string } = {},
): UsedHandoff<To> {
  const [noted, note] = useState<Noted<To>>({ of: null, progress: NONE });
  const progress = noted.of === draft ? noted.progress : NONE;
  const { handoff } = progress;
  const { to, url } = options;

  useEffect(() => {
    if (!draft || !handoff) return undefined;
    const tell = (news: Partial<Progress<To>>, from?: Noted<To>): void =>
      note((now) => (now === (from || now) ? { of: draft, progress: { ...NONE, handoff, ...news } } : now));
    return draft.onEvent(({ type, handoff: id }) => {
      if (id !== handoff.id) return;
      if (type === "handoff-redeemed") tell({ state: "redeemed" });
      if (type === "handoff-revoked") tell({ handoff: null });
      // What is answered when something else has happened by then tells nothing any more.
      if (type === "handoff-waiting") void offered(draft, id).then((waiting) => waiting && tell({ state: "waiting", waiting }, noted));
    });
  }, [draft, noted]);

  const begin = useCallback(async () => {
    if (!draft) return;
    note({ of: draft, progress: { ...NONE, state: "making" } });
    const made = await draft.handoff<To>(options).then(ready, failed);
    // A draft that gave way meanwhile has nothing to tell.
    note((now) => (now.of === draft ? { of: draft, progress: made } : now));
  }, [draft, to, url]);

  const end = useCallback(async () => {
    note({ of: draft, progress: NONE });
    if (handoff) await draft?.revoke(handoff);
  }, [draft, handoff]);

  return { ...progress, begin, end };
}

const ready = <To extends HandoffTo>(handoff: Handoff<To>): Progress<To> => ({ ...NONE, state: "ready", handoff });

const failed = (error: unknown): Progress<never> => ({ ...NONE, state: "failed", error });

/** Nothing where it cannot be asked for now: whoever waits there can begin anew. */
const offered = <T>(draft: Draft<T>, id: string): Promise<OfferedHandoff | undefined> =>
  draft.handoffs().then((all) => all.find((each) => each.id === id), () => undefined);
