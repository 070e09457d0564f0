/** A small HTTP server that speaks enough of Retoma's wire to be disturbed in every way. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ChangesReply, Delta, Json, Op, WireDraft } from "../src/wire.js";

export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into bodies of many shapes
  readonly body: any;
}

/** Answers in place of the server; returns false to let it answer after all. */
export type Fault = (request: Heard, response: ServerResponse) => boolean | void;

type Sent = { seq: number; ops: Op[] };

export class TestServer {
  readonly heard: Heard[] = [];
  readonly #faults: { path: RegExp; fault: Fault; times: number }[] = [];
  readonly #streams = new Set<ServerResponse>();
  readonly #waiting: (() => void)[] = [];
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  #draft: WireDraft = draftOf({});
  #fence = 0;
  #cells: { path: string; value: Json; revision: number; writer: string }[] = [];

  static async start(): Promise<TestServer> {
    const server = new TestServer();
    await new Promise<void>((done) => server.#server.listen(0, "127.0.0.1", done));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  /** Disturbs the next requests of a path. */
  disturb(path: RegExp, fault: Fault, times = 1): void {
    this.#faults.push({ path, fault, times });
  }

  /** All is well from now on. */
  heal(): void {
    this.#faults.length = 0;
  }

  /** The draft as it is stored, from the start on. */
  hold(draft: Partial<WireDraft>): void {
    this.#draft = draftOf(draft);
  }

  get data(): Json {
    return this.#draft.data;
  }

  /** Somebody else writes a field; those who listen hear of it. */
  write(path: string, value: Json, listen: "told" | "untold" = "told"): void {
    const from = this.#draft.revision;
    this.#put(path, value, "w_phone");
    if (listen === "told") this.tell("draft-changed", { type: "draft-changed", draft: this.#draft.id, delta: this.delta(from) });
  }

  /** Sends a message to all streams. */
  tell(event: string, data: unknown, id = `k.${this.heard.length}`): void {
    for (const stream of this.#streams) stream.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Breaks all streams off. */
  cutStreams(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  get streams(): number {
    return this.#streams.size;
  }

  of(path: RegExp): Heard[] {
    return this.heard.filter((request) => path.test(`${request.method} ${request.path}`));
  }

  /** Resolves once a request has been made so many times. */
  async request(path: RegExp, times = 1): Promise<Heard> {
    while (this.of(path).length < times) await new Promise<void>((done) => this.#waiting.push(done));
    return this.of(path)[times - 1] as Heard;
  }

  delta(from: number): Delta {
    const { revision, status, id } = this.#draft;
    const news = this.#cells.filter((cell) => cell.revision > from);
    const cells = Object.fromEntries(news.map((cell) => [cell.path, { value: cell.value, revision: cell.revision, by: byOf(cell.writer) }]));
    return { id, from, revision, epoch: "k", status, cells, position: null, conflicts: [], updated_at: "", expires_at: "" };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const heard = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, text, body: text === "" ? null : JSON.parse(text) };
    this.heard.push(heard);
    if (!this.#disturbed(heard, response)) this.#answer(heard, response);
    this.#waiting.splice(0).forEach((go) => go());
  }

  #disturbed(heard: Heard, response: ServerResponse): boolean {
    const at = this.#faults.findIndex((each) => each.path.test(`${heard.method} ${heard.path}`));
    const found = this.#faults[at];
    if (found === undefined) return false;
    found.times -= 1;
    if (found.times <= 0) this.#faults.splice(at, 1);
    return found.fault(heard, response) !== false;
  }

  #answer(heard: Heard, response: ServerResponse): void {
    const place = `${heard.method} ${heard.path.replace("/v1/", "").replace(/\?.*/, "")}`;
    const etag = { ETag: `"k.${this.#draft.revision}"` };
    if (place === "POST visitors") json(response, 201, { token: `vt_${this.of(/visitors/).length}` });
    else if (place === "GET events") this.#stream(response);
    else if (place === "POST drafts") json(response, 200, this.#draft, etag);
    else if (place === "GET drafts") json(response, 200, { items: [this.#draft], next: null });
    else if (place.endsWith("/changes")) json(response, 200, this.#take(heard.body));
    else if (place === "POST handoffs/redeem") json(response, 200, { grant: "gr_1", expires_at: "", draft: this.#draft });
    else if (place === "POST assist/redeem") json(response, 201, { assist: { id: "as_1", expires_at: "", customer: "cu_1" }, draft: this.#draft });
    else if (place === "POST assist/as_1/lease") json(response, 200, { fence: heard.body.fence ?? (this.#fence += 1), expires_at: "", holder: { name: "Marta", store: null } });
    else if (place.startsWith("GET drafts/")) this.#read(heard, response);
    else if (place.endsWith("/complete")) json(response, 200, { ...this.#draft, status: "completed" }, etag);
    else if (place.endsWith("/handoffs")) json(response, 201, handoffOf(heard.body.to));
    else response.writeHead(204).end();
  }

  #read(heard: Heard, response: ServerResponse): void {
    const since = /since=(?:k\.)?(\d+)/.exec(heard.path);
    json(response, 200, since ? this.delta(Number(since[1])) : this.#draft, { ETag: `"k.${this.#draft.revision}"` });
  }

  #take(body: { writer: string; since: number; changes: Sent[] }): ChangesReply {
    const results = body.changes.map((change) => this.#apply(body.writer, change));
    return { revision: this.#draft.revision, epoch: "k", results, conflicts: [], delta: this.delta(body.since) };
  }

  #apply(writer: string, change: Sent): ChangesReply["results"][number] {
    for (const op of change.ops) if (op.op === "set") this.#put(op.path, op.value, writer);
    return { seq: change.seq, status: change.ops.length > 0 ? "applied" : "noop", revision: this.#draft.revision };
  }

  #put(path: string, value: Json, writer: string): void {
    const revision = this.#draft.revision + 1;
    this.#cells = [...this.#cells.filter((cell) => cell.path !== path), { path, value, revision, writer }];
    const data = { ...(this.#draft.data as { [key: string]: Json }), [path.slice(1)]: value };
    this.#draft = { ...this.#draft, revision, data };
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(`event: ready\ndata: {"cursor":"k.0"}\n\n`);
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
  }
}

export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body));
}

/** An answer that refuses, as a problem document. */
export function problem(status: number, code: string, facts: object = {}, headers: Record<string, string> = {}): Fault {
  return (_request, response) => {
    response.writeHead(status, { "Content-Type": "application/problem+json", ...headers });
    response.end(JSON.stringify({ type: `http://127.0.0.1/problems/${code}`, title: code, status, code, retryable: status >= 500, request_id: "rq_1", ...facts }));
  };
}

const byOf = (writer: string) => ({ kind: "visitor", channel: "web", writer, device: null, name: null }) as const;

export function draftOf(given: Partial<WireDraft>): WireDraft {
  const about = { id: "dr_1", process: "mortgage", kind: "form", key: "default", customer: "cu_1", status: "open" } as const;
  const times = { created_at: "", updated_at: "", expires_at: "" };
  return { ...about, revision: 0, data: {}, position: null, conflicts: [], ...times, ...given };
}

function handoffOf(to: string): object {
  const about = { id: "ho_1", to, draft: "dr_1", status: "pending", expires_at: "2026-01-01T10:00:00.000Z" };
  return to === "staff" ? { ...about, code: "BCDF-GHJK" } : { ...about, url: "https://retoma.example/r#ho_1", qr_svg: "<svg/>" };
}
