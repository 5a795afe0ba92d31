/**
 * Polls, for where streams do not get through. This module is loaded when it is first needed: where polls get through,
 * so does it, and most pages never need it. It imports nothing: what it shared with other modules, bundlers would cut
 * out into a third file.
 */

import type { Tell } from "./options.js";
import type { Patience } from "./patience.js";
import type { isNext, isTerminal, Place } from "./place.js";
import type { Asking, Server } from "./server.js";
import type { EventsPage, WorkflowStatus } from "./shapes.js";
import type { CantataEvent, StreamGap } from "./types.js";

const POLL_MS = 1_000;
const POLLS = 5; // then the stream is tried again
const FINAL = /^(completed|failed|cancelled)$/;

export interface Polling extends Asking {
  server: Server;
  place: Place;
  tell: Tell;
  address: string;
  patience: Patience;
  isNext: typeof isNext;
  isTerminal: typeof isTerminal;
}

/** Asks some times for what is new; returns whether that was all that there will ever be. */
export async function* poll(polling: Polling): AsyncGenerator<CantataEvent, boolean, undefined> {
  const { server, place, tell, signal, patience, isNext, isTerminal } = polling;
  const ask = <Answer>(what: string) => server.read<Answer>("GET", polling.address + what, { signal });
  for (let polls = 0; polls < POLLS; polls++) {
    try {
      const { events, gap, has_more } = await ask<EventsPage>(`/events?after=${place.seq}`);
      patience.polled();
      tell({ phase: "polling", attempt: 0 });
      for (const event of [...(gap ? [gapOf(place, gap)] : []), ...events]) {
        if (!isNext(place, event)) continue;
        yield event;
        if (isTerminal(event)) return true;
      }
      // Whoever begins after the last event is told so by a stream, and by pages not at all.
      if (!polls && !events.length) {
        const { status, last_seq } = await ask<WorkflowStatus>("/status");
        if (FINAL.test(status) && last_seq <= place.seq) return true;
      }
      if (!has_more) await patience.wait(server.options.pollMs ?? POLL_MS);
    } catch (error) {
      await patience.pause(patience.judge(error), "polling");
    }
  }
  return false;
}

const gapOf = ({ workflowId }: Place, gap: NonNullable<EventsPage["gap"]>): StreamGap => ({
  type: "stream_gap",
  workflow_id: workflowId,
  timestamp: new Date().toISOString(),
  ...gap,
});
