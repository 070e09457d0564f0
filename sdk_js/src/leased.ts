/** The line of staff to a draft that they help with: their writes carry the fence of its lease, which a timer keeps. */

import type { Draft } from "./draft.js";
import { isRetomaError, RetomaError } from "./errors.js";
import type * as api from "./generated/types.gen.js";
import { type Answer, type Call, LaterLine } from "./line.js";
import type { Timer } from "./timer.js";
import type { Transport } from "./transport.js";

/** A third of the lease's life, so that one beat may be lost. */
const BEAT_MS = 20_000;
const NEVER = new AbortController().signal;

export class LeasedLine extends LaterLine<Transport> {
  /** By what they are in the draft. */
  readonly assist: string;
  readonly #timer: Timer;
  #fence: number | null = null;

  constructor(lay: () => Promise<Transport>, timer: Timer, assist: string) {
    super(lay, timer);
    this.assist = assist;
    this.#timer = timer;
  }

  /** A write whose lease was lost is sent once more under a new one: nothing of it was done, and what is numbered is done once. */
  override async call<T>(call: Call): Promise<Answer<T>> {
    if (call.method === "GET" || !call.path.startsWith("drafts/")) return super.call(call);
    try {
      return await this.#write<T>(call).catch((error: unknown) => this.#writeAnew<T>(call, error));
    } catch (error) {
      throw isWaiting(error) ? waiting(error) : error;
    }
  }

  /** Takes the lease; whoever cannot have it may read, and asks again with the next write. `takeOver`: from a colleague too. */
  async take(takeOver = false): Promise<number> {
    const { data } = await this.#ask(takeOver ? { take_over: true } : {});
    return (this.#fence = data.fence);
  }

  /** Keeps the lease until the draft, the assist or the page is over. */
  async keepFor(draft: Draft): Promise<void> {
    for (;;) {
      await this.#timer.wait(BEAT_MS, NEVER);
      if (draft.state === "closed" || !(await this.#beat())) return;
    }
  }

  async #beat(): Promise<boolean> {
    try {
      if (this.#fence !== null) await this.#ask({ fence: this.#fence });
    } catch (error) {
      if (!isRetomaError(error)) return false;
      if (error.code !== "lease-lost") return error.retryable;
      this.#fence = null;
    }
    return true;
  }

  async #write<T>(call: Call): Promise<Answer<T>> {
    const fence = this.#fence ?? (await this.take());
    return super.call({ ...call, headers: { ...call.headers, "Retoma-Fence": String(fence) } });
  }

  #writeAnew<T>(call: Call, error: unknown): Promise<Answer<T>> {
    if (!isRetomaError(error, "lease-lost")) throw error;
    this.#fence = null;
    return this.#write(call);
  }

  #ask(body: { readonly fence?: number; readonly take_over?: true }): Promise<Answer<api.LeaseOut>> {
    return super.call({ method: "POST", path: `assist/${this.assist}/lease`, body, attempts: 1 });
  }
}

const isWaiting = (error: unknown): error is RetomaError => isRetomaError(error) && error.status === 423;

/** A colleague is at work, who will not be for ever: what waits is kept, and sent once they are done. */
function waiting(error: RetomaError): RetomaError {
  const { code, message, status, facts } = error;
  return new RetomaError({ code, message, status, facts, retryable: true, cause: error });
}
