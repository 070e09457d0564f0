// @ts-check
/**
 * How large a page becomes with this SDK and with others: the same bundler, minified, `gzip -9`, in bytes.
 *
 * The others are installed at exact versions into a temporary folder, so that they never come near this repository's
 * locks. What is loaded later is not counted, for none of them, but in one row of our own; React itself is not either.
 */

import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const SDK = new URL("../../sdk_js/", import.meta.url).pathname;
const { build } = await import(pathToFileURL(createRequire(`${SDK}package.json`).resolve("tsdown")).href);

const PACKAGES = ["kinto@17.1.1", "pouchdb@9.0.0", "replicache@15.3.0", "rxdb@17.6.0", "rxjs@7.8.2", "dexie@4.4.7", "yjs@13.6.33", "y-indexeddb@9.0.12", "y-websocket@3.0.0"];

/** The one page of which everything counts that it ever loads. */
const WHOLE = "retoma, with all that it loads later";

/** What a page writes that keeps a form, and brings it to the next device. */
const PAGES = {
  "retoma": `export { createRetoma } from "retoma";`,
  [WHOLE]: `export { createRetoma } from "retoma";`,
  "retoma and retoma/form": `export { createRetoma } from "retoma"; export { bindForm } from "retoma/form";`,
  "retoma, retoma/form and retoma/react": `export { createRetoma } from "retoma"; export * from "retoma/react";`,
  "kinto.js": `export { default } from "kinto";`,
  "PouchDB": `export { default } from "pouchdb";`,
  "Replicache": `export { Replicache } from "replicache";`,
  "RxDB (core, Dexie, replication)": `export { createRxDatabase } from "rxdb/plugins/core"; export { getRxStorageDexie } from "rxdb/plugins/storage-dexie"; export { replicateRxCollection } from "rxdb/plugins/replication";`,
  "Yjs, y-indexeddb and y-websocket": `export { Doc } from "yjs"; export { IndexeddbPersistence } from "y-indexeddb"; export { WebsocketProvider } from "y-websocket";`,
  "Yjs and y-indexeddb": `export { Doc } from "yjs"; export { IndexeddbPersistence } from "y-indexeddb";`,
};

/** @param {string} folder @param {string} source @param {boolean} whole */
async function measured(folder, source, whole) {
  const outDir = join(folder, "out");
  await writeFile(join(folder, "page.js"), source);
  const settings = { config: false, logLevel: "silent", platform: "browser", format: "esm", target: "es2022", minify: true, dts: false };
  // A page's own file has no exports that anybody counts on, so that it may take parts of its imports in.
  const inputOptions = { preserveEntrySignatures: "allow-extension" };
  const outExtensions = () => ({ js: ".js" });
  const [{ chunks }] = await build({ ...settings, inputOptions, cwd: folder, entry: { page: "page.js" }, outDir, external: ["react"], noExternal: [/^(?!react$)/], outExtensions });
  const counted = whole ? new Set(chunks.map(({ fileName }) => fileName)) : withImports(chunks, "page.js");
  const sizes = await Promise.all([...counted].filter((name) => name.endsWith(".js")).map(async (name) => gzipSync(await readFile(join(outDir, name)), { level: 9 }).length));
  return sizes.reduce((bytes, size) => bytes + size, 0);
}

/**
 * A file with all that it needs before it runs.
 *
 * @param {{ fileName: string, imports: string[] }[]} chunks @param {string} name @param {Set<string>} found
 */
function withImports(chunks, name, found = new Set()) {
  const chunk = chunks.find(({ fileName }) => fileName === name);
  if (chunk === undefined || found.has(name)) return found;
  found.add(name);
  chunk.imports.forEach((other) => withImports(chunks, other, found));
  return found;
}

const folder = await mkdtemp(join(tmpdir(), "retoma-sizes-"));
await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", sideEffects: false }));
execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", ...PACKAGES], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
await symlink(SDK, join(folder, "node_modules", "retoma"));
/** @type {Record<string, number>} */
const sizes = {};
for (const [name, source] of Object.entries(PAGES)) sizes[name] = await measured(folder, source, name === WHOLE);
await rm(folder, { recursive: true });
process.stdout.write(JSON.stringify({ sizes, versions: PACKAGES }));
