/** Says how large the parts are when a page bundles them, gzipped. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "tsdown";

const LIMITS = { core: 12_000, form: 6_000, react: 2_000, cart: 4_000 };
const SOURCES = { core: "src/index.ts", form: "src/form/index.ts", react: "src/react/index.ts", cart: "src/cart/index.ts" };
/** What is loaded when it is needed, by the file that it begins with. */
const LATER = { online: "src/online.ts", indexeddb: "src/keeping/indexeddb.ts", discreet: "src/keeping/discreet.ts", live: "src/live/index.ts", sealing: "src/keeping/sealing.ts", inspecting: "src/inspecting.ts" };
/** What `bindForm` shows, loaded when there is first something to say. */
const INTERFACE = "src/form/interface/interface.ts";

/** Bundles a page that imports these sources, and returns the chunks that were written. */
async function bundle(sources) {
  const folder = await mkdtemp(join(tmpdir(), "retoma-size-"));
  const outDir = join(folder, "out");
  const entry = { page: sources.length === 1 ? sources[0] : join(folder, "page.js") };
  if (sources.length > 1) await writeFile(entry.page, sources.map((source) => `export * from ${JSON.stringify(join(import.meta.dirname, source))};\n`).join(""));
  const shared = { config: false, logLevel: "silent", platform: "browser", format: "esm", minify: true, dts: false };
  const [{ chunks }] = await build({ ...shared, inputOptions: { preserveEntrySignatures: "allow-extension" }, entry, outDir, external: ["react"], noExternal: [/^(?!react$)/], outExtensions: () => ({ js: ".js" }) });
  const written = chunks.filter((chunk) => chunk.type === "chunk");
  const sizes = await Promise.all(written.map(async (chunk) => [chunk.fileName, gzipSync(await readFile(join(outDir, chunk.fileName)), { level: 9 }).length]));
  await rm(folder, { recursive: true });
  return { chunks: written, sizeOf: new Map(sizes) };
}

/** A chunk with all that it imports before it runs. */
function withImports(chunks, name, found = new Set()) {
  if (found.has(name) || !chunks.some((chunk) => chunk.fileName === name)) return found;
  found.add(name);
  chunks.find((chunk) => chunk.fileName === name).imports.forEach((other) => withImports(chunks, other, found));
  return found;
}

const sum = (sizeOf, names) => [...names].reduce((bytes, name) => bytes + sizeOf.get(name), 0);

/** What a page with these parts loads, before anything is loaded later. */
async function together(...names) {
  const { chunks, sizeOf } = await bundle(names.map((name) => SOURCES[name]));
  return { chunks, sizeOf, loaded: withImports(chunks, "page.js") };
}

const core = await together("core");
const sizes = { core: sum(core.sizeOf, core.loaded) };
const counted = new Set(core.loaded);
for (const [name, file] of Object.entries(LATER)) {
  const first = core.chunks.find((chunk) => chunk.facadeModuleId?.endsWith(file)).fileName;
  const more = [...withImports(core.chunks, first)].filter((other) => !counted.has(other));
  sizes[name] = sum(core.sizeOf, more);
  more.forEach((chunk) => counted.add(chunk));
}
let below = sizes.core;
for (const names of [["core", "form"], ["core", "form", "react"]]) {
  const { chunks, sizeOf, loaded } = await together(...names);
  sizes[names.at(-1)] = sum(sizeOf, loaded) - below;
  const first = chunks.find((chunk) => chunk.facadeModuleId?.endsWith(INTERFACE)).fileName;
  sizes.interface = sum(sizeOf, [...withImports(chunks, first)].filter((other) => !loaded.has(other)));
  below = sum(sizeOf, loaded);
}
const { sizeOf, loaded } = await together("core", "cart");
sizes.cart = sum(sizeOf, loaded) - sizes.core;
sizes.all = Object.values(sizes).reduce((bytes, size) => bytes + size, 0);
for (const [name, size] of Object.entries(sizes)) process.stdout.write(`${name}: ${size} bytes${name in LIMITS ? ` of ${LIMITS[name]}` : ""}\n`);
process.exitCode = Object.keys(LIMITS).some((name) => sizes[name] > LIMITS[name]) ? 1 : 0;
