/** What makes a cart's line the same line on every device; the server and the Python SDK compute the same key. */

import { RejectedError } from "../errors.js";
import { sha256 } from "./sha256.js";

/**
 * What an identity attribute may be: nothing that two languages would write differently.
 *
 * @example
 * const engraving: Attribute = "Ann";
 */
export type Attribute = string | number | boolean | null;

/**
 * What is added to a cart, and what sets it apart from others of its kind.
 *
 * @example
 * const identity: Identity = { sku: "tee", attributes: { size: "M", engraving: "Ann" } };
 */
export interface Identity {
  readonly sku: string;
  /** Strings, integers, booleans and null. */
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** A negotiated price. */
  readonly offer?: string | null;
  /** A way of delivery. */
  readonly fulfilment?: string | null;
  /** The key of the line that this one belongs to, such as a warranty. */
  readonly parent?: string | null;
  /** Names a line that is kept apart on purpose. */
  readonly split?: string | null;
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

const NAME_BYTES = 256;
/** Names that harm prototypes. */
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/**
 * The key of the line that an identity means.
 *
 * @throws RejectedError `invalid-identity` for an attribute that is no string, whole number, boolean or null, for one name
 *   in two spellings, and for a name that is none; `invalid-op` for a parent that is no line's key.
 * @example
 * lineKey({ sku: "tee", attributes: { size: "M" } }); // "ln_…", the same on every device
 */
export function lineKey(identity: Identity): string {
  const { sku, offer = null, fulfilment = null, parent = null, split = null, attributes = {} } = identity;
  check([sku, offer ?? sku, fulfilment ?? sku, split ?? sku, ...Object.keys(attributes)].every(isName) && !Array.isArray(attributes));
  check(parent === null || /^ln_[a-z2-7]{26}$/.test(parent), "invalid-op");
  const pairs = Object.entries(attributes).map(([name, value]) => [composed(name), composed(checked(value))] as const);
  check(new Set(pairs.map(([name]) => name)).size === pairs.length);
  const parts = [sku, offer, fulfilment, parent, split].map(composed);
  const text = JSON.stringify([...parts, pairs.toSorted(([one], [other]) => (sortable(one) < sortable(other) ? -1 : 1))]);
  return `ln_${base32(sha256(utf8(text))).slice(0, 26)}`;
}

function checked(value: Attribute): Attribute {
  check(value === null || typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value));
  return value;
}

/** Refuses what would have no key, or another one elsewhere, before anything is sent. */
function check(fits: boolean, code = "invalid-identity"): void {
  if (!fits) throw new RejectedError({ code, message: "This is no identity." });
}

const isName = (name: unknown): boolean => typeof name === "string" && name !== "" && !FORBIDDEN.has(name) && utf8(name).length <= NAME_BYTES;

const composed = <T extends Attribute>(value: T): T => (typeof value === "string" ? (value.normalize("NFC") as T) : value);

/** JavaScript compares UTF-16 units, which puts emoji before some letters; bytes of UTF-8 are in the order of other languages. */
const sortable = (name: string): string => String.fromCharCode(...utf8(name));

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Base32 (RFC 4648) in lower case, without padding. */
function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{5}/g) ?? []).map((group) => ALPHABET[Number.parseInt(group, 2)]).join("");
}
