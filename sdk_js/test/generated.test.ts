/** Promise: the types of the server's shapes are those of its OpenAPI description. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@hey-api/openapi-ts";
import { expect, it } from "vitest";
import config from "../openapi-ts.config.js";

const COMMITTED = new URL("../src/generated/types.gen.ts", import.meta.url);

it("is what `npm run types` would write now", async () => {
  const folder = await mkdtemp(join(tmpdir(), "retoma-types-"));
  await createClient({ ...config, output: { ...config.output, path: folder } });
  const fresh = await readFile(join(folder, "types.gen.ts"), "utf8");
  await rm(folder, { recursive: true });
  expect(await readFile(COMMITTED, "utf8")).toBe(fresh);
}, 30_000);
