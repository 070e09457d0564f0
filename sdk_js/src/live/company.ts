/**
 * The tabs of one owner in one browser: one of them leads, holds the stream and sends for all.
 *
 * Leading only saves connections. Who leads may be wrong for a while, or two may believe it: every change is numbered,
 * so that what is sent twice takes effect once. No edit ever waits for a lock.
 */

import type { Trouble } from "../line.js";
import type { Tabs } from "../syncing.js";
import type { WireEvent } from "../wire.js";
import type { Stream } from "./events.js";
import { miss, streamFor, tell } from "./following.js";
import type { Live, LiveParts } from "./index.js";

type Message =
  /** The leader lives. */
  | { readonly type: "beat" }
  /** The leader is no longer looked at. */
  | { readonly type: "hidden" }
  /** Somebody looks at this tab. */
  | { readonly type: "here" }
  | { readonly type: "kept"; readonly draft: string; readonly isUrgent: boolean }
  | { readonly type: "exchanged"; readonly draft: string; readonly trouble: Trouble }
  | { readonly type: "event"; readonly event: WireEvent }
  | { readonly type: "missed" };

const BEAT_MS = 2000;
const SILENCE_MS = 6000;
/** Two tabs that cannot hear each other must not wrest the lock from each other for ever. */
const STEAL_MS = 10_000;

/** Whether this browser lets tabs agree. */
export const hasCompany = (): boolean => Boolean(globalThis.navigator?.locks && globalThis.BroadcastChannel);

export class Company implements Live, Tabs {
  readonly #name: string;
  readonly #parts: LiveParts;
  readonly #channel: BroadcastChannel;
  #queued = new AbortController();
  #isStopped = false;
  readonly #beat: ReturnType<typeof setInterval>;
  #stream: Stream | null = null;
  #isPaused = false;
  #release: () => void = () => undefined;
  #heardAt = performance.now();
  #checkedAt = performance.now();
  #stoleAt = -Infinity;
  readonly tabs: Tabs = this;

  constructor(name: string, parts: LiveParts) {
    this.#name = name;
    this.#parts = parts;
    this.#channel = new BroadcastChannel(name);
    this.#channel.addEventListener("message", ({ data }: MessageEvent<Message>) => this.#hear(data));
    this.#beat = setInterval(() => this.#check(), BEAT_MS);
    this.#queue();
  }

  get leads(): boolean {
    return this.#stream !== null;
  }

  kept(draft: string, isUrgent: boolean): void {
    this.#say({ type: "kept", draft, isUrgent });
  }

  exchanged(draft: string, trouble: Trouble): void {
    this.#say({ type: "exchanged", draft, trouble });
  }

  wake(): void {
    if (this.leads) this.#stream?.wake();
    else this.#say({ type: "here" });
  }

  /** It leads on: no other tab is to send in its place. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (isPaused) this.#stream?.pause();
    else this.#stream?.begin();
  }

  hide(): void {
    if (this.leads) this.#say({ type: "hidden" });
  }

  stop(): void {
    this.#isStopped = true;
    this.#queued.abort();
    clearInterval(this.#beat);
    this.#follow();
    this.#release();
    this.#channel.close();
  }

  /** Waits in line for the lead, or takes it; once it is lost again, for whatever reason, waits anew. */
  #queue(isStealing = false): void {
    this.#queued.abort();
    const queued = new AbortController();
    this.#queued = queued;
    const options = isStealing ? { steal: true } : { signal: queued.signal };
    const over = (): void => {
      if (queued !== this.#queued || this.#isStopped) return;
      this.#follow();
      this.#queue();
    };
    navigator.locks.request(this.#name, options, () => this.#lead()).then(over, (error: DOMException) => {
      // A page of no origin may have no locks: it sends for itself.
      if (error.name === "AbortError") over();
      else if (queued === this.#queued) void this.#lead();
    });
  }

  /** Leads until the returned promise resolves. */
  #lead(): Promise<void> {
    const released = new Promise<void>((release) => (this.#release = release));
    if (this.#isStopped) return Promise.resolve();
    this.#stream?.stop();
    this.#stream = streamFor(this.#parts, {
      event: (event) => this.#say({ type: "event", event }),
      missed: () => this.#say({ type: "missed" }),
    });
    if (!this.#isPaused) this.#stream.begin();
    this.#say({ type: "beat" });
    if (isHidden()) this.#say({ type: "hidden" });
    void this.#parts.drain();
    return released;
  }

  #follow(): void {
    this.#stream?.stop();
    this.#stream = null;
    this.#heardAt = performance.now();
  }

  #check(): void {
    const now = performance.now();
    // After having been frozen itself, a tab must first listen before it finds others silent.
    if (now - this.#checkedAt > 2 * BEAT_MS) this.#heardAt = now;
    this.#checkedAt = now;
    if (this.leads) return this.#say({ type: "beat" });
    const isSilent = now - this.#heardAt > SILENCE_MS && now - this.#stoleAt > STEAL_MS;
    if (!isSilent || isHidden()) return;
    this.#stoleAt = now;
    this.#queue(true);
  }

  #hear(message: Message): void {
    if (message.type === "here") return this.#yield();
    if (message.type === "hidden" && !isHidden()) return this.#say({ type: "here" });
    if (message.type === "kept") return this.#serve(message.draft, message.isUrgent);
    this.#heardAt = performance.now();
    if (message.type === "exchanged") this.#look(message.draft, message.trouble);
    else if (message.type === "event") tell(this.#parts, message.event);
    else if (message.type === "missed") miss(this.#parts);
  }

  /** A tab that somebody looks at is faster than a hidden one. */
  #yield(): void {
    if (this.leads && isHidden()) this.#release();
  }

  #serve(draft: string, isUrgent: boolean): void {
    if (this.leads) void this.#parts.named(draft).serve(isUrgent);
    else void this.#open(draft)?.look();
  }

  #look(draft: string, trouble: Trouble): void {
    void this.#open(draft)?.look();
    if (this.leads) return;
    this.#open(draft)?.note(trouble);
    this.#parts.heard(trouble);
  }

  #open(draft: string) {
    return this.#parts.drafts().find((syncing) => syncing.name === draft);
  }

  #say(message: Message): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel reaches its own origin only
    if (!this.#isStopped) this.#channel.postMessage(message);
  }
}

const isHidden = (): boolean => globalThis.document?.hidden ?? false;
