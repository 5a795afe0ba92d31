/** What a client is given when it is made, and what it tells of its connections. */

import type { CantataError } from "./problems.js";

export interface ClientOptions {
  /** Where the server is, as `https://agents.example` or `/cantata`; left out, where the page came from. */
  baseUrl?: string | undefined;
  /**
   * What to send as bearer. A function is asked for every request, and keeps the token itself; where one was refused
   * or has expired, it is told which.
   */
  token?: string | ((refused?: string) => string | Promise<string>) | undefined;
  fetch?: typeof fetch | undefined;
  /** Sent with every request. */
  headers?: Record<string, string> | undefined;
  /** Silence after which a connection counts as dead. The server breaks its own after 15 s; 45 s. */
  silenceMs?: number | undefined;
  /** Pause between polls, where streams do not get through; 1 s. */
  pollMs?: number | undefined;
  /** Failures in a row after which the client gives up: 30, which takes some minutes. */
  attempts?: number | undefined;
  /** How long to wait before trying again; by default any time up to a bound that doubles with each failure. */
  backoff?: Backoff | undefined;
}

/** Returns how many milliseconds to wait before the next attempt; `retryMs` is what the server asks for. */
export type Backoff = (failures: number, retryMs: number) => number;

/** How a page is connected with a run. */
export interface Connection {
  phase: "connecting" | "live" | "reconnecting" | "polling" | "ended" | "failed";
  /** Failures in a row so far. */
  attempt: number;
  retryInMs?: number;
  /** What went wrong last. */
  error?: CantataError;
}

export type Tell = (connection: Connection) => void;
