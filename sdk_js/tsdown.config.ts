import { defineConfig, type UserConfig } from "tsdown";

/** One file for pages without a build step, with all that it needs inside. */
const script: UserConfig = {
  entry: { retoma: "src/script.ts" },
  platform: "browser",
  dts: false,
  minify: true,
  clean: false,
  noExternal: [/.*/],
  inlineOnly: ["idb", "eventsource-parser"],
};
/** What a bundle loads when it needs it is there from the start. */
const inOneFile = { codeSplitting: false };

export default defineConfig([
  {
    entry: { index: "src/index.ts", form: "src/form/index.ts", cart: "src/cart/index.ts", assist: "src/assist.ts", devices: "src/devices.ts", requests: "src/requests.ts", element: "src/element.ts", react: "src/react/index.ts", native: "src/native/index.ts" },
    format: "esm",
    platform: "neutral",
    dts: true,
    outExtensions: () => ({ js: ".js", dts: ".d.ts" }),
  },
  { ...script, format: "esm", outputOptions: inOneFile, outExtensions: () => ({ js: ".js" }) },
  { ...script, format: "iife", globalName: "retoma", outputOptions: { ...inOneFile, entryFileNames: "retoma.global.js" } },
]);
