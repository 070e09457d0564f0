/** Passing a draft on: what the giving device shows, and what the receiving one reads from its address. */

import { freshId } from "./storage.js";
import type { WireHandoff } from "./wire.js";

/** To another device of the customer, or to staff. */
export type HandoffTo = "device" | "staff";

/**
 * The one-time passage of a draft: a link and its QR code for a device, a code to read out for staff.
 *
 * @example
 * const { url, qrSvg, expiresAt } = await draft.handoff();
 * const { code } = await draft.handoff({ to: "staff" }); // "BCDF-GHJK"
 */
export type Handoff<To extends HandoffTo = HandoffTo> = To extends "device" ? DeviceHandoff : StaffHandoff;

interface DeviceHandoff {
  readonly id: string;
  readonly to: "device";
  readonly url: string;
  /** The link as a QR code: an SVG element as text. */
  readonly qrSvg: string;
  /** RFC 3339, UTC. */
  readonly expiresAt: string;
}

interface StaffHandoff {
  readonly id: string;
  readonly to: "staff";
  readonly code: string;
  /** RFC 3339, UTC. */
  readonly expiresAt: string;
}

/** The handoff that an answer describes. */
export function toHandoff(wire: WireHandoff): Handoff {
  const { id, expires_at: expiresAt } = wire;
  if (wire.to === "staff") return { id, to: "staff", code: wire.code ?? "", expiresAt };
  return { id, to: "device", url: wire.url ?? "", qrSvg: wire.qr_svg ?? "", expiresAt };
}

/** What a redemption sends: the secret, and a nonce that lets a lost answer be asked for again. */
export interface Ticket {
  readonly token: string;
  readonly nonce: string;
}

/**
 * The ticket in a link, a fragment or a bare token: `…#retoma=<token>~<nonce>`, `…/r#<token>`, `<token>`.
 *
 * @returns null where there is none.
 */
export function readTicket(text: string): Ticket | null {
  const found = /(?:^|#|[#&]retoma=)(ho_[A-Za-z0-9_-]+)(?:~([A-Za-z0-9_-]+))?(?=&|$)/.exec(text);
  if (found?.[1] === undefined) return null;
  return { token: found[1], nonce: found[2] ?? freshId("") };
}

/**
 * Takes the ticket out of the page's address.
 *
 * The address is cleaned before anything else happens, so that the secret reaches no other script, log or bookmark.
 */
export function takeTicket(location: Location, history: History): Ticket | null {
  const ticket = location.hash.includes("retoma=") ? readTicket(location.hash) : null;
  if (ticket === null) return null;
  const rest = location.hash.slice(1).split("&").filter((part) => !part.startsWith("retoma="));
  const hash = rest.length > 0 ? `#${rest.join("&")}` : "";
  history.replaceState(history.state, "", location.pathname + location.search + hash);
  return ticket;
}
