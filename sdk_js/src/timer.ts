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
