/** The way to the server: what a page may ask of it before the part that knows how is loaded. */

import { NetworkError } from "./errors.js";
import type { Timer } from "./timer.js";

/** One request of the API. */
export interface Call {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below `/v1/`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Attempts in all when the network or the server fails; every request here may be repeated safely. */
  readonly attempts?: number;
  /** Outlives the page, where there is {@link Line.room} for its body. */
  readonly keepalive?: boolean;
}

/** A good answer. */
export interface Answer<T> {
  readonly data: T;
  readonly etag: string | null;
}

/** What hinders the exchange with the server: no answer, a bad one, nobody who is signed in; or nothing. */
export type Trouble = "offline" | "failing" | "needs-auth" | null;

/** Requests for one credential. */
export interface Line {
  /**
   * The answer to a call, read as JSON (null where it is empty).
   *
   * @throws RetomaError of the kind that fits, after the last attempt.
   */
  call<T>(call: Call): Promise<Answer<T>>;
  /** Waits as long as befits the number of failures in a row and the last of them. */
  pause(failures: number, error: unknown, cut: AbortSignal): Promise<void>;
  /** How many bytes a request that outlives the page may have at the moment. */
  readonly room: number;
}

/** A line that is there. */
export interface LaidLine extends Line {
  /** Whether the server cannot know whom this speaks for. */
  readonly isStranger: boolean;
}

/** A line that is there, or will be. */
export interface LayableLine extends Line {
  /**
   * The line itself.
   *
   * @throws NetworkError where it cannot be loaded at the moment.
   */
  lay(): Promise<LaidLine>;
}

/** How soon a part that could not be loaded is asked for again. */
const LAY_AGAIN_MS = 3000;

/** A line that is laid when somebody speaks first. */
export class LaterLine<L extends LaidLine> implements LayableLine {
  readonly #lay: () => Promise<L>;
  readonly #timer: Timer;
  #laid: L | null = null;

  constructor(lay: () => Promise<L>, timer: Timer) {
    this.#lay = lay;
    this.#timer = timer;
  }

  async lay(): Promise<L> {
    return (this.#laid ??= await this.#lay());
  }

  async call<T>(call: Call): Promise<Answer<T>> {
    return (await this.lay()).call<T>(call);
  }

  pause(failures: number, error: unknown, cut: AbortSignal): Promise<void> {
    return this.#laid?.pause(failures, error, cut) ?? this.#timer.wait(LAY_AGAIN_MS, cut);
  }

  get room(): number {
    return this.#laid?.room ?? 0;
  }
}

/** Loads a part of this package; one that cannot be had is a missing network, and may be had later. */
export async function load<T>(part: () => Promise<T>): Promise<T> {
  try {
    return await part();
  } catch (cause) {
    throw new NetworkError({ code: "no-answer", message: "Not loaded.", retryable: true, cause });
  }
}

/** What a page needs to talk to the server: loaded when it first has something to say. */
export const online = (): Promise<typeof import("./online.js")> => load(() => import("./online.js"));
