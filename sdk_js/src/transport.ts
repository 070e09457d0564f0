/** Requests to the server: one credential, a timeout always, typed errors, retries that honour `Retry-After`. */

import type { Credential } from "./credentials.js";
import { AuthRequiredError, over, NetworkError, RetomaError } from "./errors.js";
import type { Answer, Call, LaidLine, LayableLine, Trouble } from "./line.js";
import { problemError } from "./problems.js";
import { rest } from "./resting.js";
import { type Timer, whenAborted } from "./timer.js";

/** What a transport works with. */
export interface TransportParts {
  readonly url: string;
  readonly fetch: typeof fetch;
  /** Names the business beside a token of its own identity provider. */
  readonly publishableKey: string;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timer: Timer;
  /** Fires when the client closes. */
  readonly closed: AbortSignal;
  readonly credential: Credential | null;
  /** Hears how each exchange went. */
  readonly heard: (trouble: Trouble, error?: RetomaError) => void;
  /** Bytes that are on their way in requests that outlive the page; counted for all transports of a page. */
  readonly leaving: { bytes: number };
}

const TIMEOUT_MS = 30_000;
const ATTEMPTS = 3;
/** What is on its way for longer is not waited for. */
const HOLD_MS = 3000;
/** Browsers fail every request that outlives the page once their bodies exceed 64 KiB together. */
const LEAVING_BYTES = 60_000;

export class Transport implements LaidLine, LayableLine {
  readonly #parts: TransportParts;
  readonly #underWay = new Set<Promise<unknown>>();
  #held: Promise<void> | null = null;

  constructor(parts: TransportParts) {
    this.#parts = parts;
  }

  /** The same transport for another credential. */
  as(credential: Credential | null, heard: TransportParts["heard"] = this.#parts.heard): Transport {
    return new Transport({ ...this.#parts, credential, heard });
  }

  async lay(): Promise<this> {
    return this;
  }

  /** Whether the server cannot know whom this speaks for. */
  get isStranger(): boolean {
    return this.#parts.credential?.isStranger ?? false;
  }

  /** How many bytes a request that outlives the page may have at the moment. */
  get room(): number {
    return LEAVING_BYTES - this.#parts.leaving.bytes;
  }

  /**
   * The answer to a call, read as JSON (null where it is empty).
   *
   * @throws RetomaError of the kind that fits, after the last attempt.
   */
  async call<T>(call: Call): Promise<Answer<T>> {
    await this.#held;
    const answer = this.#call<T>(call);
    const done = answer.catch(() => undefined).finally(() => this.#underWay.delete(done));
    // A page of events waits for some to come.
    if (call.path !== "events") this.#underWay.add(done);
    return answer;
  }

  /**
   * Keeps back what is asked for from now on; resolves once nothing is on its way.
   *
   * @returns what lets it go, or turns it away for good.
   */
  async hold(): Promise<(error?: RetomaError) => void> {
    let decide: (error?: RetomaError) => void = () => undefined;
    const held = new Promise<void>((go, refuse) => (decide = (error) => (error ? refuse(error) : go())));
    held.catch(() => undefined);
    this.#held = held;
    await Promise.race([Promise.all(this.#underWay), this.#parts.timer.wait(HOLD_MS, this.#parts.closed)]);
    return decide;
  }

  async #call<T>(call: Call): Promise<Answer<T>> {
    for (let failures = 1; ; failures++) {
      try {
        return await this.#attempt<T>(call);
      } catch (error) {
        if (!isWorthRetrying(error) || failures >= (call.attempts ?? ATTEMPTS)) throw error;
        await this.pause(failures, error);
      }
    }
  }

  /** Waits as long as befits the number of failures in a row and the last of them. */
  pause(failures: number, error: unknown, cut: AbortSignal = this.#parts.closed): Promise<void> {
    return rest(this.#parts.timer, failures, error, cut);
  }

  /** The body of a streamed answer, open until the server or `signal` ends it; null where it cannot be read as it comes. */
  async stream(call: Call, signal: AbortSignal): Promise<ReadableStream<Uint8Array> | null> {
    const response = await this.#authorized(call, signal).catch((error: unknown) => {
      throw signal.aborted ? error : this.#report(error);
    });
    this.#parts.heard(null);
    const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream");
    if (!isStream) throw unreadable(response);
    return response.body ?? null;
  }

  async #attempt<T>(call: Call): Promise<Answer<T>> {
    const end = new AbortController();
    const handle = setTimeout(() => end.abort(), TIMEOUT_MS);
    const forget = whenAborted(this.#parts.closed, () => end.abort());
    try {
      const response = await this.#authorized(call, end.signal);
      const data = await this.#read<T>(response);
      this.#parts.heard(null);
      return { data, etag: response.headers.get("ETag") };
    } catch (error) {
      throw this.#report(error);
    } finally {
      clearTimeout(handle);
      forget();
    }
  }

  /** Asks once for a new token when the server refuses the one in use. */
  async #authorized(call: Call, signal: AbortSignal): Promise<Response> {
    const { credential } = this.#parts;
    const token = (await credential?.token()) ?? null;
    const response = await this.#exchange(call, token, signal);
    if (response.status !== 401 || credential === null || token === null) return this.#checked(response);
    const refusal = await problemOf(response);
    if (!(refusal instanceof AuthRequiredError)) throw refusal;
    const renewed = await credential.renew(token, refusal);
    return this.#checked(await this.#exchange(call, renewed, signal));
  }

  async #checked(response: Response): Promise<Response> {
    if (!response.ok) throw await problemOf(response);
    this.#parts.credential?.accepted();
    return response;
  }

  async #exchange(call: Call, token: string | null, signal: AbortSignal): Promise<Response> {
    const { url, fetch, headers, publishableKey, closed, leaving } = this.#parts;
    if (closed.aborted) throw over("client-closed");
    const body = call.body === undefined ? null : JSON.stringify(call.body);
    const bytes = call.keepalive ? new TextEncoder().encode(body ?? "").length : 0;
    const keepalive = bytes > 0 && bytes <= this.room;
    leaving.bytes += keepalive ? bytes : 0;
    try {
      return await fetch(addressOf(url, call), {
        method: call.method,
        headers: { ...headers, ...call.headers, ...authorization(token, publishableKey), ...contentType(call) },
        ...(body === null ? {} : { body }),
        cache: "no-store",
        credentials: "omit",
        // The API never redirects; following one would carry the token to another host.
        redirect: "manual",
        keepalive,
        signal,
      });
    } catch (cause) {
      throw closed.aborted ? over("client-closed") : noAnswer(cause);
    } finally {
      leaving.bytes -= keepalive ? bytes : 0;
    }
  }

  async #read<T>(response: Response): Promise<T> {
    let text: string;
    try {
      text = await response.text();
    } catch (cause) {
      throw noAnswer(cause);
    }
    if (text === "") return null as T;
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw unreadable(response, cause);
    }
  }

  #report(error: unknown): unknown {
    if (!(error instanceof RetomaError)) return error;
    this.#parts.heard(troubleIn(error), error);
    return error;
  }
}

function troubleIn(error: RetomaError): Trouble {
  if (error instanceof NetworkError) return "offline";
  if (error.status === 401) return "needs-auth";
  return error.retryable ? "failing" : null;
}

const isWorthRetrying = (error: unknown): boolean => error instanceof RetomaError && error.retryable;

function addressOf(url: string, call: Call): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) query.set(name, String(value));
  }
  const search = query.size > 0 ? `?${query}` : "";
  return `${url}/v1/${call.path}${search}`;
}

function authorization(token: string | null, publishableKey: string): Record<string, string> {
  if (token === null) return {};
  return { Authorization: `Bearer ${token}`, ...(isProviders(token) && { "Retoma-Key": publishableKey }) };
}

/** Whether a token is a signed one of somebody else (RFC 7515), whose header always begins with `{"`. */
const isProviders = (token: string): boolean => token.startsWith("eyJ");

function contentType(call: Call): Record<string, string> {
  return call.body === undefined ? {} : { "Content-Type": "application/json" };
}

/** The error that a refusing answer stands for; what is no problem document did not come from Retoma itself. */
async function problemOf(response: Response): Promise<RetomaError> {
  const problem = await response.json().catch(() => null) as Record<string, unknown> | null;
  if (typeof problem?.["code"] !== "string") return unreadable(response);
  const { code, title, detail, retryable, request_id: requestId, ...facts } = problem;
  return problemError({
    code: code as string,
    message: `${String(detail ?? title ?? code)} (${code})`,
    status: response.status,
    retryable: retryable === true || response.status === 429 || response.status >= 500,
    facts,
    ...(typeof requestId === "string" ? { requestId } : {}),
    ...retryAfterIn(response),
  });
}

function retryAfterIn(response: Response): { retryAfter?: number } {
  const header = response.headers.get("Retry-After");
  if (header === null) return {};
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? { retryAfter: Math.max(0, seconds) } : {};
}

/** A proxy's page, a redirect, half a document: it says nothing about the request, which may be sent again. */
function unreadable(response: Response, cause?: unknown): RetomaError {
  const message = `No answer of a Retoma server (status ${response.status}).`;
  return new RetomaError({ code: "unreadable-answer", message, status: response.status, retryable: true, cause, ...retryAfterIn(response) });
}

function noAnswer(cause: unknown): NetworkError {
  return new NetworkError({ code: "no-answer", message: "The server did not answer.", retryable: true, cause });
}
