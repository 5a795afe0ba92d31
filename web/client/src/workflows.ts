/** Runs, which over HTTP are called workflows: start, follow, steer and look at them. */

import type { Asking } from "./lookups.js";
import { Run, type FollowOptions, type Start, type StartOptions } from "./run.js";
import { path, type Server } from "./server.js";
import type { Checkpoint, Drawing, EventsPage, WorkflowList, WorkflowStatus } from "./shapes.js";
import type { ForkBody, WorkflowBody } from "./types.js";
import type { Status, Workflow } from "./workflow.js";

export interface WorkflowFilter {
  status?: Status | undefined;
  session_id?: string | undefined;
  graph?: string | undefined;
  trace_id?: string | undefined;
  cursor?: string | undefined;
  limit?: number | undefined;
}

export const workflowsOf = (server: Server) => {
  const status = (id: string, { signal }: Asking = {}) =>
    server.json<WorkflowStatus>("GET", path`/api/workflows/${id}/status`, { signal });
  return {
    /** Runs any graph. */
    start: (body: WorkflowBody, options: StartOptions = {}) =>
      new Run(server, { path: "/api/workflows", body }, options),

    /** Reads a run that there is, from its beginning or after an event. */
    follow: (id: string, { after = 0, ...options }: FollowOptions = {}) =>
      new Run(server, { workflowId: id, seq: after }, options),

    get: (id: string, { signal }: Asking = {}) => server.json<Workflow>("GET", path`/api/workflows/${id}`, { signal }),

    /** Tells how it is doing, cheaply. */
    status,

    list: ({ signal, ...query }: WorkflowFilter & Asking = {}) =>
      server.json<WorkflowList>("GET", "/api/workflows", { query, signal }),

    /** Gives a page of what happened after an event. */
    events: (
      id: string,
      { signal, ...query }: Asking & { after?: number | undefined; limit?: number | undefined } = {},
    ) => server.json<EventsPage>("GET", path`/api/workflows/${id}/events`, { query, signal }),

    /** Stops a run and returns it as it ended. One that had ended by itself is refused with `workflow_finished`. */
    cancel: (id: string, reason = "") =>
      server.json<Workflow>("POST", path`/api/workflows/${id}/cancel`, { body: { reason } }),

    /**
     * Answers a run that waits for a human. Its events go on after `after`, else with the `workflow_resumed` that the
     * answer brings about.
     */
    resume: (id: string, responses: Record<string, unknown>, options: StartOptions & FollowOptions = {}) => {
      const { after, signal } = options;
      const from = (last: number): Start => ({
        path: path`/api/workflows/${id}/resume`,
        body: { responses },
        after: last,
      });
      // Nothing comes after the question until it is answered: its number is the run's last.
      const atHead = async (): Promise<Start> => from((await status(id, { signal })).last_seq);
      return new Run(server, after === undefined ? atHead : from(after), options);
    },

    /** Starts a run from a checkpoint of this one. */
    fork: (id: string, body: ForkBody, options: StartOptions = {}) =>
      new Run(server, { path: path`/api/workflows/${id}/fork`, body }, options),

    /** Lists the checkpoints, newest first. */
    history: async (id: string, { limit, signal }: Asking & { limit?: number | undefined } = {}) =>
      (
        await server.json<{ checkpoints: Checkpoint[] }>("GET", path`/api/workflows/${id}/history`, {
          query: { limit },
          signal,
        })
      ).checkpoints,

    /** Draws what the run runs, in the version that it started with. */
    drawing: (id: string, { signal }: Asking = {}) =>
      server.json<Drawing>("GET", path`/api/workflows/${id}/drawing`, { signal }),

    /** Removes a run that has ended. */
    delete: (id: string) => server.json<void>("DELETE", path`/api/workflows/${id}`),
  };
};
