/** How a run begins: by a request, which is sent until it is answered and starts one run, or with one that there is. */

import type { Tell } from "./options.js";
import { patienceOf } from "./patience.js";
import type { Place } from "./place.js";
import type { Answer, Server } from "./server.js";
import { openStream } from "./stream.js";

export interface ReadOptions {
  /** Aborting it stops reading. The run goes on: `cancel` stops that. */
  signal?: AbortSignal | undefined;
  onConnection?: Tell | undefined;
}

export interface FollowOptions extends ReadOptions {
  /** Begin after the event with this number. */
  after?: number | undefined;
}

export interface StartOptions extends ReadOptions {
  /** Names the request, so that repeating it starts nothing; one is made up unless it is given. */
  idempotencyKey?: string | undefined;
}

/** A request that starts a run, or goes on with one after an event. */
export interface Start {
  path: string;
  body: object;
  /** Tells the number of that event. */
  after?: () => Promise<number>;
}

export interface Begun {
  place: Place;
  /** Hands over the stream that the start was answered with, if it is still there. */
  take?: () => Answer | undefined;
}

const WITHOUT_STREAM = { Prefer: "respond-async", Accept: "application/json" };

/** How long the stream that a start was answered with waits for a reader: a browser has six connections in all. */
const UNREAD_MS = 2_000;

/**
 * Sends a request until it is answered. Its key makes sure that only one run comes of it. Where streams do not get
 * through, the run is started without one.
 */
export async function begin(
  server: Server,
  start: Start | Place,
  { idempotencyKey = newKey(), signal }: StartOptions,
  tell: Tell,
): Promise<Begun> {
  if ("workflowId" in start) return { place: start };
  const { path, body } = start;
  const patience = patienceOf(server.options, tell, signal);
  const after = start.after && (await patience.persist(start.after));
  const address = start.after ? `${path}?after=${after}` : path;
  const answer = await patience.persist(() => {
    const headers = { "Idempotency-Key": idempotencyKey, ...(patience.hasNoStream() && WITHOUT_STREAM) };
    return openStream(server, "POST", address, { body, headers, signal });
  });
  const { status, headers } = answer.response;
  const unread = [answer];
  const take = (): Answer | undefined => {
    clearTimeout(timer);
    return unread.pop();
  };
  const timer = setTimeout(() => take()?.close(), UNREAD_MS);
  if (status === 202) take()?.close();
  return { place: { workflowId: headers.get("X-Workflow-Id") ?? "", seq: after ?? 0 }, take };
}

/** Makes up a key, which need be no secret: whoever may use it sees the run anyway. */
const newKey = (): string => `${Date.now()}-${Math.random()}`;
