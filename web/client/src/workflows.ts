/** Runs that there are: lists of them, a closer look at one, forks from its checkpoints, its removal. */

import type { StartOptions } from "./begin.js";
import { look, remove } from "./look.js";
import { Run } from "./run.js";
import { runAt, type Asking, type Server } from "./server.js";
import type { Checkpoint, Drawing, EventsPage, WorkflowList, WorkflowStatus } from "./shapes.js";
import type { Feedback, FeedbackBody, ForkBody } from "./types.js";
import type { Status } from "./workflow.js";

export interface WorkflowFilter {
  status?: Status | undefined;
  session_id?: string | undefined;
  graph?: string | undefined;
  trace_id?: string | undefined;
  cursor?: string | undefined;
  limit?: number | undefined;
}

export const workflowsOf = (server: Server) => ({
  /** Tells how it is doing, cheaply. */
  status: (id: string, asking?: Asking) => look<WorkflowStatus>(server, runAt(id, "/status"), asking),

  list: (filter?: WorkflowFilter & Asking) => look<WorkflowList>(server, "/api/workflows", filter),

  /** Gives a page of what happened after an event. */
  events: (id: string, asking?: Asking & { after?: number | undefined; limit?: number | undefined }) =>
    look<EventsPage>(server, runAt(id, "/events"), asking),

  /** Starts a run from a checkpoint of this one. */
  fork: (id: string, body: ForkBody, options?: StartOptions) =>
    new Run(server, { path: runAt(id, "/fork"), body }, options),

  /** Lists the checkpoints, newest first. */
  history: async (id: string, asking?: Asking & { limit?: number | undefined }) =>
    (await look<{ checkpoints: Checkpoint[] }>(server, runAt(id, "/history"), asking)).checkpoints,

  /** Draws what the run runs, in the version that it started with. */
  drawing: (id: string, asking?: Asking) => look<Drawing>(server, runAt(id, "/drawing"), asking),

  /** Says whether the answer of a run that has ended is good, in place of what was said before; null takes it back. */
  feedback: async (id: string, given: FeedbackBody | null): Promise<Feedback | null> => {
    const place = runAt(id, "/feedback");
    return given ? server.read<Feedback>("PUT", place, { body: given }) : (await remove(server, place), null);
  },

  /** Removes a run that has ended. */
  delete: (id: string) => remove(server, runAt(id)),
});
