/** Waits for the other side of a connection, and gives it up when it keeps silent for too long. */

import { asError, CantataError } from "./problems.js";

export type Watch = ReturnType<typeof watchOver>;

export function watchOver(silenceMs: number, until: AbortSignal | undefined) {
  const controller = new AbortController();
  const { signal } = controller;
  const endWith = (other: AbortSignal | undefined): void => {
    const end = (): void => controller.abort(other?.reason);
    if (other?.aborted) end();
    other?.addEventListener("abort", end, { signal });
  };
  endWith(until);
  return {
    signal,
    /** Ends with another signal, too. */
    endWith,
    close: () => controller.abort(),

    /**
     * Waits, not longer than for the usual silence or as long as it is told; the time that this side takes for itself
     * does not count. Throws the reason of an abort as it is, and a CantataError for whatever else goes wrong.
     */
    async wait<Answer>(answer: Promise<Answer>, mostMs?: number): Promise<Answer> {
      // The timer of `AbortSignal.timeout` would not keep Node alive meanwhile.
      const timer = setTimeout(
        () => controller.abort(new CantataError("silent", "Nothing came in time.")),
        mostMs || silenceMs,
      );
      try {
        return await answer;
      } catch (error) {
        throw signal.aborted ? signal.reason : asError(error);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
