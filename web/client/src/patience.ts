/** How a client bears failures: it waits longer after each one, and gives up after many in a row. */

import type { Backoff, ClientOptions, Connection, Tell } from "./options.js";
import { CantataError } from "./problems.js";

export type Patience = ReturnType<typeof patienceOf>;

const LONGEST_PAUSE_MS = 15_000;
const STREAM_TRIES = 3; // in vain, before streams are taken for impossible

/** Draws from the whole span, so that a thousand clients that were cut at once do not come back at once. */
const fullJitter: Backoff = (failures, retryMs) =>
  Math.random() * Math.min(LONGEST_PAUSE_MS, retryMs * 2 ** (failures - 1));

export function patienceOf(
  { attempts = 30, backoff = fullJitter }: ClientOptions,
  tell: Tell,
  signal: AbortSignal | undefined,
) {
  const patience = {
    /** In a row. */
    failures: 0,
    /** What a stream's `retry:` asks for. */
    retryAfterMs: 1_000,

    /** Tells that streams do not get through, so that it is time to ask otherwise. */
    hasNoStream: () => patience.failures >= STREAM_TRIES,

    /** Notes that polls get through: the failures that count are those of streams, which go on. */
    polled(): void {
      patience.failures = STREAM_TRIES;
    },

    /** Takes in a failure. Throws what ends the matter: an abort's reason, a refusal, or one failure too many. */
    judge(error: unknown): CantataError {
      if (!(error instanceof CantataError)) throw error;
      const attempt = ++patience.failures;
      if (error.isRetryable && attempt <= attempts) return error;
      tell({ phase: "failed", attempt, error });
      throw error;
    },

    /** Waits before the next attempt, at least for as long as the server asked for. */
    pause(error: CantataError, phase: Connection["phase"] = "reconnecting"): Promise<void> {
      const attempt = patience.failures;
      const retryInMs = Math.max(backoff(attempt, patience.retryAfterMs), error.retryAfterMs);
      tell({ phase, attempt, retryInMs, error });
      return patience.wait(retryInMs);
    },

    /** Waits; not any longer once the browser is online again, or once it is aborted, which throws. */
    async wait(milliseconds: number): Promise<void> {
      signal?.throwIfAborted();
      const over = new AbortController();
      const until = { signal: over.signal };
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<unknown>((resolve) => {
        timer = setTimeout(resolve, milliseconds);
        globalThis.addEventListener?.("online", resolve, until);
        signal?.addEventListener("abort", resolve, until);
      });
      clearTimeout(timer);
      over.abort();
      signal?.throwIfAborted();
    },

    /** Does `work` until it succeeds. */
    async persist<Result>(work: () => Promise<Result>): Promise<Result> {
      for (;;) {
        try {
          return await work();
        } catch (error) {
          await patience.pause(patience.judge(error));
        }
      }
    },
  };
  return patience;
}
