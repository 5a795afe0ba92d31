/** A workflow as a page holds it: what the server tells of a run, and the little that only a reader of events knows. */

import type {
  Workflow as ToldWorkflow,
  WorkflowMessage,
  WorkflowReasoning,
  WorkflowStep,
  WorkflowTool,
} from "./types.js";

export type Step = WorkflowStep;
export type Tool = WorkflowTool;
export type Reasoning = WorkflowReasoning;

export interface Message extends WorkflowMessage {
  /** When its first text came, after whatever was thought; known only where it was read from the events. */
  text_at?: string;
}

export interface Workflow extends ToldWorkflow {
  messages: Message[];
}

export type Status = Workflow["status"];

/** Tells that nothing will follow. */
export const isFinal = (status: Status): boolean => /^(completed|failed|cancelled)$/.test(status);

/** Returns a workflow of which nothing is known but its name. */
export function initialWorkflow(workflowId: string): Workflow {
  const self = `/api/workflows/${workflowId}`;
  const links: Workflow["links"] = { self };
  for (const name of ["status", "events", "cancel", "resume", "history"]) links[name] = `${self}/${name}`;
  return {
    workflow_id: workflowId,
    status: "queued",
    graph: "",
    strategy: "single",
    session_id: "",
    input: null,
    metadata: {},
    created_at: "",
    started_at: null,
    ended_at: null,
    execution_time_ms: null,
    attempt: 1,
    last_seq: 0,
    final_response: null,
    partial_response: null,
    output: null,
    error: null,
    recovery_suggestions: [],
    interrupts: [],
    progress: null,
    steps: [],
    reasoning: [],
    tools: [],
    messages: [],
    usage: {
      input_tokens: 0,
      output_tokens: 0,
      total_tokens: 0,
      reasoning_tokens: 0,
      cached_tokens: 0,
      cost_usd: 0,
      model_calls: 0,
    },
    checkpoint_id: null,
    trace: null,
    feedback: null,
    links,
  };
}
