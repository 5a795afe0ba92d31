/** What an agent thinks, which tools it calls and what it answers, as it happens: one component, and its looks. */

import type { Client, Message, Run, Tool, Workflow } from "@cantata/client";
import { useWorkflow } from "@cantata/client/react";
import "./ReasoningChain.css";

const SIGNS = { running: "…", ok: "✓", error: "✗", cancelled: "–", interrupted: "?" };

/** `run` is what `sendMessage` gave, or the id of any run. */
export function ReasoningChain({ client, run }: { client: Client; run?: Run | string }) {
  const { workflow, connection, cancel } = useWorkflow(client, run);
  if (!workflow) return null;
  const isAtWork = workflow.ended_at === null && connection?.phase !== "failed";
  return (
    <section className="chain" aria-busy={isAtWork}>
      {connection?.phase === "reconnecting" && <p className="chain-note">The connection was cut; it is being restored.</p>}
      {connection?.error && <p className="chain-note">{connection.error.message}</p>}
      <ol aria-label="What it did">
        {workflow.messages.map((message) => (
          <Turn key={message.message_id} message={message} tools={toolsOf(workflow, message.span_id)} />
        ))}
      </ol>
      <p className="chain-answer" role="status">{workflow.final_response ?? lastText(workflow)}</p>
      {workflow.error && <p role="alert">{workflow.error.message}</p>}
      {isAtWork && <button onClick={() => cancel("stopped by the reader")}>Stop</button>}
    </section>
  );
}

function Turn({ message, tools }: { message: Message; tools: Tool[] }) {
  if (!message.thought && tools.length === 0) return null;
  return (
    <li className={message.void ? "chain-void" : undefined}>
      {message.thought && <p className="chain-thought">{message.thought}</p>}
      {tools.map((tool) => <ToolLine key={tool.span_id} tool={tool} />)}
    </li>
  );
}

function ToolLine({ tool }: { tool: Tool }) {
  const sign = SIGNS[tool.status as keyof typeof SIGNS];
  const output = typeof tool.output === "string" ? tool.output : JSON.stringify(tool.output);
  return (
    <p className={`chain-tool chain-${tool.status}`}>
      {sign} <code>{tool.tool}</code> {tool.status === "running" ? JSON.stringify(tool.args) : output}
    </p>
  );
}

/** The tools that were called by the model's turn of this span: those whose ids its decision names. */
function toolsOf(workflow: Workflow, spanId: string): Tool[] {
  const decision = workflow.reasoning.find((one) => one.span_id === spanId);
  const called = new Set(decision?.tool_calls.map((call) => call.id));
  return workflow.tools.filter((tool) => tool.tool_call_id !== null && called.has(tool.tool_call_id));
}

function lastText(workflow: Workflow): string {
  return workflow.messages.findLast((message) => !message.void && message.content)?.content ?? "…";
}
