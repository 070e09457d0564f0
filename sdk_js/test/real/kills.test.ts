/** Promise: whatever a page has called kept is there after the tab was killed, however often and whenever that happens. */

import { afterAll, beforeAll, expect, it } from "vitest";
import { DraftPages, kill, run } from "./draft_page.js";

/** `make soak` asks for 200. */
const KILLS = Number(process.env["RETOMA_KILLS"] ?? 20);
const pages = new DraftPages();

beforeAll(() => pages.start());
afterAll(() => pages.stop());

it(`loses no edit that was called kept or saved over ${KILLS} random kills`, async () => {
  const device = await pages.device();
  const process = pages.process();
  const kept: number[] = [];
  await device.exposeFunction("note", (...numbers: number[]) => void kept.push(...numbers));
  let made = 0;
  // On a busy machine a page may be killed again and again before it has kept anything.
  for (let round = 0; round < KILLS || kept.length <= KILLS; round++) {
    const page = await pages.visit(device, process);
    const from = made;
    made += 40;
    // Types on and on, and says of each edit when it is kept.
    await run(page, `void (async () => {
      let told = ${from};
      for (let i = ${from}; i < ${made}; i++) {
        draft.set("field" + i, i);
        await new Promise((done) => setTimeout(done, Math.random() * 40));
        if (["kept", "saved", "offline"].includes(draft.state)) while (told <= i) note(told++);
      }
    })()`);
    await new Promise((done) => setTimeout(done, Math.random() * 1500));
    await kill(page);
  }
  const page = await pages.visit(device, process);
  await run(page, "draft.saved()");
  const value = await run<Record<string, number>>(page, "JSON.parse(JSON.stringify(draft.value))");
  const lost = kept.filter((number) => value[`field${number}`] !== number);
  expect(kept.length).toBeGreaterThan(KILLS);
  expect(lost).toEqual([]);
  expect(await run(page, "[draft.conflicts.length, draft.rejected.length]")).toEqual([0, 0]);
}, 60_000 + KILLS * 10_000);
