// @ts-check
/** Does what lines of JSON on standard input ask for, one after the other. */

import { createInterface } from "node:readline";

/**
 * Reads `{"id": 1, "do": "set", "with": ["/name", "Ana"]}` and writes `{"id": 1, "answer": …}` or `{"id": 1, "error": "…"}`,
 * until the input ends.
 *
 * @param {Record<string, (...given: any[]) => any>} deeds
 */
export async function obey(deeds) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, do: deed, with: given } = JSON.parse(line);
    const said = await Promise.resolve()
      .then(() => deeds[deed]?.(...given))
      .then((answer) => ({ id, answer: answer ?? null }), (error) => ({ id, error: String(error) }));
    process.stdout.write(`${JSON.stringify(said)}\n`);
  }
}

/** Milliseconds since 1970, of this machine's clock. */
export const now = () => performance.timeOrigin + performance.now();
