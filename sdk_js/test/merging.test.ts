/** Promise: this client applies a delta of the server to exactly the data that the server then holds. */

import { describe, expect, it } from "vitest";
import { nest } from "../src/pointer.js";
import { applyDelta, fromDraft } from "../src/news.js";
import type { Delta, Json, WireDraft } from "../src/wire.js";
import { vectors } from "./vectors.js";

type Case = { name: string; start: WireDraft; delta: Delta; data: Json };

describe("deltas of the server", () => {
  it.each(vectors<Case>("merging"))("$name", ({ start, delta, data }) => {
    const draft = { ...start, conflicts: start.conflicts ?? [] };
    expect(nest(applyDelta(fromDraft(draft, delta.epoch), delta).leaves)).toEqual(data);
  });
});
