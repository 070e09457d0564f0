// @ts-check
/** One device of the customer, driven from outside: the real JavaScript SDK. */

import { createRetoma } from "../../sdk_js/dist/index.js";
import { now, obey } from "./driven.mjs";
import { memory } from "./memory.js";
import { Wire } from "./wire.js";

const { token, ...options } = JSON.parse(process.argv[2] ?? "{}");
const wire = new Wire(() => undefined);
const retoma = createRetoma({ ...options, storage: memory(), fetch: wire.fetch, ...(token ? { getToken: () => token } : {}) });
/** @type {any} */
let draft;

await obey({
  open: async (process) => {
    draft = retoma.draft(process);
    await draft.open();
    return draft.id;
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
});
retoma.close();

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
