/** Runs, which over HTTP are called workflows: start, follow and steer them. */

import type { FollowOptions, StartOptions } from "./begin.js";
import { Run } from "./run.js";
import { runAt, type Asking, type Server } from "./server.js";
import type { WorkflowStatus } from "./shapes.js";
import type { ChatBody, WorkflowBody } from "./types.js";
import type { Workflow } from "./workflow.js";

export interface MessageOptions extends StartOptions {
  /** The conversation to go on with; left out, a new one begins. */
  sessionId?: string | undefined;
  /** Any graph that takes a text; left out, the assistant. */
  graph?: string | undefined;
  model?: string | undefined;
  options?: ChatBody["options"];
  config?: ChatBody["config"];
  metadata?: ChatBody["metadata"];
  /** While the conversation has an active run: be refused with `session_busy`, or wait for it. */
  ifBusy?: "reject" | "enqueue" | undefined;
  /** Whether the run goes on when nobody has read it for some time; it does by default. */
  onDisconnect?: "continue" | "cancel" | undefined;
  timeoutSeconds?: number | undefined;
}

export const runsOf = (server: Server) => {
  const start = (body: WorkflowBody, options?: StartOptions) =>
    new Run(server, { path: "/api/workflows", body }, options);
  return {
    /** Sends a message; the run that comes of it is on its way when this returns. */
    sendMessage(text: string, { graph, signal, onConnection, idempotencyKey, ...asked }: MessageOptions = {}): Run {
      const options = { signal, onConnection, idempotencyKey };
      const fields = inSnakeCase(asked);
      if (graph !== undefined) return start({ graph, input: text, ...fields }, options);
      return new Run(server, { path: "/chat", body: { message: text, ...fields } satisfies ChatBody }, options);
    },

    workflows: {
      /** Runs any graph. */
      start,

      /** Reads a run that there is, from its beginning or after an event. */
      follow: (id: string, { after = 0, ...options }: FollowOptions = {}) =>
        new Run(server, { workflowId: id, seq: after }, options),

      get: (id: string, asking?: Asking) => server.read<Workflow>("GET", runAt(id), asking),

      /** Stops a run and returns it as it ended. One that had ended by itself is refused with `workflow_finished`. */
      cancel: (id: string, reason = "") => server.read<Workflow>("POST", runAt(id, "/cancel"), { body: { reason } }),

      /**
       * Answers a run that waits for a human. Its events go on after `after`, else with the `workflow_resumed` that the
       * answer brings about.
       */
      resume: (id: string, responses: Record<string, unknown>, options: StartOptions & FollowOptions = {}) => {
        const { signal } = options;
        // Nothing comes after the question until it is answered: its number is the run's last.
        const after = async (): Promise<number> =>
          options.after ?? (await server.read<WorkflowStatus>("GET", runAt(id, "/status"), { signal })).last_seq;
        return new Run(server, { path: runAt(id, "/resume"), body: { responses }, after }, options);
      },
    },
  };
};

type Fields = Omit<ChatBody, "message">;

/** Writes the names of members as the server does; what is undefined is not sent. */
const inSnakeCase = (members: object): Fields =>
  Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name.replace(/[A-Z]/g, "_$&").toLowerCase(), value]),
  );
