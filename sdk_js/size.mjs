/** Says how large the two entries are when a page bundles them, gzipped. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "tsdown";

const LIMITS = { core: 12_000, form: 6_000 };
const ENTRIES = { core: "src/index.ts", both: "src/script.ts" };

async function gzipped(name, entry) {
  const outDir = await mkdtemp(join(tmpdir(), "retoma-size-"));
  const shared = { config: false, logLevel: "silent", platform: "browser", format: "esm", minify: true, dts: false };
  await build({ ...shared, entry: { [name]: entry }, outDir, noExternal: [/.*/], outExtensions: () => ({ js: ".js" }) });
  const size = gzipSync(await readFile(join(outDir, `${name}.js`)), { level: 9 }).length;
  await rm(outDir, { recursive: true });
  return size;
}

const core = await gzipped("core", ENTRIES.core);
const form = (await gzipped("both", ENTRIES.both)) - core;
const sizes = { core, form };
for (const [name, size] of Object.entries(sizes)) process.stdout.write(`${name}: ${size} bytes of ${LIMITS[name]}\n`);
process.exitCode = Object.keys(LIMITS).some((name) => sizes[name] > LIMITS[name]) ? 1 : 0;
