/** The client: one server, and whoever asks it. */

import { coordinatorOf, graphsOf, modelsOf, sessionsOf } from "./lookups.js";
import type { ClientOptions } from "./options.js";
import { serverOf } from "./server.js";
import { runsOf } from "./steering.js";
import { workflowsOf } from "./workflows.js";

export type Client = ReturnType<typeof createClient>;

/** Makes a client. Nothing is sent before something is asked. */
export function createClient(options: ClientOptions = {}) {
  const server = serverOf(options);
  const { sendMessage, workflows } = runsOf(server);
  return {
    sendMessage,
    workflows: { ...workflows, ...workflowsOf(server) },
    sessions: sessionsOf(server),
    coordinator: coordinatorOf(server),
    graphs: graphsOf(server),
    models: modelsOf(server),
  };
}
