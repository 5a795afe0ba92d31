/** How a client bears failures: it waits longer after each one, and gives up after many in a row. */

import type { Connection, Tell } from "./connection.js";
import { asError, type CantataError } from "./problems.js";
import type { ClientOptions } from "./server.js";

/** Returns how many milliseconds to wait before the next attempt; `retryMs` is what the server asks for. */
export type Backoff = (failures: number, retryMs: number) => number;

const LONGEST_PAUSE_MS = 15_000;
const STREAM_TRIES = 3; // in vain, before streams are taken for impossible

/** Draws from the whole span, so that a thousand clients that were cut at once do not come back at once. */
export const fullJitter: Backoff = (failures, retryMs) =>
  Math.random() * Math.min(LONGEST_PAUSE_MS, retryMs * 2 ** (failures - 1));

export class Patience {
  /** In a row. */
  failures = 0;
  /** What a stream's `retry:` asks for. */
  retryMs = 1_000;

  constructor(
    private readonly options: ClientOptions,
    private readonly tell: Tell,
    private readonly signal?: AbortSignal,
  ) {}

  /** Tells that streams do not get through, so that it is time to ask otherwise. */
  get hasNoStream(): boolean {
    return this.failures >= STREAM_TRIES;
  }

  /** Takes in a failure. Throws what ends the matter: an abort's reason, a refusal, or one failure too many. */
  judge(thrown: unknown): CantataError {
    this.signal?.throwIfAborted();
    const error = asError(thrown);
    this.failures += 1;
    if (!error.isRetryable || this.failures > (this.options.attempts ?? 30)) {
      this.tell({ phase: "failed", attempt: this.failures, error });
      throw error;
    }
    return error;
  }

  /** Waits before the next attempt, at least for as long as the server asked for. */
  async pause(error: CantataError, phase: Connection["phase"] = "reconnecting"): Promise<void> {
    const wanted = (this.options.backoff ?? fullJitter)(this.failures, this.retryMs);
    const retryInMs = Math.max(wanted, error.retryAfterMs);
    this.tell({ phase, attempt: this.failures, retryInMs, error });
    await pause(retryInMs, this.signal);
  }

  /** Does `work` until it succeeds. */
  async persist<Result>(work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        await this.pause(this.judge(error));
      }
    }
  }

  /** Notes that polls get through: the failures that count are those of streams, which go on. */
  polled(): void {
    this.failures = STREAM_TRIES;
  }
}

/** Waits; not any longer once the browser is online again, or once it is aborted, which throws. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", done);
      signal?.removeEventListener("abort", done);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(done, milliseconds);
    globalThis.addEventListener?.("online", done);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) done();
  });
}
