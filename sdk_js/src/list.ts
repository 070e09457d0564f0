/** Repeating groups: an object by id, whose items say themselves where they stand. */

import type { Draft } from "./draft.js";
import { isObject, join } from "./pointer.js";
import { freshId } from "./storage.js";
import type { Json } from "./wire.js";

/**
 * One item of a {@link List}.
 *
 * @example
 * draft.list("dependants").items.map(({ id, value }: ListItem) => render(id, value));
 */
export interface ListItem {
  readonly id: string;
  readonly value: Json;
}

/**
 * A repeating group in its order. Its place in the draft is an object by id; each item carries `pos`, a string by
 * which items are sorted.
 *
 * @example
 * const people = draft.list("dependants");
 * people.add({ name: "Leo" });
 * people.items; // [{ id: "0193…", value: { name: "Leo", pos: "i" } }]
 */
export interface List {
  readonly items: readonly ListItem[];
  /** Adds an item at the end and returns its id. */
  add(item: Readonly<Record<string, unknown>>): string;
  remove(id: string): void;
  /** Puts an item before another, or last. */
  move(id: string, before: string | null): void;
}

/** The list that stands at a path of a draft. */
export function listOf(draft: Draft, path: string): List {
  const items = (): readonly ListItem[] => sorted(draft.get(path) as Json | undefined);
  const list: List = {
    get items() {
      return items();
    },
    add: (item) => {
      const id = freshId("");
      const last = items().at(-1);
      draft.transaction((edits) => edits.set(join(path, id), { ...item, pos: between(last === undefined ? "" : posOf(last), null) }));
      return id;
    },
    remove: (id) => draft.unset(join(path, id)),
    move: (id, before) => {
      const others = items().filter((item) => item.id !== id);
      const at = others.findIndex((item) => item.id === before);
      const [above, below] = at === -1 ? [others.at(-1), undefined] : [others[at - 1], others[at]];
      draft.set(join(join(path, id), "pos"), between(above === undefined ? "" : posOf(above), below === undefined ? null : posOf(below)));
    },
  };
  return list;
}

function sorted(value: Json | undefined): readonly ListItem[] {
  if (!isObject(value)) return [];
  const items = Object.entries(value).map(([id, item]) => ({ id, value: item }));
  return items.toSorted((one, other) => compare(posOf(one), posOf(other)) || compare(one.id, other.id));
}

const compare = (one: string, other: string): number => Number(one > other) - Number(one < other);

function posOf({ value }: ListItem): string {
  const pos = isObject(value) ? value["pos"] : undefined;
  return typeof pos === "string" ? pos : "";
}

/** Of what places are made: 0 to 9 and a to z. */
const DIGITS = 36;

/**
 * A string that sorts between two others; read as digits behind a point. Never ends in the lowest digit, so that there
 * is always room before it. Where two devices gave the same one, their items' ids decide, and it comes after both.
 */
export function between(low: string, high: string | null): string {
  const room = high !== null && high > low ? high : null;
  let made = "";
  for (let index = 0, isBounded = room !== null; ; index++) {
    const from = digitAt(low, index) ?? 0;
    const to = isBounded ? (digitAt(room ?? "", index) ?? DIGITS) : DIGITS;
    if (to - from > 1) return made + Math.floor((from + to) / 2).toString(DIGITS);
    made += from.toString(DIGITS);
    isBounded &&= to === from;
  }
}

function digitAt(text: string, index: number): number | undefined {
  const digit = parseInt(text.charAt(index), DIGITS);
  return Number.isNaN(digit) ? undefined : digit;
}
