/** Passing a draft on: what the giving device shows, and what the receiving one reads from its address. */


/**
 * To another device of the customer, or to staff.
 *
 * @example
 * const to: HandoffTo = isInStore ? "staff" : "device";
 */
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

/**
 * Takes what a handoff has put into the page's address out of it; null where there is nothing.
 *
 * The address is cleaned before anything else happens, so that the secret reaches no other script, log or bookmark.
 */
export function takeFragment(): string | null {
  const { location, history } = globalThis;
  const parts = location?.hash.slice(1).split("&") ?? [];
  const ours = parts.find((part) => part.startsWith("retoma="));
  if (ours === undefined) return null;
  const rest = parts.filter((part) => part !== ours).join("&");
  history.replaceState(history.state, "", location.pathname + location.search + (rest && `#${rest}`));
  return `#${ours}`;
}
