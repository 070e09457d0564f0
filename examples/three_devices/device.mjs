// @ts-check
/**
 * One device of the customer, driven from outside: the real JavaScript SDK behind lines of JSON.
 *
 * Reads `{"id": 1, "do": "set", "with": ["/name", "Ana"]}` and writes `{"id": 1, "answer": …}` or `{"id": 1, "error": "…"}`.
 * Times are milliseconds since 1970, of this machine's clock.
 */

import { createInterface } from "node:readline";
import { createRetoma } from "../../sdk_js/dist/index.js";
import { memory } from "./memory.js";
import { Wire } from "./wire.js";

const { token, ...options } = JSON.parse(process.argv[2] ?? "{}");
const wire = new Wire(() => undefined);
const retoma = createRetoma({ ...options, storage: memory(), fetch: wire.fetch, ...(token ? { getToken: () => token } : {}) });
/** @type {any} */
let draft;

const now = () => performance.timeOrigin + performance.now();

/** @type {Record<string, (...given: any[]) => any>} */
const deeds = {
  open: async (process) => {
    draft = retoma.draft(process);
    await draft.open();
    return draft.value;
  },
  redeem: async (link) => {
    draft = await retoma.redeem(link);
    return draft.value;
  },
  set: (path, value) => {
    const before = draft.get(path) ?? null;
    const at = now();
    draft.set(path, value);
    return { at, before };
  },
  /** Waits until everything is on the server. */
  saved: () => draft.saved(),
  /** Waits until a value shows here, and says when it did. */
  until: (path, value) => when(() => draft.get(path) === value),
  untilConflict: async () => {
    await when(() => draft.conflicts.length > 0);
    return draft.conflicts;
  },
  untilSettled: () => when(() => draft.conflicts.length === 0),
  untilCompleted: () => when(() => draft.status === "completed"),
  choose: async (id, choice) => {
    draft.resolve(draft.conflicts.find((/** @type {any} */ conflict) => conflict.id === id), choice);
    await draft.saved();
  },
  handoff: (to) => draft.handoff({ to, ...(to === "staff" ? { scope: "complete" } : {}) }),
  network: (mode) => wire.switchTo(mode),
  author: (path) => draft.author(path),
};

/** Resolves once something holds of the draft, with the time at which it did. */
function when(/** @type {() => boolean} */ holds) {
  return new Promise((resolve) => {
    const stop = draft.subscribe(() => {
      if (!holds()) return;
      resolve(now());
      queueMicrotask(() => stop());
    });
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, do: deed, with: given } = JSON.parse(line);
  const said = await Promise.resolve()
    .then(() => deeds[deed]?.(...given))
    .then((answer) => ({ id, answer: answer ?? null }), (error) => ({ id, error: String(error) }));
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
retoma.close();
