/** The client: one server, and whoever asks it. */

import { coordinatorOf, graphsOf, modelsOf, sessionsOf } from "./lookups.js";
import { Run, type Start, type StartOptions } from "./run.js";
import { Server, type ClientOptions } from "./server.js";
import type { ChatBody, WorkflowBody } from "./types.js";
import { workflowsOf } from "./workflows.js";

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

export type Client = ReturnType<typeof createClient>;

/** Makes a client. Nothing is sent before something is asked. */
export function createClient(options: ClientOptions = {}) {
  const server = new Server(options);
  const begin = (start: Start, options: StartOptions = {}): Run => new Run(server, start, options);
  return {
    /** Sends a message; the run that comes of it is on its way when this returns. */
    sendMessage(
      text: string,
      { sessionId, graph, ifBusy, onDisconnect, timeoutSeconds, ...rest }: MessageOptions = {},
    ): Run {
      const { model, options, config, metadata, ...start } = rest;
      const fields = {
        session_id: sessionId,
        if_busy: ifBusy,
        on_disconnect: onDisconnect,
        timeout_seconds: timeoutSeconds,
        ...{ model, options, config, metadata },
      } as Omit<ChatBody, "message">; // what is undefined is not sent
      if (graph === undefined)
        return begin({ path: "/chat", body: { message: text, ...fields } satisfies ChatBody }, start);
      return begin({ path: "/api/workflows", body: { graph, input: text, ...fields } satisfies WorkflowBody }, start);
    },
    workflows: workflowsOf(server),
    sessions: sessionsOf(server, begin),
    coordinator: coordinatorOf(server, begin),
    graphs: graphsOf(server),
    models: modelsOf(server),
  };
}
