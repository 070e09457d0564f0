import { defineConfig } from "vitest/config";

/** Against the real server and a real browser; `npm run build` first. */
export default defineConfig({ test: { include: ["test/real/**/*.test.ts"], testTimeout: 30_000, hookTimeout: 60_000 } });
