/** What a page needs once a draft is open: the stream of events, and an understanding with the other tabs. */

import type { Trouble } from "../line.js";
import { left, named } from "../left.js";
import type { Owned, OwnedParts } from "../owned.js";
import type { Syncing, Tabs } from "../syncing.js";
import type { Transport } from "../transport.js";
import type { WireEvent } from "../wire.js";
import { Company, hasCompany } from "./company.js";
import { streamFor } from "./following.js";

/** What the live part of a page works with. */
export interface LiveParts {
  readonly transport: Transport;
  /** Names the owner to the other tabs; null where there can be none. */
  readonly company: string | null;
  readonly only?: string;
  readonly drafts: () => readonly Syncing[];
  /** The draft that another tab means, opened here if need be. */
  readonly named: (name: string) => Syncing;
  /** Sends what earlier page loads have left. */
  readonly drain: () => Promise<void>;
  /** Something happened to a draft, or, where null, may have. */
  readonly happened: (event: WireEvent | null) => void;
  readonly heard: (trouble: Trouble) => void;
}

/** A page that follows what happens elsewhere. */
export interface Live {
  readonly tabs: Tabs;
  /** The page is looked at again, or the network is back. */
  wake(): void;
  /** Hears no news, or hears them again; no waking changes that. */
  pause(isPaused: boolean): void;
  /** The page is looked at no more. */
  hide(): void;
  stop(): void;
}

/** Follows what happens elsewhere, for this tab or for all. */
export function goLive(owned: Owned, transport: Transport, { only, company, heard }: OwnedParts): Live {
  const parts: LiveParts = {
    transport,
    company: company(),
    ...(only === undefined ? {} : { only }),
    drafts: () => owned.all.map(({ syncing }) => syncing),
    named: (name) => named(owned, name),
    drain: async () => (await left(owned)).forEach((name) => named(owned, name).wake()),
    happened: (event) => owned.onEvent.tell(event),
    heard,
  };
  return parts.company !== null && hasCompany() ? new Company(parts.company, parts) : alone(parts);
}

/** Without other tabs to agree with, this one has a stream of its own. */
function alone(parts: LiveParts): Live {
  const stream = streamFor(parts);
  stream.begin();
  void parts.drain();
  return {
    tabs: { leads: true, kept: () => undefined, exchanged: () => undefined },
    wake: () => stream.wake(),
    pause: (isPaused) => (isPaused ? stream.pause() : stream.begin()),
    hide: () => undefined,
    stop: () => stream.stop(),
  };
}
