import { defineConfig, type UserConfig } from "tsdown";

/** One file for pages without a build step, with all that it needs inside. */
const script: UserConfig = {
  entry: { retoma: "src/script.ts" },
  platform: "browser",
  dts: false,
  minify: true,
  clean: false,
  noExternal: [/.*/],
  inlineOnly: ["uuid", "eventsource-parser"],
};

export default defineConfig([
  {
    entry: { index: "src/index.ts", form: "src/form/index.ts" },
    format: "esm",
    platform: "neutral",
    dts: true,
    outExtensions: () => ({ js: ".js", dts: ".d.ts" }),
  },
  { ...script, format: "esm", outExtensions: () => ({ js: ".js" }) },
  { ...script, format: "iife", globalName: "retoma", outputOptions: { entryFileNames: "retoma.global.js" } },
]);
