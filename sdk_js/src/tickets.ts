/** What a handoff carries to the device that takes it. */

import { RejectedError } from "./errors.js";
import { freshId } from "./storage.js";

/** What a redemption sends: the secret, and a nonce that lets a lost answer be asked for again. */
export interface Ticket {
  readonly token: string;
  readonly nonce: string;
}

/**
 * The ticket in a link, a fragment or a bare token: `…#retoma=<token>~<nonce>`, `…/r#<token>`, `<token>`.
 *
 * @throws RejectedError `handoff-invalid` where there is none.
 */
export function readTicket(text: string): Ticket {
  const found = /(?:^|#|[#&]retoma=)(ho_[A-Za-z0-9_-]+)(?:~([A-Za-z0-9_-]+))?(?=&|$)/.exec(text);
  if (found?.[1] === undefined) throw new RejectedError({ code: "handoff-invalid", message: "This is no handoff." });
  return { token: found[1], nonce: found[2] ?? freshId("") };
}
