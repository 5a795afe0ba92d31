/** Sends what the user wrote to whom they chose, into a conversation. */
import type { Client, Run } from "@cantata/client";
import { go } from "../shell/useRoute.ts";
import { blocksOf } from "./attachments.ts";
import { sessionsChanged } from "./changes.ts";
import { modelToAsk, type Choices } from "./choices.ts";
import type { Wanted } from "./MessageBox.tsx";
import { post } from "./outbox.ts";

export interface Message extends Wanted {
  sessionId: string;
  /** Empty: the server's own choice. */
  model: string;
  choices: Choices;
}

/** While the conversation is busy the message waits its turn. */
export function send(client: Client, message: Message): void {
  const { sessionId, text, attached, graph, choices } = message;
  const input = message.input ?? (attached && { messages: [{ role: "user", content: blocksOf(text, attached) }] });
  const model = modelToAsk(message.model, choices);
  const sending = new AbortController();
  const { signal } = sending;
  const run = input
    ? client.workflows.start(
        { graph, input, session_id: sessionId, if_busy: "enqueue", ...(model && { model }) },
        { signal },
      )
    : client.sendMessage(text, { sessionId, graph, ifBusy: "enqueue", model, signal });
  post({ sessionId, text, attached, graph, run, sending });
}

/**
 * Opens the conversation that the server has made for a run that was started elsewhere, with *text* as what was said.
 *
 * Throws what the server refused it with; then nothing is opened.
 */
export async function openStarted(client: Client, run: Run, text: string): Promise<void> {
  const { session_id: sessionId, graph } = await client.workflows.get(await run.workflowId);
  post({ sessionId, text, graph, run });
  sessionsChanged();
  go({ name: "session", sessionId });
}
