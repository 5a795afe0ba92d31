/** One connection: the frames of a stream as events, for as long as something comes. */

import { createParser } from "eventsource-parser";
import { CantataError } from "./problems.js";
import type { Asked, Server } from "./server.js";
import type { CantataEvent } from "./types.js";
import { Watch } from "./watch.js";

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

/** An answer that streams, or one that says where to look instead (202), or that there is nothing more (204). */
export class Stream {
  private constructor(
    readonly response: Response,
    private readonly watch: Watch,
  ) {}

  static async open(server: Server, method: string, path: string, asked: Asked): Promise<Stream> {
    const watch = new Watch(server.silenceMs, asked.signal);
    try {
      const headers = { Accept: "text/event-stream", ...asked.headers };
      const response = await watch.wait(server.ask(method, path, { ...asked, headers, signal: watch.signal }));
      const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream");
      if (response.status === 200 && !isStream) throw new CantataError("no_stream", "The answer is no stream.");
      return new Stream(response, watch);
    } catch (error) {
      watch.close();
      throw error;
    }
  }

  /** Yields what the frames hold, until the connection ends, however it ends. */
  async *events(onRetry: (milliseconds: number) => void): AsyncGenerator<CantataEvent, void, undefined> {
    let told: CantataEvent[] = [];
    const parser = createParser({ onRetry, onEvent: ({ data }) => told.push(JSON.parse(data) as CantataEvent) });
    const decoder = new TextDecoder();
    const reader = this.response.body?.getReader();
    for (let read; reader && !(read = await this.watch.wait(reader.read())).done;) {
      parser.feed(decoder.decode(read.value, { stream: true }));
      yield* told;
      told = [];
    }
  }

  endWith(signal: AbortSignal | undefined): void {
    this.watch.endWith(signal);
  }

  close(): void {
    this.watch.close();
  }
}
