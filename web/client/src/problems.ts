/** What goes wrong, as one class: refused requests, connections that fail, runs that fail. */

import type { Problem } from "./types.js";

interface Circumstances extends ErrorOptions {
  status?: number;
  problem?: Partial<Problem>;
  isRetryable?: boolean;
  retryAfterMs?: number;
}

export class CantataError extends Error {
  override readonly name = "CantataError";
  /**
   * Stable: the server's own codes; `unreachable` and `silent` for connections, and `cut`, `hole` and `no_stream` for
   * streams, which the client bears by itself and tells `onConnection`.
   */
  declare readonly code: string;
  /** A sentence for people. */
  declare readonly detail: string;
  /** The HTTP status; 0 where there was no answer, or where a run failed. */
  declare readonly status: number;
  /** The whole error document, with members of its own such as `errors` or `active_workflow_id`. */
  declare readonly problem: Partial<Problem>;
  /** Whether the same request may succeed later. */
  declare readonly isRetryable: boolean;
  /** How long the server asks to wait before that. */
  declare readonly retryAfterMs: number;

  constructor(code: string, detail: string, circumstances: Circumstances = {}) {
    super(detail, circumstances);
    const { status = 0 } = circumstances;
    const isRetryable = !status || status === 408 || status === 429 || status >= 500;
    Object.assign(this, { code, detail, status, problem: {}, isRetryable, retryAfterMs: 0 }, circumstances);
  }
}

/** Reads a refusal, be it an error document or a proxy's page. */
export async function refusal(response: Response): Promise<CantataError> {
  const { status, headers } = response;
  const problem: Partial<Problem> = await response.json().catch(() => ({}));
  const { code = `http_${status}`, detail = `The server answers ${status}.` } = problem;
  const retryAfter = headers.get("Retry-After") ?? "";
  // Seconds, or a date.
  const retryAfterMs = Math.max(0, Number(retryAfter) * 1_000 || Date.parse(retryAfter) - Date.now() || 0);
  return new CantataError(code, detail, { status, problem, retryAfterMs });
}

/** Makes one kind of error of all that fetch, parsers and timers throw. */
export function asError(cause: unknown): CantataError {
  if (cause instanceof CantataError) return cause;
  // Node tells what it was by the cause alone. An address that is none will not become one.
  const reason = `${(cause as Error)?.cause ?? cause}`;
  const isRetryable = !/Invalid URL|unknown scheme/.test(reason);
  return new CantataError("unreachable", `The connection failed: ${reason}`, { cause, isRetryable });
}
