/** How long to wait between attempts; loaded with the first exchange. */

import type { Timer } from "./timer.js";

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * How long to wait before the next attempt: the server's own `Retry-After`, else full jitter up to a bound that
 * doubles from 0.5 s to 30 s, so that many clients of one failed server do not return together.
 *
 * @param failures - Attempts that have failed in a row, 1 or more.
 * @param retryAfter - Seconds that the server asked for.
 */
export function delayMs(failures: number, retryAfter: number | null, random: number): number {
  if (retryAfter !== null) return retryAfter * 1000;
  return random * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16));
}

/** Waits as long as befits the number of failures in a row and the last of them. */
export function rest(timer: Timer, failures: number, error: unknown, cut: AbortSignal): Promise<void> {
  const retryAfter = (error as { readonly retryAfter?: number | null } | null)?.retryAfter ?? null;
  return timer.wait(delayMs(failures, retryAfter, timer.random()), cut);
}
