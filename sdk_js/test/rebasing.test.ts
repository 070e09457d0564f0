/** Promise: edits made here meet what others do by the same rules in every SDK. */

import { describe, expect, it } from "vitest";
import { onWire, pending } from "../src/outbox.js";
import { nest } from "../src/pointer.js";
import { send } from "../src/batching.js";
import { type Choice, edit, type Edit, emptyState, entered, keep, patchEdits, resolve, type State, transact, view } from "../src/rebasing.js";
import { settle } from "../src/settling.js";
import { fromDraft, take } from "../src/news.js";
import { conflictsAfter } from "../src/view.js";
import type { ChangesReply, Conflict, Delta, Json, WireDraft } from "../src/wire.js";
import { vectors } from "./vectors.js";

type EditStep = { set: [string, Json] } | { unset: [string] } | { patch: Json };
type Expected = { view: Json; outbox: unknown; revision: number; conflicts?: string[]; rejected?: string[] };
type Step =
  | EditStep
  | { transaction: EditStep[] }
  | { resolve: [string, "stored" | "arriving" | "value", Json?] }
  | { send: true }
  | { lost: true }
  | { delta: Delta }
  | { reply: ChangesReply }
  | { expect: Expected };
type Case = { name: string; why: string; base: { revision: number; data: Json }; steps: Step[] };

const LIMIT = { changes: 100, bytes: 60_000 };

describe("rebasing", () => {
  it.each(vectors<Case>("rebasing"))("$name", ({ base, steps }) => {
    const draft = { ...base, status: "open", position: null, conflicts: [] } as unknown as WireDraft;
    const start: State = { ...emptyState("w_here"), stored: fromDraft(draft, "e1") };
    steps.reduce((state, step) => kept(after(state, step)), start);
  });
});

describe("a choice", () => {
  it("made on a record that has grown since says so, and leaves the rest of the record open", () => {
    const shown = { id: "cf_5_0", path: "/name", status: "open", revision: 5, stored: { value: "Anne" }, arriving: { value: "Anna" } } as unknown as Conflict;
    const grown = { ...shown, revision: 7, arriving: { value: "Annabel" } } as Conflict;
    const draft = { revision: 7, data: { name: "Anne" }, status: "open", position: null, conflicts: [grown] } as unknown as WireDraft;
    const start: State = { ...emptyState("w_here"), stored: fromDraft(draft, "e1") };
    const { outbox } = kept(resolve(start, shown, "arriving"));
    expect(pending(outbox)).toEqual([{ wire: { op: "resolve", conflict: "cf_5_0", choice: "arriving", seen: 5 }, path: "/name", value: "Anna" }]);
  });

  it("in a conflict that somebody else has settled meanwhile is none", () => {
    const draft = { revision: 7, data: {}, status: "open", position: null, conflicts: [] } as unknown as WireDraft;
    const start: State = { ...emptyState("w_here"), stored: fromDraft(draft, "e1") };
    expect(resolve(start, { id: "cf_5_0" } as Conflict, "stored")).toBe(start);
  });
});

/** What a page does within a quarter of a second. */
const kept = (state: State): State => ({ ...keep(state, entered(state)), buffer: [] });

function after(state: State, step: Step): State {
  if ("transaction" in step) return transact(state, step.transaction.flatMap(edits));
  if ("resolve" in step) return choose(state, ...step.resolve);
  if ("send" in step) return send(state, LIMIT).state;
  if ("lost" in step) return state;
  if ("delta" in step) return take(state, step.delta).state;
  if ("reply" in step) return settle(state, step.reply).state;
  if ("expect" in step) return check(state, step.expect);
  return edit(state, edits(step));
}

function edits(step: EditStep): Edit[] {
  if ("set" in step) return [{ set: step.set }];
  return "unset" in step ? [{ unset: step.unset[0] }] : patchEdits(step.patch);
}

function choose(state: State, id: string, choice: "stored" | "arriving" | "value", value?: Json): State {
  const conflict = state.stored.conflicts.get(id);
  if (conflict === undefined) throw new Error(`no open conflict ${id}`);
  const chosen: Choice = choice === "value" ? { value: value as Json } : choice;
  return resolve(state, conflict, chosen);
}

function check(state: State, expected: Expected): State {
  const conflicts = conflictsAfter(state.stored, pending(state.outbox)).map((conflict) => conflict.id);
  expect({
    view: nest(view(state)),
    outbox: state.outbox.changes.map((change) => ({ ...onWire(change), sent: change.sent })),
    revision: state.stored.revision,
    ...(expected.conflicts && { conflicts }),
    ...(expected.rejected && { rejected: state.rejected.map((rejected) => rejected.code) }),
  }).toEqual(expected);
  return state;
}
