/** Promise: any data becomes leaves and comes back, and no name reaches a prototype. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equal, flatten, join, keysOf, nest, overlaps, pointerOf, putLeaf, removeAt, toJson, toPointer, valueAt } from "../src/pointer.js";
import type { Json } from "../src/wire.js";

const key = fc.string({ minLength: 1, maxLength: 6 }).filter((name) => !["__proto__", "constructor", "prototype"].includes(name));
const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
const data = fc.dictionary(key, fc.oneof(json, fc.dictionary(key, json)), { maxKeys: 6 }).filter(isClean) as fc.Arbitrary<{ [key: string]: Json }>;

/** Names of prototypes may turn up inside arbitrary JSON; they have their own test. */
function isClean(value: unknown): boolean {
  return !/"(__proto__|constructor|prototype)":/.test(JSON.stringify(value));
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("leaves", () => {
  it("give back the data that they came from", () => {
    fc.assert(fc.property(data, (value) => void expect(plain(nest(new Map(flatten(value))))).toEqual(plain(value))));
  });

  it("hold what is put, and nothing above or below it", () => {
    fc.assert(
      fc.property(data, fc.array(key, { minLength: 1, maxLength: 3 }), (value, keys) => {
        const leaves = new Map(flatten(value));
        const path = pointerOf(keys);
        putLeaf(leaves, path, "new");
        expect(leaves.get(path)).toBe("new");
        expect([...leaves.keys()].filter((other) => overlaps(other, path))).toEqual([path]);
      }),
    );
  });

  it("are gone below a path that is taken away, and untouched elsewhere", () => {
    fc.assert(
      fc.property(data, key, (value, name) => {
        const leaves = new Map(flatten(value));
        removeAt(leaves, join("", name));
        const { [name]: _gone, ...rest } = value;
        expect(plain(nest(leaves))).toEqual(plain(rest));
      }),
    );
  });

  it("are found by their path, whole groups too", () => {
    fc.assert(
      fc.property(data, (value) => {
        const leaves = new Map(flatten(value));
        for (const name of Object.keys(value)) expect(plain(valueAt(leaves, join("", name)))).toEqual(plain(value[name]));
      }),
    );
  });
});

describe("paths", () => {
  it("survive escaping, whatever the names", () => {
    fc.assert(fc.property(fc.array(key, { minLength: 1 }), (keys) => void expect(keysOf(pointerOf(keys))).toEqual(keys)));
  });

  it("are written with dots or as a JSON Pointer", () => {
    expect(toPointer("applicant.email")).toBe("/applicant/email");
    expect(toPointer("/a.b/c~1d")).toBe("/a.b/c~1d");
  });

  it.each(["", "a..b", ".a", "/", "/a/"])("%j is none", (path) => {
    expect(() => toPointer(path)).toThrow(expect.objectContaining({ code: "invalid-path" }));
  });

  it.each(["__proto__.polluted", "/constructor/prototype/polluted", "a.prototype"])("%j would reach a prototype and is refused", (path) => {
    expect(() => toPointer(path)).toThrow(expect.objectContaining({ code: "forbidden-key" }));
  });
});

describe("values", () => {
  it("that name a prototype pollute nothing, from a server or a page", () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": 1}, "a": {"constructor": {"prototype": {"polluted": 1}}}}') as Json;
    const built = nest(new Map(flatten(hostile)));
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(Object.getPrototypeOf(built)).toBeNull();
    expect(() => toJson(hostile)).toThrow(expect.objectContaining({ code: "forbidden-key" }));
  });

  it.each([
    ["invalid-value", Number.NaN],
    ["invalid-value", () => 1],
    ["invalid-value", 10n],
    ["invalid-string", "half \ud83d"],
  ])("%s: %s is refused when it is set", (code, value) => {
    expect(() => toJson({ inside: [value] })).toThrow(expect.objectContaining({ code }));
  });

  it("are copied, so that a later change of the object changes nothing here", () => {
    const given = { list: [1] };
    const kept = toJson(given);
    given.list.push(2);
    expect(kept).toEqual({ list: [1] });
    expect(Object.isFrozen(kept)).toBe(true);
  });

  it("are equal as JSON is", () => {
    fc.assert(fc.property(json, json, (a, b) => void expect(equal(a, b)).toBe(JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)))));
    expect(equal(1, true as Json)).toBe(false);
    expect(equal({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true);
  });
});

/** The same value with keys in order, and zero without a sign. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? 0 : value;
  const entries = Object.entries(value).map(([name, member]) => [name, sorted(member as Json)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
