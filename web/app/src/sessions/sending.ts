/** Sends what the user wrote to whom they chose, into a conversation. */
import type { Client } from "@cantata/client";
import type { Wanted } from "./MessageBox.tsx";
import { post } from "./outbox.ts";
import type { Choices } from "./choices.ts";

export interface Message extends Wanted {
  sessionId: string;
  /** Empty: the server's own choice. */
  model: string;
  choices: Choices;
}

/** While the conversation is busy the message waits its turn. */
export function send(client: Client, message: Message): void {
  const { sessionId, text, input, graph, choices } = message;
  // A model that was picked once may be gone: another key, another server. Without a list nobody can tell.
  const isOffered = choices.models.length === 0 || choices.models.some(({ name }) => name === message.model);
  const model = isOffered ? message.model || undefined : undefined;
  const sending = new AbortController();
  const { signal } = sending;
  const run = input
    ? client.workflows.start(
        { graph, input, session_id: sessionId, if_busy: "enqueue", ...(model && { model }) },
        { signal },
      )
    : client.sendMessage(text, { sessionId, graph, ifBusy: "enqueue", model, signal });
  post({ sessionId, text, graph, run, sending });
}
