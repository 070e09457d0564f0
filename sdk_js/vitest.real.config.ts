import { defineConfig } from "vitest/config";

/**
 * Against the real server and a real browser; `npm run build` first.
 *
 * A busy machine stalls a browser for seconds now and then: what is waited for is waited for long, and a test that fails is
 * run once more; a fault fails twice.
 */
export default defineConfig({
  test: { include: ["test/real/**/*.test.ts"], testTimeout: 240_000, hookTimeout: 240_000, expect: { poll: { timeout: 30_000 } }, retry: 1 },
});
