/** Gives up what keeps silent for too long. The timer of `AbortSignal.timeout` would not keep Node alive meanwhile. */

import { CantataError } from "./problems.js";

export class Watch {
  readonly #controller = new AbortController();
  readonly signal = this.#controller.signal;

  constructor(
    private readonly silenceMs: number,
    signal: AbortSignal | undefined,
  ) {
    this.endWith(signal);
  }

  endWith(signal: AbortSignal | undefined): void {
    const end = (): void => this.close(signal?.reason);
    if (signal?.aborted) end();
    signal?.addEventListener("abort", end, { signal: this.signal });
  }

  /** Waits for the other side; the time that this side takes for itself does not count. */
  async wait<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const timer = setTimeout(
      () => this.close(new CantataError("silent", "Nothing came for too long.")),
      this.silenceMs,
    );
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }

  close(reason?: unknown): void {
    this.#controller.abort(reason);
  }
}
