/** Passing a draft on: what the giving device shows, and what the receiving one reads from its address. */


/**
 * To another device of the customer, by a link on the screen, by e-mail or by text message, or to staff.
 *
 * @example
 * const to: HandoffTo = isInStore ? "staff" : "device";
 */
export type HandoffTo = "device" | "email" | "phone" | "staff";

/**
 * To whom a draft is handed on, and at which page it goes on, in place of the process's own.
 *
 * With `confirm` the other device gets the draft once its two digits were picked; left out: if it holds `restricted` values.
 * By `email` or `phone` a link is sent to `address`, in a `language` (`en`, `es`); it opens with a code that is then sent there too.
 *
 * @example
 * const options: HandoffOptions<"email"> = { to: "email", address: "ana@example.com", language: "es" };
 */
export interface HandoffOptions<To extends HandoffTo> {
  readonly to?: To;
  readonly url?: string;
  readonly address?: string;
  readonly language?: string;
  readonly confirm?: boolean;
}

/**
 * How a device takes what is handed to it: where its owner is to pick two digits first, `show` is called with those of this device.
 *
 * @example
 * const options: RedeemOptions = { show: (digits) => (output.value = `Pick ${digits} on the other device.`) };
 */
export interface RedeemOptions {
  readonly show?: (digits: string) => void;
}

/**
 * The one-time passage of a draft: a link and its QR code for a device, a message, a code to read out for staff.
 *
 * @example
 * const { url, qrSvg, expiresAt } = await draft.handoff();
 * const { code } = await draft.handoff({ to: "staff" }); // "BCDF-GHJK"
 */
export type Handoff<To extends HandoffTo = HandoffTo> = To extends "device" ? DeviceHandoff : To extends "email" | "phone" ? SentHandoff : StaffHandoff;

interface DeviceHandoff {
  readonly id: string;
  readonly to: "device";
  readonly url: string;
  /** The link as a QR code: an SVG element as text. */
  readonly qrSvg: string;
  /** RFC 3339, UTC. */
  readonly expiresAt: string;
}

/** The link is in the message only. */
interface SentHandoff {
  readonly id: string;
  readonly to: "email" | "phone";
  /** RFC 3339, UTC. */
  readonly expiresAt: string;
}

interface StaffHandoff {
  readonly id: string;
  readonly to: "staff";
  readonly code: string;
  /** How each letter is said, in the `language` of the handoff: "B as in Bravo". */
  readonly spelled: readonly string[];
  /** The bare code as a QR code, for a scanner in the store: an SVG element as text. */
  readonly qrSvg: string;
  /** RFC 3339, UTC. */
  readonly expiresAt: string;
}

/**
 * A handoff that is on offer; `choices` are there while a device waits for its two digits to be picked among them.
 *
 * @example
 * const [{ device, choices, confirm }]: readonly OfferedHandoff[] = await draft.handoffs();
 */
export interface OfferedHandoff {
  readonly id: string;
  readonly to: HandoffTo;
  /** RFC 3339, UTC. */
  readonly expiresAt: string;
  /** What the waiting device calls itself. */
  readonly device: string | null;
  readonly choices: readonly string[];
  /** Lets the device go on that shows these digits; any others end the handoff. */
  readonly confirm: (digits: string) => Promise<void>;
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
