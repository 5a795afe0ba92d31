/** The server as requests see it: where it is, who asks, and how it refuses. Knows nothing of runs. */

import { asError, refusal } from "./problems.js";
import { Watch } from "./watch.js";
import type { Backoff } from "./backoff.js";

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

export interface Asked {
  query?: object | undefined;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

const SILENCE_MS = 45_000; // three of the server's heartbeats

export class Server {
  #token = "";
  #isTokenRefused = false;

  constructor(readonly options: ClientOptions) {}

  /** How long nothing may come. */
  get silenceMs(): number {
    return this.options.silenceMs ?? SILENCE_MS;
  }

  /** Asks, and gives the answer if it is one. Throws a CantataError for a refusal. */
  async ask(method: string, path: string, asked: Asked = {}): Promise<Response> {
    const bearer = await this.#bearer();
    let response = await this.#send(method, path, asked, bearer);
    if (response.status === 401 && typeof this.options.token === "function") {
      this.expire();
      const other = await this.#bearer();
      if (other !== bearer) response = await this.#send(method, path, asked, other);
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }

  async json<Answer>(method: string, path: string, asked: Asked = {}): Promise<Answer> {
    const watch = new Watch(this.silenceMs, asked.signal);
    try {
      const headers = { Accept: "application/json" };
      const response = await watch.wait(this.ask(method, path, { headers, ...asked, signal: watch.signal }));
      return (response.status === 204 ? undefined : await watch.wait(response.json())) as Answer;
    } catch (error) {
      asked.signal?.throwIfAborted();
      throw asError(error);
    } finally {
      watch.close();
    }
  }

  /** Names a place of the server. */
  address(path: string, query?: object): string {
    return `${this.options.baseUrl?.replace(/\/$/, "") ?? ""}${path}${queryOf(query)}`;
  }

  /** Notes that the token is none any more: the function is told so when it is asked next. */
  expire(): void {
    this.#isTokenRefused = true;
  }

  #send(method: string, path: string, { query, body, headers, signal }: Asked, bearer: string): Promise<Response> {
    return (this.options.fetch ?? fetch)(this.address(path, query), {
      method,
      headers: {
        ...this.options.headers,
        ...(bearer && { Authorization: `Bearer ${bearer}` }),
        ...(body !== undefined && { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  }

  async #bearer(): Promise<string> {
    const { token = "" } = this.options;
    if (typeof token === "string") return token;
    const refused = this.#isTokenRefused ? this.#token : undefined;
    this.#isTokenRefused = false;
    return (this.#token = await token(refused));
  }
}

function queryOf(query: object = {}): string {
  const told = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  return told.length ? `?${new URLSearchParams(told.map(([name, value]) => [name, String(value)]))}` : "";
}

/** Writes a name into a path. */
export const path = (parts: TemplateStringsArray, ...names: string[]): string =>
  parts.reduce((whole, part, at) => whole + encodeURIComponent(names[at - 1] ?? "") + part);
