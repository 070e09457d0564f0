/** Promise: what two devices mean alike has one key, in every language. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Identity, lineKey } from "../src/cart/identity.js";
import { sha256 } from "../src/cart/sha256.js";

interface Vectors {
  same: { title: string; identities: Identity[]; key: string }[];
  refused: { title: string; identity: Identity; code: string }[];
}

const vectors = JSON.parse(readFileSync(new URL("../../tests/vectors/line_keys.json", import.meta.url), "utf8")) as Vectors;

describe("a line's key", () => {
  it.each(vectors.same)("$title", ({ identities, key }) => {
    expect(identities.map(lineKey)).toEqual(identities.map(() => key));
  });

  it.each(vectors.refused)("is refused for $title", ({ identity, code }) => {
    expect(() => lineKey(identity)).toThrowError(expect.objectContaining({ code }));
  });
});

describe("the digest", () => {
  it("is SHA-256", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (message) => {
        expect(Buffer.from(sha256(message)).toString("hex")).toBe(createHash("sha256").update(message).digest("hex"));
      }),
    );
  });
});
