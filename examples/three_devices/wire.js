// @ts-check
/** A connection that can be made bad: a `fetch` that really withholds, delays, or loses answers. */

/** @typedef {"online" | "offline" | "slow" | "lost"} Mode */
/** @typedef {import("./language.js").Said} Said */
/** @typedef {(line: { readonly what: string, readonly said: Said, readonly tone: "good" | "bad" | "plain" }) => void} Note */

/** One way; a request and its answer take twice that. */
const SLOW_MS = 1_200;

export class Wire {
  /** @type {Mode} */
  #mode = "online";
  /** Exchanges under way, to be cut. @type {Set<AbortController>} */
  #open = new Set();
  /** Saves whose answer has been lost once. @type {Set<string>} */
  #lost = new Set();
  /** @type {Note} */
  #note;

  constructor(/** @type {Note} */ note) {
    this.#note = note;
  }

  get mode() {
    return this.#mode;
  }

  /** Offline also cuts what is under way, as when a cable is pulled. */
  switchTo(/** @type {Mode} */ mode) {
    this.#mode = mode;
    if (mode === "offline") this.#cut();
    // A browser tells its pages so; every client on this page hears it and tries again.
    else globalThis.dispatchEvent?.(new Event("online"));
  }

  #cut() {
    this.#open.forEach((exchange) => exchange.abort());
    this.#open.clear();
  }

  /** @type {typeof fetch} */
  fetch = async (input, init = {}) => {
    const what = `${init.method ?? "GET"} ${nameOf(String(input))}`;
    if (this.#mode === "offline") {
      this.#note({ what, said: ["wire-withheld"], tone: "bad" });
      throw new TypeError("offline");
    }
    const exchange = new AbortController();
    this.#open.add(exchange);
    try {
      const signal = init.signal ? AbortSignal.any([init.signal, exchange.signal]) : exchange.signal;
      return await this.#exchange(what, String(input), { ...init, signal });
    } catch (error) {
      if (exchange.signal.aborted) this.#note({ what, said: ["wire-cut"], tone: "bad" });
      throw error;
    } finally {
      if (!what.endsWith("events")) this.#open.delete(exchange);
    }
  };

  async #exchange(/** @type {string} */ what, /** @type {string} */ url, /** @type {RequestInit} */ init) {
    const began = performance.now();
    await this.#delay(init.signal);
    const response = await fetch(url, init);
    await this.#delay(init.signal);
    if (what.endsWith("events")) return this.#listen(what, response);
    this.#loseOnce(what, `${url} ${init.body}`);
    await this.#report(what, response, Math.round(performance.now() - began));
    return response;
  }

  /** The server has done what was asked, and the page never learns of it: once for each save. */
  #loseOnce(/** @type {string} */ what, /** @type {string} */ request) {
    if (this.#mode !== "lost" || !/changes|complete/.test(what) || this.#lost.has(request)) return;
    this.#lost.add(request);
    this.#note({ what, said: ["wire-dropped"], tone: "bad" });
    throw new TypeError("reply lost");
  }

  async #report(/** @type {string} */ what, /** @type {Response} */ response, /** @type {number} */ ms) {
    const body = what.endsWith("changes") && response.ok ? await response.clone().json() : null;
    const said = outcome(body?.results ?? [], response, ms);
    this.#note({ what, said, tone: response.ok && said[0] !== "wire-conflict" ? "good" : "bad" });
  }

  #listen(/** @type {string} */ what, /** @type {Response} */ response) {
    this.#note({ what, said: ["wire-open"], tone: "plain" });
    const body = response.body?.pipeThrough(this.#passing());
    return new Response(body ?? null, response);
  }

  /** A stream that is late while the connection is slow. @returns {TransformStream<Uint8Array, Uint8Array>} */
  #passing() {
    const decoder = new TextDecoder();
    return new TransformStream({
      transform: async (part, out) => {
        await this.#delay(null);
        for (const [, type] of decoder.decode(part, { stream: true }).matchAll(/^event: ((?:draft|handoff|assist)-\S+)/gm)) {
          this.#note({ what: type ?? "", said: ["wire-news"], tone: "plain" });
        }
        out.enqueue(part);
      },
    });
  }

  async #delay(/** @type {AbortSignal | null | undefined} */ signal) {
    if (this.#mode !== "slow") return;
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    signal?.throwIfAborted();
  }
}

/** @returns {Said} */
function outcome(/** @type {readonly { status: string }[]} */ results, /** @type {Response} */ response, /** @type {number} */ ms) {
  const has = (/** @type {string} */ status) => results.some((result) => result.status === status);
  if (!response.ok) return ["wire-status", { status: String(response.status) }];
  if (has("replayed")) return ["wire-replayed"];
  if (has("conflict")) return ["wire-conflict", { ms }];
  if (has("rejected")) return ["wire-rejected"];
  return results.length > 0 ? ["wire-applied", { ms }] : ["wire-went", { ms }];
}

/** The path of an address, without ids. */
function nameOf(/** @type {string} */ url) {
  const parts = new URL(url, globalThis.location?.href).pathname.split("/");
  return parts.filter((part) => part !== "" && part !== "v1" && !/^\w\w_/.test(part)).join("/");
}
