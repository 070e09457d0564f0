/** Paths and leaves: a draft's data as a flat map from JSON Pointer (RFC 6901) to leaf value. */

import { RejectedError } from "./errors.js";
import type { Json } from "./wire.js";

/** Leaf values by JSON Pointer. A leaf is a scalar, any array, or an empty object. */
export type Leaves = ReadonlyMap<string, Json>;

type JsonObject = { readonly [key: string]: Json };

const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/** Whether a key could reach an object's prototype, so that it is never stored. */
export const isForbidden = (key: string): boolean => FORBIDDEN.has(key);

/**
 * The JSON Pointer for `applicant.email` or `/applicant/email`.
 *
 * @throws RejectedError `invalid-path` for an empty path or segment, `forbidden-key` for a prototype's key.
 */
export function toPointer(path: string): string {
  const keys = path.startsWith("/") ? keysOf(path) : path.split(".");
  return pointerOf(keys);
}

/** The JSON Pointer of a list of keys; throws as {@link toPointer}. */
export function pointerOf(keys: readonly string[]): string {
  if (keys.length === 0 || keys.some((key) => key === "")) throw refused("invalid-path");
  if (keys.some(isForbidden)) throw ofPrototype();
  return keys.reduce(join, "");
}

/** The keys of a JSON Pointer. */
export function keysOf(pointer: string): string[] {
  return pointer.split("/").slice(1).map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The pointer of a member of what stands at `pointer`. */
export const join = (pointer: string, key: string): string => `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;

/** Whether `path` is `above` itself or lies below it. */
export const isWithin = (path: string, above: string): boolean => path === above || path.startsWith(`${above}/`);

/** Whether two paths are the same, or one lies below the other. */
export const overlaps = (a: string, b: string): boolean => isWithin(a, b) || isWithin(b, a);

/** The leaves of a value that stands at `at` (`""` for the root). */
export function flatten(value: Json, at = ""): [string, Json][] {
  if (!isObject(value)) return [[at, value]];
  const keys = Object.keys(value).filter((key) => !isForbidden(key));
  if (keys.length === 0) return at === "" ? [] : [[at, value]];
  return keys.flatMap((key) => flatten(value[key] as Json, join(at, key)));
}

/** The object that has these leaves; its objects have no prototype and are frozen. */
export function nest(leaves: Leaves): JsonObject {
  const root: Record<string, Json> = Object.create(null);
  for (const [pointer, value] of leaves) place(root, keysOf(pointer), value);
  return freeze(root) as JsonObject;
}

function place(root: Record<string, Json>, keys: readonly string[], value: Json): void {
  let here = root;
  for (const key of keys.slice(0, -1)) {
    here[key] ??= Object.create(null) as Json;
    here = here[key] as Record<string, Json>;
  }
  here[keys.at(-1) as string] = value;
}

/** What stands at a path: a leaf, the object of the leaves below it, or undefined. */
export function valueAt(leaves: Leaves, pointer: string): Json | undefined {
  if (leaves.has(pointer)) return leaves.get(pointer);
  const below = [...leaves].filter(([path]) => isWithin(path, pointer));
  if (below.length === 0) return undefined;
  return nest(new Map(below.map(([path, value]) => [path.slice(pointer.length), value])));
}

/** Puts a leaf in place; whatever stood above or below it is gone. */
export function putLeaf(leaves: Map<string, Json>, pointer: string, value: Json): void {
  for (const path of leaves.keys()) {
    if (path !== pointer && overlaps(path, pointer)) leaves.delete(path);
  }
  leaves.set(pointer, value);
}

/** Takes away a leaf, or all leaves below a path. */
export function removeAt(leaves: Map<string, Json>, pointer: string): void {
  for (const path of leaves.keys()) {
    if (isWithin(path, pointer)) leaves.delete(path);
  }
}

/** Equality of JSON: 1 equals 1.0, 1 does not equal true, the order of keys does not matter. */
export function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && equal((a as JsonObject)[key], (b as JsonObject)[key]));
}

/**
 * A frozen copy of a value as JSON would carry it (`toJSON` is honoured, undefined members left out).
 *
 * @throws RejectedError `invalid-value` for what JSON cannot carry, `forbidden-key`, or `invalid-string` for
 *   half of a surrogate pair.
 */
export function toJson(value: unknown): Json {
  let text: string | undefined;
  try {
    text = JSON.stringify(value, checked);
  } catch (cause) {
    if (cause instanceof RejectedError) throw cause;
    throw noJson(cause);
  }
  if (text === undefined) throw noJson();
  return freeze(JSON.parse(text));
}

function checked(key: string, value: unknown): unknown {
  if (isForbidden(key)) throw ofPrototype();
  if (!Number.isFinite(value) && ["number", "function", "symbol"].includes(typeof value)) throw noJson();
  if (typeof value === "string" && !isWellFormed(value)) throw refused("invalid-string");
  return value;
}

/** Whether a string holds no lone half of a surrogate pair. */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

/** Whether a value is a JSON object, and not an array or null. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}

const ofPrototype = (): RejectedError => refused("forbidden-key");

const noJson = (cause?: unknown): RejectedError => refused("invalid-value", cause);

function refused(code: string, cause?: unknown): RejectedError {
  return new RejectedError({ code, message: `This cannot be stored (${code}).`, cause });
}
