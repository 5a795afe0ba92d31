/** One stream: its frames as events, for as long as something comes. */

import { createParser } from "eventsource-parser";
import { CantataError } from "./problems.js";
import type { Answer, Asked, Server } from "./server.js";
import type { CantataEvent } from "./types.js";

/** The server sends its first bytes with the headers: headers without them came through a proxy that gathers. */
const FIRST_BYTES_MS = 5_000;

/** Asks for a stream. The answer may also say where to look instead (202), or that there is nothing more (204). */
export async function openStream(server: Server, method: string, path: string, asked: Asked): Promise<Answer> {
  const headers = { Accept: "text/event-stream", ...asked.headers };
  const answer = await server.open(method, path, { ...asked, headers });
  const { response, close } = answer;
  if (response.status === 200 && !response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
    close();
    throw new CantataError("no_stream", "The answer is no stream.");
  }
  return answer;
}

/** Yields what the frames hold, until the connection ends, however it ends. */
export async function* eventsOf(
  { response, wait }: Answer,
  onRetry: (milliseconds: number) => void,
): AsyncGenerator<CantataEvent, void, undefined> {
  let told: CantataEvent[] = [];
  const parser = createParser({ onRetry, onEvent: ({ data }) => told.push(JSON.parse(data) as CantataEvent) });
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  // What is no JSON is a fault of the connection: whoever waits is told so.
  const next = async (): Promise<boolean | undefined> => {
    const read = await reader?.read();
    parser.feed(decoder.decode(read?.value, { stream: true }));
    return read && !read.done;
  };
  // From the second time on, for the usual silence.
  for (let mostMs = FIRST_BYTES_MS; await wait(next(), mostMs); mostMs = 0) {
    yield* told;
    told = [];
  }
}
