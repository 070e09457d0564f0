import { readFileSync } from "node:fs";
import type { UserConfig } from "@hey-api/openapi-ts";

const { openapi, info, components } = JSON.parse(readFileSync(new URL("../openapi/openapi.json", import.meta.url), "utf8"));

/** The shapes that the server describes, as types only; `npm run types` writes them. The routes are left out: nothing uses them. */
export default {
  input: { openapi, info, paths: {}, components: { schemas: components.schemas } },
  output: { path: "src/generated", entryFile: false },
  plugins: ["@hey-api/typescript"],
  logs: { level: "silent", file: false },
} satisfies UserConfig;
