/**
 * The fold by which events become a workflow: the same as the server's, so that a page that streams and one that polls
 * show the same. What only the run's row knows (when it was created, its attempt) is told as well as events can.
 */

import type {
  AgentThinking,
  CantataEvent,
  MessageDelta,
  MessageStart,
  ReasoningStep,
  StepStart,
  ToolStart,
  Usage,
  WorkflowCancelled,
  WorkflowCompleted,
  WorkflowError,
  WorkflowStarted,
  WorkflowUsage,
} from "./types.js";
import type { Message, Workflow } from "./workflow.js";

/** The tool that ended last since the last message began: a message's cause. No member that anyone else sees. */
const LAST_TOOL = Symbol("last tool");
type Folded = Workflow & { [LAST_TOOL]?: string | undefined };

/**
 * Returns the workflow after one more event. Nothing that was given is changed, and what did not change is the same
 * object as before, so that a page draws only what is new.
 *
 * An event that the workflow has in it already changes nothing. Neither does one that it cannot know, such as a
 * heartbeat, or what newer servers may say.
 */
export function reduce(workflow: Workflow, event: CantataEvent): Workflow {
  if (event.seq === undefined || event.seq <= workflow.last_seq) return workflow;
  const next: Folded = { ...workflow, last_seq: event.seq };
  if (event.type !== "workflow_started") next.started_at ??= event.timestamp;
  if ("trace_id" in event && event.trace_id) next.trace ??= { trace_id: event.trace_id };
  apply(next, event);
  return next;
}

function apply(next: Folded, event: CantataEvent): void {
  switch (event.type) {
    case "workflow_started":
      return begin(next, event);
    case "step_start":
      return startStep(next, event);
    case "step_end":
      next.steps = changed(next.steps, (step) => step.span_id === event.span_id, {
        status: event.status,
        duration_ms: event.duration_ms,
        ...told(event, "output", "error"),
      });
      return;
    case "message_start":
      return startMessage(next, event);
    case "agent_thinking":
      return grow(next, event, "thought");
    case "message_delta":
      return grow(next, event, "content");
    case "message_complete":
      next.messages = changed(next.messages, (message) => message.message_id === event.message_id, {
        status: event.status,
        complete: event.status === "ok",
        content: event.content,
        thought: event.thought ?? "",
      });
      return;
    case "reasoning_step":
      return reason(next, event);
    case "tool_start":
      next.tools = [...next.tools, newTool(event)];
      return;
    case "tool_progress": {
      const { progress, message: progress_message } = event;
      const said = { progress, progress_message };
      next.tools = changed(
        next.tools,
        (tool) => tool.span_id === event.span_id,
        told(said, "progress", "progress_message"),
      );
      return;
    }
    case "tool_end":
      next[LAST_TOOL] = event.tool;
      next.tools = changed(next.tools, (tool) => tool.span_id === event.span_id, {
        status: event.status,
        duration_ms: event.duration_ms,
        ...told(event, "output", "output_bytes", "error"),
      });
      return;
    case "progress":
      next.progress = event.percent ?? next.progress;
      return;
    case "workflow_interrupted":
      next.status = "interrupted";
      next.interrupts = event.interrupts;
      next.interrupt_cause = event.cause;
      next.interrupt_nodes = event.nodes ?? [];
      next.checkpoint_id = event.checkpoint_id;
      return;
    case "workflow_resumed":
      next.status = "running";
      next.attempt = event.attempt;
      return settleInterrupts(next);
    case "workflow_completed":
      end(next, event, "completed");
      next.final_response = event.final_response || null;
      next.output = event.output;
      next.progress = 100;
      return;
    case "workflow_error":
      end(next, event, "failed");
      next.error = event.error;
      next.recovery_suggestions = event.recovery_suggestions;
      next.partial_response = event.partial_response || null;
      Object.assign(next, told(event, "failed_node"));
      return;
    case "workflow_cancelled":
      end(next, event, "cancelled");
      next.partial_response = event.partial_response || null;
      next.cancelled = { by: event.by, reason: event.reason };
  }
}

function begin(next: Folded, event: WorkflowStarted): void {
  const { workflow_id, graph, strategy, session_id, input, metadata = {} } = event;
  Object.assign(next, {
    workflow_id,
    graph,
    strategy,
    session_id,
    input,
    metadata,
    status: "running",
  } satisfies Partial<Workflow>);
  next.created_at ||= event.timestamp;
  next.answer_nodes = event.answer_nodes?.length ? event.answer_nodes : null;
}

function startStep(next: Folded, event: StepStart): void {
  if (event.replaces?.length) makeVoid(next, new Set(event.replaces));
  const { step, name, attempt, superstep = null, timestamp: started_at } = event;
  const begun = { step, name, status: "running", attempt, superstep, started_at, duration_ms: null };
  next.steps = [...next.steps, { ...begun, ...placeOf(event) }];
}

function startMessage(next: Folded, event: MessageStart): void {
  const message: Message = {
    message_id: event.message_id,
    agent: event.agent,
    role: event.role,
    model: event.model || null,
    status: "running",
    complete: false,
    cause_by: next[LAST_TOOL] || next.graph,
    timestamp: event.timestamp,
    content: "",
    thought: "",
    ...placeOf(event),
  };
  next[LAST_TOOL] = undefined;
  next.messages = [...next.messages, message];
}

function newTool(event: ToolStart): Workflow["tools"][number] {
  return {
    tool_call_id: event.tool_call_id || null,
    tool: event.tool,
    args: event.args,
    status: "running",
    output: null,
    duration_ms: null,
    started_at: event.timestamp,
    ...placeOf(event),
  };
}

function reason(next: Folded, event: ReasoningStep): void {
  const { index, agent, thought, action, tool_calls, model, usage, duration_ms } = event;
  const step = {
    index,
    agent,
    thought,
    action,
    tool_calls,
    model,
    usage: { ...usage },
    duration_ms,
    ...placeOf(event),
  };
  next.reasoning = [...next.reasoning, step];
  next.usage = sum(next.usage, usage);
}

const COUNTS = ["input_tokens", "output_tokens", "total_tokens", "reasoning_tokens", "cached_tokens"] as const;

/** Adds a model call, also one that is void later: it was paid for. */
function sum(before: WorkflowUsage, call: Usage): WorkflowUsage {
  const after = { ...before, model_calls: before.model_calls + 1 };
  for (const name of COUNTS) after[name] += call[name] ?? 0;
  after.cost_usd = before.cost_usd === null || call.cost_usd === undefined ? null : before.cost_usd + call.cost_usd;
  return after;
}

function end(
  next: Folded,
  event: WorkflowCompleted | WorkflowError | WorkflowCancelled,
  status: Workflow["status"],
): void {
  settleInterrupts(next);
  next.status = status;
  next.ended_at = event.timestamp;
  next.execution_time_ms = event.execution_time_ms;
  next.checkpoint_id = ("checkpoint_id" in event && event.checkpoint_id) || null;
}

function settleInterrupts(next: Folded): void {
  next.interrupts = [];
  next.checkpoint_id = null;
  delete next.interrupt_cause;
  delete next.interrupt_nodes;
}

/** Marks the steps that are done again, and all that stands or falls with them: what is under them, through tools. */
function makeVoid(next: Folded, replaced: ReadonlySet<string>): void {
  const steps = new Set(next.steps.map((step) => step.span_id));
  const above = new Map(next.tools.map((tool) => [tool.span_id, tool.parent_span_id]));
  const stepAbove = (span: string | null | undefined): string | null | undefined =>
    !span || steps.has(span) ? span : stepAbove(above.get(span));
  const without = <Entry extends { parent_span_id: string | null; void: boolean }>(entries: Entry[]) =>
    changed(entries, (entry) => !entry.void && replaced.has(stepAbove(entry.parent_span_id) ?? ""), {
      void: true,
    } as Partial<Entry>);
  next.steps = changed(next.steps, (step) => replaced.has(step.span_id), { void: true });
  next.tools = without(next.tools);
  next.messages = without(next.messages);
  next.reasoning = without(next.reasoning);
}

/** Adds a piece of text: one concatenation, and no other message is touched. */
function grow(next: Folded, event: AgentThinking | MessageDelta, member: "thought" | "content"): void {
  const at = next.messages.findLastIndex((message) => message.message_id === event.message_id);
  const message = next.messages[at];
  if (!message) return;
  const grown: Message = { ...message, [member]: message[member] + event.delta };
  if (member === "content") grown.text_at ??= event.timestamp;
  next.messages = next.messages.with(at, grown);
}

function placeOf({ span_id, parent_span_id, node, path }: StepStart | MessageStart | ReasoningStep | ToolStart) {
  return { span_id, parent_span_id: parent_span_id || null, node, path, void: false };
}

/** Returns the entries with some of them changed; the same array if there are none such. */
function changed<Entry>(entries: Entry[], isMeant: (entry: Entry) => boolean, members: Partial<Entry>): Entry[] {
  if (!entries.some(isMeant)) return entries;
  return entries.map((entry) => (isMeant(entry) ? { ...entry, ...members } : entry));
}

/** Picks the members that are there: an absent one says nothing. */
function told<Said extends object, Name extends keyof Said>(
  said: Said,
  ...names: Name[]
): { [name in Name]?: Exclude<Said[name], undefined> } {
  return Object.fromEntries(
    names.filter((name) => said[name] !== undefined).map((name) => [name, said[name]]),
  ) as never;
}
