/** Waiting, as something that can be handed in. */

/** Lets time pass. */
export interface Timer {
  /** Resolves after `ms` milliseconds, or at once when the signal fires. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** A number from 0 up to, not including, 1. */
  random(): number;
}

/** The timer of the machine. */
export const machineTimer: Timer = {
  wait: (ms, signal) =>
    new Promise((done) => {
      if (signal.aborted) return done();
      const end = (): void => {
        clearTimeout(handle);
        forget();
        done();
      };
      const handle = setTimeout(end, ms);
      const forget = whenAborted(signal, end);
    }),
  random: () => Math.random(),
};

/** Acts when a signal fires, or at once if it has; returns what makes it forget. */
export function whenAborted(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) act();
  signal.addEventListener("abort", act, { once: true });
  return () => signal.removeEventListener("abort", act);
}

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
