/** Promise: any number of tabs work on one draft with one stream, and none of them can keep another from going on. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DraftPages, holds, inside, kill, run } from "./draft_page.js";

const pages = new DraftPages();

beforeAll(() => pages.start());
afterEach(() => pages.leave());
afterAll(() => pages.stop());

/** Tabs at one draft, the first of which has made it. */
async function tabs(count: number) {
  const device = await pages.device();
  const process = pages.process();
  const first = await pages.visit(device, process);
  await run(first, `draft.set("name", "Ann"); draft.saved()`);
  const others = [];
  while (others.length < count - 1) others.push(await pages.visit(device, process));
  return { device, process, all: [first, ...others] };
}

const leads = (page: Parameters<typeof run>[0]): Promise<boolean> => run(page, "retoma.inspect().then(({ leader }) => leader)");

describe("seven tabs", () => {
  it("hold one stream, and each shows what any of them enters and what comes from elsewhere", async () => {
    const { all, process } = await tabs(7);
    const leaders = await Promise.all(all.map(leads));
    expect(leaders.filter(Boolean)).toHaveLength(1);
    for (const [index, page] of all.entries()) await run(page, `draft.set("field${index}", ${index})`);
    for (const page of all) await holds(page, "draft.state === 'saved' && Object.keys(draft.value).length === 8");
    const link = await run<string>(all[6] as (typeof all)[number], `draft.handoff({ url: "${pages.origin}/" }).then((handoff) => handoff.url)`);
    const phone = await pages.visit(await pages.device(), process, {}, `#retoma=${link.slice(link.indexOf("#") + 1)}`);
    await run(phone, `draft.set("name", "Anne"); draft.saved()`);
    for (const page of all) await holds(page, "draft.value.name === 'Anne' && draft.conflicts.length === 0");
  });
});

describe("the tab that leads", () => {
  it("may hang: another goes on within a few seconds, and nothing is lost or doubled when it goes on", async () => {
    const { all } = await tabs(2);
    const [one, two] = all as [(typeof all)[number], (typeof all)[number]];
    const [leader, other] = (await leads(one)) ? [one, two] : [two, one];
    const session = await inside(leader);
    // A tab in the front cannot be frozen from outside; one that hangs is as deaf.
    await session.send("Debugger.enable");
    await session.send("Debugger.pause");
    await run(other, `draft.set("phone", "1"); draft.saved()`);
    await run(other, `(async () => { while (!(await retoma.inspect()).leader) await new Promise((done) => setTimeout(done, 100)) })()`);
    await session.send("Debugger.disable");
    await holds(leader, "draft.value.phone === '1' && draft.conflicts.length === 0");
    await run(leader, `draft.set("phone", "2"); draft.saved()`);
    await holds(other, "draft.value.phone === '2'");
  });

  it("may be closed: another leads at once and sends what it left", async () => {
    const { device, all } = await tabs(2);
    const [one, two] = all as [(typeof all)[number], (typeof all)[number]];
    const [leader, other] = (await leads(one)) ? [one, two] : [two, one];
    const mend = await pages.cut(device);
    await run(leader, `draft.set("phone", "1")`);
    await holds(leader, "draft.state === 'kept' || draft.state === 'offline'");
    await holds(other, "draft.value.phone === '1'");
    await mend();
    await kill(leader);
    await holds(other, "draft.state === 'saved'");
    expect(await leads(other)).toBe(true);
    expect(await run(other, "[draft.value.phone, draft.conflicts.length]")).toEqual(["1", 0]);
  });
});

describe("a draft that no tab shows", () => {
  it("is sent by whatever tab there is", async () => {
    const { device, process, all } = await tabs(1);
    const mend = await pages.cut(device);
    const [page] = all as [(typeof all)[number]];
    await run(page, `draft.set("phone", "1")`);
    await holds(page, "draft.state === 'kept' || draft.state === 'offline'");
    await page.close();
    await mend();
    const other = await pages.visit(device, pages.process());
    await run(other, "draft.open()");
    await run(other, `(async () => { while ((await retoma.inspect()).unsent) await new Promise((done) => setTimeout(done, 50)) })()`);
    const { items } = await run<{ items: { data: unknown }[] }>(other, `retoma.drafts.list({ process: "${process}" })`);
    expect(items[0]?.data).toEqual({ name: "Ann", phone: "1" });
  });
});

describe("two devices", () => {
  it("that disagree show both values on both, and settle them on both", async () => {
    const { device, all } = await tabs(1);
    const [desktop] = all as [(typeof all)[number]];
    const link = await run<string>(desktop, `draft.handoff({ url: "${pages.origin}/" }).then((handoff) => handoff.url)`);
    const phone = await pages.visit(await pages.device(), "other", {}, `#retoma=${link.slice(link.indexOf("#") + 1)}`);
    const mend = await pages.cut(device);
    await run(desktop, `draft.set("name", "Anna")`);
    await run(phone, `draft.set("name", "Anne"); draft.saved()`);
    await mend();
    await run(desktop, "draft.saved()");
    for (const page of [desktop, phone]) await holds(page, "draft.conflicts.length === 1 && draft.field('name').state === 'conflict'");
    expect(await run(desktop, "[draft.value.name, draft.conflicts[0].arriving.value, draft.state]")).toEqual(["Anne", "Anna", "conflict"]);
    await run(desktop, `draft.resolve(draft.conflicts[0], "arriving"); draft.saved()`);
    for (const page of [desktop, phone]) await holds(page, "draft.conflicts.length === 0 && draft.value.name === 'Anna'");
  });
});
