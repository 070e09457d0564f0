/** Promise: what the pages about JavaScript, carts and customers show is accepted by the types of this package. */

import { readFile } from "node:fs/promises";
import ts from "typescript";
import { expect, it } from "vitest";

const ROOT = new URL("../", import.meta.url).pathname;
const PAGES = ["javascript", "carts", "customers"].map((name) => new URL(`../../docs/${name}.md`, import.meta.url));

/** What the page takes for granted: things of the reader's own. */
const OWN = `
  interface Mortgage { applicant: { email: string; phone?: string }; from: string; to: string; dependants: Record<string, { name: string }> }
  declare const user: { id: string };
  declare const path: "from", value: string;
  declare function render(...shown: readonly unknown[]): void;
  declare function say(text: string): void;
  declare function ask(...shown: readonly unknown[]): void;
`;
/** Modules of React Native, as far as the page uses them. */
const NATIVE = `
  declare module "@react-native-async-storage/async-storage" { const it: import("../src/native/index.js").AsyncStrings; export default it; }
  declare module "@react-native-community/netinfo" { const it: import("../src/native/index.js").Networks; export default it; }
  declare module "react-native" { export const AppState: import("../src/native/index.js").AppStates; export const Platform: { OS: string }; }
`;

/** The code blocks of a page, each as a file that stands on its own where it begins with imports. */
function snippets(page: string): string[] {
  const blocks = [...page.matchAll(/```tsx?\n(.*?)```/gs)].map(([, code]) => code ?? "");
  const whole = blocks.filter((code) => code.startsWith("import"));
  const parts = blocks.filter((code) => !code.startsWith("import")).map((code) => `{ ${code} }`);
  const start = `import { createRetoma, type Draft, type Handoff, type Retoma } from "retoma"; import { type Cart, cartOf } from "retoma/cart";
    declare const retoma: Retoma, draft: Draft<Mortgage>, cart: Cart, handoff: Handoff;`;
  return [...whole, `${start} export async function all() { ${parts.join("\n")} }`].map((code) => `${code}\n${OWN}`);
}

it("shows code that compiles", async () => {
  const pages = await Promise.all(PAGES.map((page) => readFile(page, "utf8")));
  const sources = new Map(pages.flatMap(snippets).map((code, index) => [`${ROOT}test/snippet${index}.tsx`, code]));
  sources.set(`${ROOT}test/native.d.ts`, NATIVE);
  const options: ts.CompilerOptions = {
    ...ts.parseJsonConfigFileContent(ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile).config, ts.sys, ROOT).options,
    noUnusedLocals: false,
    paths: { "retoma": [`${ROOT}src/index.ts`], "retoma/cart": [`${ROOT}src/cart/index.ts`], "retoma/assist": [`${ROOT}src/assist.ts`], "retoma/devices": [`${ROOT}src/devices.ts`], "retoma/requests": [`${ROOT}src/requests.ts`], "retoma/react": [`${ROOT}src/react/index.ts`], "retoma/native": [`${ROOT}src/native/index.ts`] },
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile: read } = host;
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  host.readFile = (name) => sources.get(name) ?? read(name);
  host.getSourceFile = (name, version) => {
    const code = sources.get(name);
    return code === undefined ? getSourceFile(name, version) : ts.createSourceFile(name, code, version);
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  const wrong = [...sources.keys()].flatMap((name) => program.getSemanticDiagnostics(program.getSourceFile(name)));
  expect(wrong.map(({ messageText, file, start }) => `${file?.text.slice(start).split("\n")[0]}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`)).toEqual([]);
}, 120_000);
