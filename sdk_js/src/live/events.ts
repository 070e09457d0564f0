/** The stream of events: server-sent events over fetch, resumed where it broke off. */

import { createParser, type EventSourceMessage } from "eventsource-parser";
import { AuthRequiredError, RejectedError } from "../errors.js";
import type { Transport } from "../transport.js";
import type { WireEvent } from "../wire.js";
import { canStream, type EventPage, newestCursor, pageAfter } from "./pages.js";

/** Who listens to a stream. */
export interface StreamListener {
  /** Something happened to a draft. */
  event(event: WireEvent): void;
  /** Events may have been missed: drafts should be read again from where they are. */
  missed(): void;
  /** The server's current revision of the one draft that this stream follows. */
  revision(revision: number): void;
  /** The stream stands. */
  live(): void;
}

/** The server sends a heartbeat every 15 s: after this silence the connection is taken for dead. */
const SILENCE_MS = 40_000;

export class Stream {
  readonly #transport: Transport;
  readonly #listener: StreamListener;
  readonly #draft: string | undefined;
  #cursor: string | null = null;
  #failures = 0;
  #isWanted = false;
  #running = false;
  #stopped = false;
  #isPaged = !canStream();
  #connection = new AbortController();
  #nap = new AbortController();
  #silence: ReturnType<typeof setTimeout> | undefined;

  /** @param draft - The one draft to follow; without it all that the credential may read. */
  constructor(transport: Transport, listener: StreamListener, draft?: string) {
    this.#transport = transport;
    this.#listener = listener;
    this.#draft = draft;
  }

  /** Connects, and stays connected until it is to pause or to stop. */
  begin(): void {
    this.#isWanted = true;
    this.wake();
  }

  /** Connects again without waiting any longer, where a connection is wanted. */
  wake(): void {
    this.#nap.abort();
    if (this.#isWanted && !this.#running && !this.#stopped) void this.#run();
  }

  /** Stays away until it begins again. */
  pause(): void {
    this.#isWanted = false;
    this.#connection.abort();
    this.#nap.abort();
  }

  stop(): void {
    this.#stopped = true;
    this.#connection.abort();
    this.#nap.abort();
  }

  get #isHere(): boolean {
    return this.#isWanted && !this.#stopped;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#isHere) {
      const error = await this.#connect().catch((cause: unknown) => cause);
      if (!this.#isHere || error instanceof AuthRequiredError) break;
      await this.#rest(error);
    }
    this.#running = false;
  }

  /** While there is no stream, what it would have told is fetched at each attempt. */
  async #rest(error: unknown): Promise<void> {
    this.#failures += 1;
    // A cursor that the server cannot read will not become readable.
    if (error instanceof RejectedError) this.#cursor = null;
    if (this.#failures > 1) this.#listener.missed();
    this.#nap = new AbortController();
    await this.#transport.pause(this.#failures, error, this.#nap.signal);
  }

  async #connect(): Promise<void> {
    if (this.#isPaged) return this.#turnPages();
    this.#connection = new AbortController();
    this.#watch();
    try {
      const body = await this.#transport.stream(this.#call(), this.#connection.signal);
      if (body === null) this.#isPaged = true;
      else await this.#read(body);
    } finally {
      clearTimeout(this.#silence);
      this.#connection.abort();
    }
  }

  /** Asks for one page after the other. */
  async #turnPages(): Promise<void> {
    const isResumed = this.#cursor !== null;
    this.#cursor ??= await newestCursor(this.#transport, this.#draft);
    this.#failures = 0;
    this.#listener.live();
    if (!isResumed) this.#listener.missed();
    while (this.#isHere) this.#turn(await pageAfter(this.#transport, this.#cursor, this.#draft));
  }

  #turn({ items, next, reset }: EventPage): void {
    if (this.#stopped) return;
    if (reset) this.#listener.missed();
    for (const event of items) {
      this.#listener.event(event);
      if (event.delta === undefined) this.#listener.revision(event.revision);
    }
    this.#cursor = next;
  }

  #call(): Parameters<Transport["stream"]>[0] {
    const resume = this.#cursor === null ? {} : { "Last-Event-ID": this.#cursor };
    return { method: "GET", path: "events", query: { draft: this.#draft }, headers: { Accept: "text/event-stream", ...resume } };
  }

  /** Ends a connection that has been silent for too long. */
  #watch(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#connection.abort(), SILENCE_MS);
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const parser = createParser({ onEvent: (message) => this.#hear(message) });
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      this.#watch();
      parser.feed(decoder.decode(part.value, { stream: true }));
    }
  }

  #hear(message: EventSourceMessage): void {
    const data = parsed(message.data);
    if (data === null) return this.#listener.missed();
    const type = message.event ?? "message";
    if (type === "ready") this.#ready();
    else if (type === "reset") this.#listener.missed();
    else if (type === "heartbeat") this.#beat(data);
    else if (type !== "auth") this.#listener.event(data as unknown as WireEvent);
    this.#cursor = message.id ?? (typeof data["cursor"] === "string" ? data["cursor"] : this.#cursor);
  }

  /** A stream that resumes replays what was missed; one that begins says nothing of what came before it. */
  #ready(): void {
    this.#failures = 0;
    this.#listener.live();
    if (this.#cursor === null) this.#listener.missed();
  }

  #beat(data: Record<string, unknown>): void {
    if (typeof data["revision"] === "number") this.#listener.revision(data["revision"]);
  }
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === "object" && data !== null ? (data as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
