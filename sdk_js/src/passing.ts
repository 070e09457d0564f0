/** Takes up drafts that somebody passes to this page; loaded with the first. */

import type { Draft } from "./draft.js";
import { AuthRequiredError } from "./errors.js";
import { adopt } from "./exchange.js";
import type { Grant, Grants } from "./grants.js";
import { Shelf } from "./keeping/shelf.js";
import type { LaterLine } from "./line.js";
import type { Lines } from "./lines.js";
import type { Held } from "./owned.js";
import type { Transport } from "./transport.js";
import { readTicket } from "./tickets.js";
import type { Passed, Redemption } from "./wire.js";

/** What a page offers to drafts that are passed to it. */
export interface PassingParts {
  readonly lines: Lines;
  readonly grants: Grants;
  readonly lineFor: (token: string) => LaterLine<Transport>;
  readonly newShelf: () => Shelf;
  readonly hold: (line: LaterLine<Transport>, draft: Grant["draft"], shelf: Shelf) => Held;
}

export class Passing {
  readonly #parts: PassingParts;

  constructor(parts: PassingParts) {
    this.#parts = parts;
  }

  /** Uses a handoff up, and remembers in this tab what it gave access to. */
  async redeem(handoff: string): Promise<Draft> {
    const ticket = readTicket(handoff);
    const { lines, grants } = this.#parts;
    const { device } = lines;
    const body = { ...ticket, ...(device === undefined ? {} : { device }) };
    const { data } = await lines.public.call<Redemption>({ method: "POST", path: "handoffs/redeem", body });
    const grant = { token: data.grant, draft: data.draft };
    grants.set(grant);
    const { draft, syncing } = this.#accept(grant);
    adopt(syncing, { data: data.draft, etag: null });
    return draft;
  }

  /** Goes on with the draft that this tab had before it was reloaded, unless it was ended meanwhile. */
  async takeUp(): Promise<Draft | null> {
    const grant = this.#parts.grants.get();
    if (grant === null) return null;
    const { draft, syncing } = this.#accept(grant);
    const refusal = await syncing.confirm().catch((error: unknown) => error);
    const isEnded = refusal instanceof AuthRequiredError && !syncing.isUnsent;
    if (!isEnded && draft.id !== null) return draft;
    this.#parts.grants.forget();
    return null;
  }

  /** Opens the draft for which a customer has read out a code. What staff see of it is never stored. */
  async assist(line: LaterLine<Transport>, code: string): Promise<Draft> {
    const { data } = await line.call<Passed>({ method: "POST", path: "assist/redeem", body: { code } });
    const { draft, syncing } = this.#parts.hold(line, data.draft, new Shelf(null));
    adopt(syncing, { data: data.draft, etag: null });
    return draft;
  }

  #accept({ token, draft }: Grant): Held {
    const { lineFor, newShelf, hold } = this.#parts;
    const shelf = newShelf();
    shelf.belongTo(`grant:${draft.id}`);
    return hold(lineFor(token), draft, shelf);
  }
}
