/** A real Retoma server of one's own, and a page of another origin that may call it. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createReadStream, openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const COMMAND = process.env["RETOMA_SERVER"] ?? new URL("../../../.venv/bin/retoma-server", import.meta.url).pathname;
const DIST = new URL("../../dist/", import.meta.url).pathname;

export class RealServer {
  url = "";
  publishableKey = "";
  #secretKey = "";
  #folder = "";
  #port = 0;
  #running: ChildProcess | null = null;

  async start(): Promise<this> {
    this.#folder ||= await mkdtemp(join(tmpdir(), "retoma-real-"));
    this.#port ||= await freePort();
    this.url = `http://127.0.0.1:${this.#port}`;
    // Into a file: a server whose log nobody reads stops in the middle of a request once the pipe is full.
    const log = openSync(join(this.#folder, "server.log"), "a");
    this.#running = spawn(COMMAND, ["serve", "--port", String(this.#port)], { env: this.#environment(), detached: true, stdio: ["ignore", "pipe", log] });
    this.#running.stdout?.on("data", (text: Buffer) => this.#learn(text.toString()));
    await this.#ready();
    return this;
  }

  /** Ends it at once, in the middle of whatever it does. */
  async kill(): Promise<void> {
    const running = this.#running;
    if (running?.pid === undefined) return;
    const ended = new Promise((done) => running.once("exit", done));
    process.kill(-running.pid, "SIGKILL");
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** A token of a customer, as the business's own back end asks for it. */
  async tokenFor(customer: string): Promise<string> {
    return (await this.asService<{ token: string }>("customer-tokens", { external_id: customer })).token;
  }

  /** Ends all tokens that a customer has by now. */
  async endTokens(customer: string): Promise<void> {
    const { id } = await this.asService<{ id: string }>(`customers/by-external-id/${customer}`, {}, "PUT");
    await this.asService(`customers/${id}/tokens`, {}, "DELETE");
  }

  /** What the business's own back end is answered. */
  async asService<T>(path: string, body: object, method: "POST" | "PUT" | "DELETE" = "POST"): Promise<T> {
    const headers = { Authorization: `Bearer ${this.#secretKey}`, "Content-Type": "application/json" };
    const answer = await fetch(`${this.url}/v1/${path}`, { method, headers, ...(method !== "DELETE" && { body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return (answer.status === 204 ? null : await answer.json()) as T;
  }

  /** Registers a process. */
  async register(process: string, about: unknown): Promise<void> {
    const headers = { Authorization: `Bearer ${this.#secretKey}`, "Content-Type": "application/json" };
    const answer = await fetch(`${this.url}/v1/processes/${process}`, { method: "PUT", headers, body: JSON.stringify(about) });
    if (!answer.ok) throw new Error(await answer.text());
  }

  cli(...words: string[]): string {
    return execFileSync(COMMAND, words, { env: this.#environment(), encoding: "utf8" });
  }

  #environment(): NodeJS.ProcessEnv {
    const own = { RETOMA_STORE: `sqlite:///${this.#folder}/retoma.db`, RETOMA_KEYRING: `${this.#folder}/keyring.json` };
    return { ...process.env, ...own, RETOMA_PUBLIC_URL: this.url, RETOMA_WORKERS: "1", RETOMA_RATE_LIMITS: "off", RETOMA_HOOKS_TO_LOOPBACK: "on" };
  }

  #learn(text: string): void {
    this.publishableKey = /publishable key\s+(\S+)/.exec(text)?.[1] ?? this.publishableKey;
    this.#secretKey = /secret key\s+(\S+)/.exec(text)?.[1] ?? this.#secretKey;
  }

  async #ready(): Promise<void> {
    for (;;) {
      if (this.#running?.exitCode !== null) throw new Error(`The server does not start: run ${COMMAND} serve to see why.`);
      const answer = await fetch(`${this.url}/readyz`).catch(() => null);
      if (answer?.ok && this.publishableKey !== "") return;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}

/** Serves one page at every path, and the built SDK below `/sdk/`. */
export async function servePage(html: (path: string) => string): Promise<{ origin: string; stop: () => Promise<void> }> {
  const server: Server = createServer((request, response) => {
    if (request.url?.startsWith("/sdk/")) {
      response.setHeader("Content-Type", "text/javascript");
      createReadStream(join(DIST, request.url.slice(5))).pipe(response);
    } else response.setHeader("Content-Type", "text/html").end(html(request.url ?? "/"));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

async function freePort(): Promise<number> {
  const socket = createSocket();
  await new Promise<void>((done) => socket.listen(0, "127.0.0.1", done));
  const { port } = socket.address() as AddressInfo;
  await new Promise((done) => socket.close(done));
  return port;
}
