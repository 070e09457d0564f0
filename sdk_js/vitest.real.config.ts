import { defineConfig } from "vitest/config";

/**
 * Against the real server and a real browser; `npm run build` first.
 *
 * A busy machine stalls a browser for seconds now and then: a test that fails is run once more, and a fault fails twice.
 */
export default defineConfig({ test: { include: ["test/real/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000, retry: 1 } });
