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
  /** The HTTP status; 0 where there was no answer, or where a run failed. */
  readonly status: number;
  /** The whole error document, with members of its own such as `errors` or `active_workflow_id`. */
  readonly problem: Partial<Problem>;
  /** Whether the same request may succeed later. */
  readonly isRetryable: boolean;
  /** How long the server asks to wait before that. */
  readonly retryAfterMs: number;

  constructor(
    /**
     * Stable: the server's own codes; `unreachable` and `silent` for connections, and `cut`, `hole` and `no_stream`
     * for streams, which the client bears by itself and tells `onConnection`.
     */
    readonly code: string,
    /** A sentence for people. */
    readonly detail: string,
    { status = 0, problem = {}, isRetryable, retryAfterMs = 0, ...options }: Circumstances = {},
  ) {
    super(detail, options);
    this.status = status;
    this.problem = problem;
    this.isRetryable = isRetryable ?? (!status || status === 408 || status === 429 || status >= 500);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Reads a refusal, be it an error document or a proxy's page. */
export async function refusal(response: Response): Promise<CantataError> {
  const { status, statusText, headers } = response;
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  const { code = `http_${status}`, detail = `The server answers ${status} ${statusText}.` } = problem;
  return new CantataError(code, detail, { status, problem, retryAfterMs: millisecondsIn(headers.get("Retry-After")) });
}

/** Makes one kind of error of all that fetch, parsers and timers throw. */
export function asError(cause: unknown): CantataError {
  if (cause instanceof CantataError) return cause;
  return new CantataError("unreachable", `The connection failed: ${cause instanceof Error ? cause.message : cause}`, {
    cause,
  });
}

/** Reads a Retry-After: seconds, or a date. */
function millisecondsIn(retryAfter: string | null): number {
  const seconds = Number(retryAfter ?? 0);
  return Math.max(0, Number.isNaN(seconds) ? Date.parse(retryAfter ?? "") - Date.now() || 0 : seconds * 1000);
}
