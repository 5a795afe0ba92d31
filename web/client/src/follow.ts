/**
 * A run's events, each once and in order, whatever happens to connections.
 *
 * A stream that is cut is opened again after the last event that came; after three failures in a row the events are
 * polled instead, and every few polls the stream is tried again. All of it asks for the run's events by its id, and so
 * can start nothing.
 */

import { pause, type Patience } from "./backoff.js";
import { Stream, type Tell } from "./connection.js";
import { CantataError } from "./problems.js";
import { path, type Server } from "./server.js";
import type { EventsPage, WorkflowStatus } from "./shapes.js";
import type { CantataEvent, StreamGap } from "./types.js";
import { isFinal } from "./workflow.js";

/** A place in a run's log: after the event with this number. Moves with each event that is given out. */
export interface Place {
  readonly workflowId: string;
  seq: number;
}

const POLL_MS = 1_000;
const POLLS = 5; // then the stream is tried again

export interface Following {
  server: Server;
  place: Place;
  patience: Patience;
  tell: Tell;
  /** A stream that is open already. */
  first?: Stream | undefined;
  signal: AbortSignal;
}

export async function* follow(following: Following): AsyncGenerator<CantataEvent, void, undefined> {
  const { server, place, patience, tell, signal, first } = following;
  const address = path`/api/workflows/${place.workflowId}/events`;
  const live = (): void => tell({ phase: "live", attempt: 0 });
  first?.endWith(signal);
  for (let stream = first; ; stream = undefined) {
    let failure;
    try {
      signal.throwIfAborted();
      stream ??= await Stream.open(server, "GET", address, { query: { after: place.seq }, signal });
      if (stream.response.status === 204) return;
      if (!patience.hasNoStream) live();
      for await (const event of stream.events((milliseconds) => (patience.retryMs = milliseconds))) {
        if (!isNext(place, event)) continue;
        if (patience.hasNoStream) live();
        patience.failures = 0;
        if (event.type === "auth_expired") server.expire();
        yield event;
        if (isTerminal(event)) return;
      }
      throw new CantataError("cut", "The stream ended before the run did.");
    } catch (error) {
      failure = patience.judge(error);
    } finally {
      stream?.close();
    }
    if (!patience.hasNoStream) await patience.pause(failure);
    else if (yield* poll(following)) return;
  }
}

/** Asks some times for what is new; returns whether that was all that there will ever be. */
async function* poll(following: Following): AsyncGenerator<CantataEvent, boolean, undefined> {
  const { server, place, patience, tell, signal } = following;
  const ask = <Answer>(what: string, query?: object): Promise<Answer> =>
    server.json("GET", path`/api/workflows/${place.workflowId}/${what}`, { query, signal });
  for (let polls = 0; polls < POLLS; polls++) {
    try {
      const { events, gap, has_more } = await ask<EventsPage>("events", { after: place.seq });
      patience.polled();
      tell({ phase: "polling", attempt: 0 });
      for (const event of [...(gap ? [gapOf(place, gap)] : []), ...events]) {
        if (!isNext(place, event)) continue;
        yield event;
        if (isTerminal(event)) return true;
      }
      // Whoever begins after the last event is told so by a stream, and by pages not at all.
      if (!polls && !events.length) {
        const { status, last_seq } = await ask<WorkflowStatus>("status");
        if (isFinal(status) && last_seq <= place.seq) return true;
      }
      if (!has_more) await pause(server.options.pollMs ?? POLL_MS, signal);
    } catch (error) {
      await patience.pause(patience.judge(error), "polling");
    }
  }
  return false;
}

/** Tells whether the event was not seen yet, and moves the place. Throws when one is missing before it. */
function isNext(place: Place, event: CantataEvent): boolean {
  const seq = event.type === "stream_gap" ? event.to_seq : event.seq;
  if (seq === undefined) return true;
  if (seq <= place.seq) return false;
  if (event.type !== "stream_gap" && seq > place.seq + 1)
    throw new CantataError("hole", `Event ${place.seq + 1} did not come.`);
  place.seq = seq;
  return true;
}

export const isTerminal = ({ type }: CantataEvent): boolean =>
  type === "workflow_completed" || type === "workflow_error" || type === "workflow_cancelled";

const gapOf = ({ workflowId }: Place, gap: NonNullable<EventsPage["gap"]>): StreamGap => ({
  type: "stream_gap",
  workflow_id: workflowId,
  timestamp: new Date().toISOString(),
  ...gap,
});
