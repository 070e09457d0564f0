import { defineConfig } from "tsdown";

export default defineConfig([
  {
    entry: { index: "src/index.ts", form: "src/form/index.ts" },
    format: "esm",
    platform: "neutral",
    dts: true,
    outExtensions: () => ({ js: ".js", dts: ".d.ts" }),
  },
  {
    entry: { retoma: "src/script.ts" },
    format: ["esm", "iife"],
    globalName: "retoma",
    platform: "browser",
    dts: false,
    minify: true,
    clean: false,
    inlineOnly: ["uuid", "eventsource-parser"],
    noExternal: [/.*/],
    outExtensions: ({ format }) => ({ js: format === "iife" ? ".global.js" : ".js" }),
  },
]);
