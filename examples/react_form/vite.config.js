import { defineConfig } from "vite";

export default defineConfig({
  // The SDK lies beside this example with packages of its own to test with: there must be one React only.
  resolve: { dedupe: ["react"] },
  build: {
    target: "es2022",
    rolldownOptions: {
      // "use client" speaks to servers that render components; this page has none.
      onwarn: (warning, tell) => warning.code === "MODULE_LEVEL_DIRECTIVE" || tell(warning),
    },
  },
});
