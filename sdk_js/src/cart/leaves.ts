/**
 * A cart as leaves: `/lines/<key>/…` as the server shows them, their order in `/keys`, those that cannot be had at
 * `/unavailable/<key>/…`, notes of both at `/info/<name>/<key>`, and `/totals`, `/completion` and what else is {@link About}.
 *
 * So everything that keeps a form's data, merges its news, survives its crashes and leaves its secrets out does the same
 * for a cart.
 */

import { keysOf, type Leaves } from "../pointer.js";
import type { By, Cell, Counted, Delta, Json, WireDraft, WireLine } from "../wire.js";
import type { About, CartCompletion, CartTotals } from "./lines.js";
import { notePathOf, pathOf, unavailablePathOf } from "./place.js";
import { totalsOf } from "./totals.js";

/** What the server counts has no author. */
const NOBODY: By = { kind: "service", channel: "api", writer: null, device: null, name: null };

/** The data of a draft: a form's own, or what a cart holds. */
export function dataOf(draft: WireDraft): Json {
  const { data, lines, unavailable = [] } = draft;
  if (lines === undefined) return data;
  const all = [...lines, ...unavailable];
  const names = new Set(all.flatMap(({ info }) => Object.keys(info)));
  const info = Object.fromEntries([...names].map((name) => [name, notesOf(all, name)]));
  return { lines: byKey(lines), unavailable: byKey(unavailable), info, keys: lines.map(({ key }) => key), ...aboutOf(draft) } as unknown as Json;
}

const byKey = (lines: readonly WireLine[]): Json => Object.fromEntries(lines.map((line) => [line.key, lineOf(line)]));

function lineOf(wire: WireLine): Json {
  const { info: _, revision: __, max_quantity: maxQuantity, ...line } = wire;
  return { ...line, maxQuantity } as unknown as Json;
}

/** What a cart is beside its lines. */
function aboutOf(cart: Counted): About & { readonly totals: CartTotals | null } {
  const { validation = null, successor = null, merged_into: mergedInto = null } = cart;
  return { totals: totalsOf(cart), completion: completionOf(cart), validation, successor, mergedInto };
}

function completionOf({ completion }: Counted): CartCompletion | null {
  if (!completion) return null;
  const { lease_expires_at: leaseExpiresAt, order_ref: orderRef, status, ...about } = completion;
  return { ...about, status: status as CartCompletion["status"], leaseExpiresAt, orderRef };
}

const notesOf = (lines: readonly WireLine[], name: string): Record<string, Json | undefined> =>
  Object.fromEntries(lines.filter(({ info }) => name in info).map(({ key, info }) => [key, info[name]]));

/** What changed in a draft by path: the cells of a form; of a cart its lines, of which all but the named ones are gone or cannot be had. */
export function cellsOf(delta: Delta, known: Leaves): Readonly<Record<string, Cell>> {
  const { cells, lines, keys = [], unavailable = [], revision } = delta;
  if (lines === undefined) return cells;
  const there = new Set(keys.filter((key) => lines.every((line) => line.key !== key)));
  const counted = (value: unknown): Cell => ({ value: value as Json, revision, by: NOBODY });
  const before = placesIn(known).filter(([key]) => !there.has(key)).map(([, path]) => [path, { unset: true, revision, by: NOBODY }] as const);
  const after = [...lines.flatMap((line) => cellsIn(line, pathOf, revision)), ...unavailable.flatMap((line) => cellsIn(line, unavailablePathOf, revision))];
  const about = Object.entries({ keys, ...aboutOf(delta) }).map(([name, value]) => [`/${name}`, counted(value)] as const);
  return Object.fromEntries<Cell>([...before, ...after, ...about]);
}

function cellsIn(line: WireLine, placeOf: (key: string) => string, revision: number): readonly (readonly [string, Cell])[] {
  const { key, by } = line;
  const notes = Object.entries(line.info).map(([name, value]) => [notePathOf(name, key), { value, revision, by }] as const);
  return [[placeOf(key), { value: lineOf(line), revision, by }], ...notes];
}

/** The places of lines and notes among leaves, each with the key of its line. */
function placesIn(leaves: Leaves): readonly (readonly [key: string, path: string])[] {
  return [...leaves.keys()].flatMap((path) => {
    const [place, one = "", two = ""] = keysOf(path);
    if (place === "lines") return [[one, pathOf(one)] as const];
    if (place === "unavailable") return [[one, unavailablePathOf(one)] as const];
    return place === "info" ? [[two, notePathOf(one, two)] as const] : [];
  });
}
