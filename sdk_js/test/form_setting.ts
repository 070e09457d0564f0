/** A form bound to a draft whose server answers to nobody: what was edited waits, where it can be looked at. */

import { fixed } from "../src/credentials.js";
import { Draft } from "../src/draft.js";
import { type BindOptions, bindForm } from "../src/form/index.js";
import { Shelf } from "../src/keeping/shelf.js";
import { adopt, hear } from "../src/exchange.js";
import type { Trouble } from "../src/line.js";
import { waiting } from "../src/rebasing.js";
import { settle } from "../src/settling.js";
import { Syncing } from "../src/syncing.js";
import { Transport } from "../src/transport.js";
import type { Conflict, Delta, DraftEvent, DraftStatus, Json, Position, Result, WireDraft } from "../src/wire.js";
import { noting } from "./setting.js";

const ALONE = { leads: true, kept: () => undefined, exchanged: () => undefined };

/** Why staff came in an emergency. */
const LOG = [{ action: "assist-overridden", assist: "as_1", reason: "Court order (HELP-1)" }];

/** A draft of somebody else, in whose place a bound one may be put. */
export const another = (data: Json): Draft => unanswered(data, null, "dr_2").draft;

function unanswered(data: Json = {}, position: Position | null = null, id = "dr_1") {
  const offered: unknown[] = [];
  const picked: unknown[] = [];
  const help: { items: unknown[]; answers: unknown[] } = { items: [], answers: [] };
  const asking: unknown[] = [];
  const open: unknown[] = [];
  const decided: string[] = [];
  const fetch = async (address: unknown, init?: RequestInit): Promise<Response> => {
    const asked = `${init?.method} ${new URL(String(address)).pathname}`;
    if (asked === "GET /v1/drafts/dr_1/handoffs") return Response.json({ items: offered, next: null });
    if (asked === "GET /v1/drafts/dr_1/assists") return Response.json(help);
    if (asked === "GET /v1/me/assist-requests") return Response.json({ items: asking });
    if (asked === "GET /v1/me/access-log") return Response.json({ items: LOG, next: null });
    if (asked === "GET /v1/drafts") return Response.json({ items: open, next: null });
    if (asked.startsWith("GET /v1/processes/")) return Response.json({ titles: { en: "Your mortgage", es: "Tu hipoteca" } });
    if (asked.startsWith("POST /v1/me/assist-requests/")) asking.length = 0;
    if (asked.includes("/assists/") || asked.startsWith("POST /v1/me/")) decided.push(`${asked} ${String(init?.body ?? "")}`.trim());
    if (asked.includes("/assists/") || asked.startsWith("POST /v1/me/")) return Response.json({});
    if (asked.endsWith("/changes") && String(init?.body).includes('"confirm"')) return decided.push(String(init?.body)), Response.json({ results: [] });
    if (asked === "POST /v1/handoffs/ho_1/confirm") picked.push(JSON.parse(String(init?.body)));
    return asked.startsWith("POST /v1/handoffs") ? new Response(null, { status: 204 }) : new Promise(() => undefined);
  };
  const closed = new AbortController().signal;
  const parts = { url: "https://retoma.example", publishableKey: "pk_1", fetch, headers: {}, timer: noting([]), closed, heard: () => undefined, leaving: { bytes: 0 } };
  const target = { process: "mortgage", key: "default" };
  const transport = new Transport({ ...parts, credential: { ...fixed("ct_1"), isStranger: false } });
  const syncing = new Syncing({ transport, shelf: new Shelf(null), installation: "in_1", target, name: "one", tabs: () => ALONE, identified: () => undefined });
  const opened = { id, revision: 4, data, position, status: "open", conflicts: [] } as unknown as WireDraft;
  adopt(syncing, { data: opened, etag: '"k.4"' });
  const arrive = (cells: Record<string, Json | undefined>, more: Partial<Delta> = {}) => hear(syncing, deltaOf(syncing.state.stored.revision, cells, more));
  return {
    draft: new Draft(target, syncing, transport),
    /** What is on offer of this draft from now on. */
    offer: (...handoffs: readonly unknown[]) => void offered.splice(0, offered.length, ...handoffs),
    /** From now on this is who helps, and what staff have entered; a text is a name. */
    helped: (by: { name: string; store?: string; scope?: string; method?: string } | null, ...paths: readonly string[]) => {
      const store = by?.store === undefined ? null : { id: "so_1", name: by.store };
      help.items = by === null ? [] : [{ id: "as_1", staff: { id: "st_1", name: by.name }, store, method: by.method ?? "code", scope: by.scope ?? "edit" }];
      help.answers = paths.map((path) => ({ path, name: "Sam", channel: "store", revision: 4, confirm: true }));
    },
    /** From now on Sam asks, about a draft or, without one, about one of these. */
    asks: (draft: string | null, ...drafts: readonly string[]) => {
      const about = { process: draft && "mortgage", draft, began_at: "", expires_at: "" };
      asking.splice(0, 1, { id: "lk_1", staff: { name: "Sam" }, store: { id: "so_1", name: "Leeds" }, reason: "You called.", ...about });
      open.splice(0, open.length, ...drafts.map((each) => ({ id: each, process: "mortgage", key: each })));
    },
    /** Who asks. */
    asked: asking,
    /** What the customer has decided about help. */
    decided,
    /** The bodies that say which digits were picked. */
    picked,
    arrive,
    dispute: (conflict: Partial<Conflict>) => arrive({}, { conflicts: [conflict as Conflict] }),
    close: (status: DraftStatus) => arrive({}, { status }),
    /** How the exchange with the server goes. */
    fare: (trouble: Trouble) => syncing.note(trouble),
    happen: (event: Partial<DraftEvent>) => syncing.onEvent.tell(event as DraftEvent),
    /** The server's answer to one change of this page. */
    answer: (result: Result) =>
      syncing.apply((state) => settle(state, { revision: 0, epoch: "k", results: [result], conflicts: [] }).state),
    edits: () => waiting(syncing.state).map((step) => step.wire),
    kept: () => syncing.apply((state) => state),
  };
}

function deltaOf(from: number, values: Record<string, Json | undefined>, more: Partial<Delta>): Delta {
  const revision = from + 1;
  const by = { kind: "visitor", channel: "web", writer: "w_other", device: "iPhone", name: null };
  const cellOf = (value: Json | undefined) => (value === undefined ? { unset: true, revision, by } : { value, revision, by });
  const cells = Object.fromEntries(Object.entries(values).map(([path, value]) => [path, cellOf(value)]));
  return { id: "dr_1", from, revision, epoch: "k", status: "open", cells, conflicts: [], updated_at: "", expires_at: "", ...more } as unknown as Delta;
}

/** Binds forms, and unbinds them all. */
export function bindings() {
  const unbinding: (() => void)[] = [];
  const bound = (html: string, data: Json = {}, { position = null, ...options }: BindOptions & { position?: Position | null } = {}) => {
    document.body.innerHTML = `<form id="f">${html}</form><input name="outside" form="f"><input name="stranger">`;
    const form = document.querySelector("form") as HTMLFormElement;
    const rest = unanswered(data, position);
    const unbind = bindForm(rest.draft, form, { ui: false, ...options });
    unbinding.push(unbind);
    return { ...rest, form, unbind };
  };
  return { bound, unbindAll: () => unbinding.splice(0).forEach((unbind) => unbind()) };
}

/** The first control of a name. */
export const control = (name: string): HTMLInputElement => document.getElementsByName(name)[0] as HTMLInputElement;

/** Enters text as a person does: focus, then an input event for what has been typed. */
export function type(name: string, text: string): void {
  control(name).focus();
  control(name).value = text;
  control(name).dispatchEvent(new Event("input", { bubbles: true }));
}

/** Says that the person is done with a control. */
export function commit(name: string): void {
  control(name).dispatchEvent(new Event("change", { bubbles: true }));
}

/** Ticks a box. */
export function check(element: HTMLInputElement, checked = true): void {
  element.checked = checked;
  element.dispatchEvent(new Event("input", { bubbles: true }));
  element.dispatchEvent(new Event("change", { bubbles: true }));
}
