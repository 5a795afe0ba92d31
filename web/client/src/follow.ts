/**
 * A run's events, each once and in order, whatever happens to connections.
 *
 * A stream that is cut is opened again after the last event that came; after three failures in a row the events are
 * polled instead, and every few polls the stream is tried again. All of it asks for the run's events by its id, and so
 * can start nothing.
 */

import type { Connection, Tell } from "./options.js";
import { patienceOf } from "./patience.js";
import { isNext, isTerminal, type Place } from "./place.js";
import { CantataError } from "./problems.js";
import { runAt, type Answer, type Server } from "./server.js";
import { eventsOf, openStream } from "./stream.js";
import type { CantataEvent } from "./types.js";

/** Reads on from the place, with the stream that is open already, if there is one. */
export async function* follow(
  server: Server,
  place: Place,
  tell: Tell,
  signal: AbortSignal,
  first: Answer | undefined,
): AsyncGenerator<CantataEvent, void, undefined> {
  const patience = patienceOf(server.options, tell, signal);
  const live: Connection = { phase: "live", attempt: 0 };
  const address = runAt(place.workflowId);
  first?.endWith(signal);
  for (let stream = first; ; stream = undefined) {
    let failure;
    try {
      stream ??= await openStream(server, "GET", `${address}/events?after=${place.seq}`, { signal });
      if (stream.response.status === 204) return;
      // Where streams open and die, only an event tells that this one lives.
      if (!patience.hasNoStream()) tell(live);
      for await (const event of eventsOf(stream, (milliseconds) => (patience.retryAfterMs = milliseconds))) {
        if (!isNext(place, event)) continue;
        if (patience.hasNoStream()) tell(live);
        patience.failures = 0;
        if (event.type === "auth_expired") server.expire();
        yield event;
        if (isTerminal(event)) return;
      }
      throw new CantataError("cut", "The stream was cut.");
    } catch (error) {
      failure = patience.judge(error);
    } finally {
      stream?.close();
    }
    const polling = patience.hasNoStream() && (await import("./poll.js").catch(() => null));
    if (!polling || failure.retryAfterMs) await patience.pause(failure);
    if (polling && (yield* polling.poll({ server, place, tell, signal, address, patience, isNext, isTerminal })))
      return;
  }
}
