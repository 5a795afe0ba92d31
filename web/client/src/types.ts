// What a server says and takes, made from docs/schemas by `npm run generate -w client`. Not to be edited.

/**
 * All that a stream can say, told apart by `type`.
 */
export type CantataEvent =
  | WorkflowStarted
  | StepStart
  | StepEnd
  | MessageStart
  | AgentThinking
  | MessageDelta
  | MessageComplete
  | ReasoningStep
  | ToolStart
  | ToolProgress
  | ToolEnd
  | Progress
  | Custom
  | WorkflowInterrupted
  | WorkflowResumed
  | WorkflowCompleted
  | WorkflowError
  | WorkflowCancelled
  | Heartbeat
  | StreamGap
  | AuthExpired;

/**
 * The run exists; stored in the transaction that creates it.
 */
export interface WorkflowStarted {
  type: "workflow_started";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  trace_id?: string;
  observation_id?: string;
  graph: string;
  strategy: "hierarchical" | "parallel" | "sequential" | "single";
  input: unknown;
  session_id: string;
  metadata?: {
    [k: string]: unknown;
  };
  answer_nodes?: string[][];
}
/**
 * A node begins.
 */
export interface StepStart {
  type: "step_start";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  trace_id?: string;
  observation_id?: string;
  node: string;
  path: string[];
  parent_span_id?: string;
  /**
   * Start and end of one thing share it.
   */
  span_id: string;
  step: number;
  name: string;
  task_id: string;
  attempt: number;
  replaces?: string[];
  superstep?: number;
  branch?: number;
}
/**
 * A node ended; everything opened under it was closed before.
 */
export interface StepEnd {
  type: "step_end";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  trace_id?: string;
  observation_id?: string;
  node: string;
  path: string[];
  parent_span_id?: string;
  /**
   * Start and end of one thing share it.
   */
  span_id: string;
  step: number;
  name: string;
  task_id: string;
  status: "cancelled" | "error" | "interrupted" | "ok";
  duration_ms: number;
  output?: unknown;
  error?: Fault;
}
/**
 * What went wrong in a step or a tool.
 */
export interface Fault {
  type: string;
  message: string;
}
/**
 * The first thought or text of a model call, or of a graph that speaks for itself.
 */
export interface MessageStart {
  type: "message_start";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  trace_id?: string;
  observation_id?: string;
  node: string;
  path: string[];
  parent_span_id?: string;
  /**
   * Start and end of one thing share it.
   */
  span_id: string;
  message_id: string;
  agent: string;
  role: string;
  model?: string;
}
/**
 * A piece of thought, as it streams.
 */
export interface AgentThinking {
  type: "agent_thinking";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  message_id: string;
  delta: string;
}
/**
 * A piece of answer text, as it streams.
 */
export interface MessageDelta {
  type: "message_delta";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  message_id: string;
  delta: string;
}
/**
 * The end of a message; a cut one holds the text so far.
 */
export interface MessageComplete {
  type: "message_complete";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  trace_id?: string;
  observation_id?: string;
  node: string;
  path: string[];
  parent_span_id?: string;
  /**
   * Start and end of one thing share it.
   */
  span_id: string;
  message_id: string;
  agent: string;
  role: string;
  model?: string;
  status: "cancelled" | "error" | "ok";
  content: string;
  thought?: string;
  usage?: Usage;
}
/**
 * Tokens of one or many model calls; empty where the provider tells none.
 *
 * `input_tokens` includes cached ones, `output_tokens` includes thoughts.
 */
export interface Usage {
  input_tokens?: number;
  output_tokens?: number;
  total_tokens?: number;
  reasoning_tokens?: number;
  cached_tokens?: number;
  cost_usd?: number;
  model_calls?: number;
}
/**
 * The end of a model call: what the agent decided.
 */
export interface ReasoningStep {
  type: "reasoning_step";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  trace_id?: string;
  observation_id?: string;
  node: string;
  path: string[];
  parent_span_id?: string;
  /**
   * Start and end of one thing share it.
   */
  span_id: string;
  index: number;
  agent: string;
  model: string;
  thought: string;
  action: "answer" | "call_tools" | "delegate" | "revise";
  tool_calls: ToolCall[];
  usage: Usage;
  duration_ms: number;
}
/**
 * A tool call that a model decided on.
 */
export interface ToolCall {
  id: string | null;
  name: string;
  args: unknown;
}
/**
 * A tool begins.
 */
export interface ToolStart {
  type: "tool_start";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  trace_id?: string;
  observation_id?: string;
  node: string;
  path: string[];
  parent_span_id?: string;
  /**
   * Start and end of one thing share it.
   */
  span_id: string;
  tool_call_id?: string;
  tool: string;
  args: unknown;
}
/**
 * Word from inside a tool.
 */
export interface ToolProgress {
  type: "tool_progress";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  trace_id?: string;
  observation_id?: string;
  node: string;
  path: string[];
  parent_span_id?: string;
  /**
   * Start and end of one thing share it.
   */
  span_id: string;
  progress?: number;
  message?: string;
}
/**
 * A tool ended.
 */
export interface ToolEnd {
  type: "tool_end";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  trace_id?: string;
  observation_id?: string;
  node: string;
  path: string[];
  parent_span_id?: string;
  /**
   * Start and end of one thing share it.
   */
  span_id: string;
  tool_call_id?: string;
  tool: string;
  status: "cancelled" | "error" | "interrupted" | "ok";
  output?: unknown;
  output_bytes?: number;
  error?: Fault;
  duration_ms: number;
}
/**
 * How far the run is.
 */
export interface Progress {
  type: "progress";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  trace_id?: string;
  observation_id?: string;
  node: string;
  path: string[];
  parent_span_id?: string;
  percent?: number;
  message?: string;
}
/**
 * Any other word of the graph.
 */
export interface Custom {
  type: "custom";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  trace_id?: string;
  observation_id?: string;
  node: string;
  path: string[];
  parent_span_id?: string;
  name: string;
  data: unknown;
}
/**
 * A human is asked; not terminal.
 */
export interface WorkflowInterrupted {
  type: "workflow_interrupted";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  trace_id?: string;
  observation_id?: string;
  interrupts: PendingInterrupt[];
  nodes?: string[];
  cause: "breakpoint" | "budget" | "human";
  checkpoint_id: string;
}
/**
 * A question that a graph asks a human.
 */
export interface PendingInterrupt {
  id: string;
  value: unknown;
  node: string;
}
/**
 * Going on after an interrupt, a crash or a planned stop.
 */
export interface WorkflowResumed {
  type: "workflow_resumed";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  trace_id?: string;
  observation_id?: string;
  cause: "drain" | "human" | "recovery";
  attempt: number;
  checkpoint_id?: string;
}
/**
 * Terminal: the graph reached its end.
 */
export interface WorkflowCompleted {
  type: "workflow_completed";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  trace_id?: string;
  observation_id?: string;
  final_response?: string;
  output: unknown;
  usage: Usage;
  execution_time_ms: number;
  tools_used: string[];
  step_count: number;
  checkpoint_id?: string;
}
/**
 * Terminal: the run failed.
 */
export interface WorkflowError {
  type: "workflow_error";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  trace_id?: string;
  observation_id?: string;
  error: WorkflowFault;
  recovery_suggestions: string[];
  partial_response?: string;
  failed_node?: string;
  usage: Usage;
  execution_time_ms: number;
  checkpoint_id?: string;
}
/**
 * Why a workflow failed.
 */
export interface WorkflowFault {
  code: string;
  message: string;
  retryable: boolean;
}
/**
 * Terminal: somebody stopped the run.
 */
export interface WorkflowCancelled {
  type: "workflow_cancelled";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  trace_id?: string;
  observation_id?: string;
  by: string;
  reason: string;
  partial_response?: string;
  usage: Usage;
  execution_time_ms: number;
}
/**
 * Made by a silent stream; not stored.
 */
export interface Heartbeat {
  type: "heartbeat";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  status: string;
  last_seq: number;
}
/**
 * Made by the stream when a cursor is older than retention.
 */
export interface StreamGap {
  type: "stream_gap";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  from_seq: number;
  to_seq: number;
  snapshot: unknown;
}
/**
 * Made by the stream when the reader's right to it ends.
 */
export interface AuthExpired {
  type: "auth_expired";
  workflow_id: string;
  /**
   * Dense per run, from 1; events made by the stream itself have none.
   */
  seq?: number;
  /**
   * ISO 8601, UTC, milliseconds, `Z`.
   */
  timestamp: string;
  reason: string;
}
/**
 * An agent and one of its methods; without a method the one that its place is for.
 */
export interface AgentReference {
  name: string;
  method?: string | null;
}
/**
 * One agent's turn. Its input is the output of the step before.
 */
export interface AgentStep {
  type?: "agent";
  name?: string | null;
  agent: string;
  method?: string;
  /**
   * Instead of the run's model.
   */
  model?: string | null;
  /**
   * A transformer's name, or JMESPath over the output.
   */
  transform?: string | null;
  /**
   * JMESPath over the input; the step is passed over when it is false.
   */
  when?: string | null;
  retry?: Retry | null;
  /**
   * For each attempt.
   */
  timeout_seconds?: number | null;
}
/**
 * How often a step is tried when it fails, and the pauses between, in seconds.
 */
export interface Retry {
  max_attempts?: number;
  initial_interval?: number;
  backoff_factor?: number;
  max_interval?: number;
}
/**
 * A human is asked. Without a schema the answer says `approved`; what is not approved ends the workflow.
 */
export interface ApprovalStep {
  type: "approval";
  name?: string | null;
  prompt: string;
  schema?: {
    [k: string]: unknown;
  } | null;
}
/**
 * Why the workflow is cancelled.
 */
export interface CancelBody {
  reason?: string;
}
/**
 * A chat message.
 */
export interface ChatBody {
  metadata?: {
    [k: string]: string | number | boolean;
  };
  /**
   * `cancel`, the default of `/api/stream`: stop some time after the last reader has left; else `continue`.
   */
  on_disconnect?: ("continue" | "cancel") | null;
  /**
   * Longest running time.
   */
  timeout_seconds?: number | null;
  /**
   * false keeps the workflow out of LangSmith, Langfuse and OpenTelemetry.
   */
  trace?: boolean;
  /**
   * The conversation to go on with; left out, a new one begins.
   */
  session_id?: string | null;
  /**
   * While the session has an active workflow: `reject` with 409, or `enqueue` to wait for it.
   */
  if_busy?: "reject" | "enqueue";
  /**
   * `gemini-2.5-flash`, `openai:gpt-5-mini`, `offline-demo` …
   */
  model?: string | null;
  options?: ModelOptionsBody;
  config?: ConfigBody;
  message: string;
  /**
   * Any agent or graph whose state has `messages`.
   */
  agent?: string;
}
/**
 * How a model is to generate.
 */
export interface ModelOptionsBody {
  temperature?: number | null;
  top_p?: number | null;
  max_output_tokens?: number | null;
}
/**
 * How LangGraph is to execute.
 */
export interface ConfigBody {
  recursion_limit?: number | null;
  tags?: string[];
  configurable?: {
    [k: string]: unknown;
  };
}
/**
 * A workflow that is to be stored.
 */
export interface DefinitionBody {
  description?: string;
  spec: AgentStep | SequentialStep | ParallelStep | HierarchicalStep | ApprovalStep;
  /**
   * A JSON Schema that inputs must fit.
   */
  input_schema?: {
    [k: string]: unknown;
  } | null;
  name: string;
}
/**
 * Steps in turn.
 */
export interface SequentialStep {
  type: "sequential";
  name?: string | null;
  steps: (AgentStep | SequentialStep | ParallelStep | HierarchicalStep | ApprovalStep)[];
}
/**
 * Steps side by side, all with the same input; their outputs are brought together.
 */
export interface ParallelStep {
  type: "parallel";
  name?: string | null;
  tasks: (AgentStep | SequentialStep | ParallelStep | HierarchicalStep | ApprovalStep)[];
  /**
   * Branches at work at once.
   */
  max_concurrency?: number | null;
  on_error?: "fail" | "continue";
  aggregate?: string | AgentStep;
}
/**
 * A manager that delegates to sub-agents until it can answer.
 */
export interface HierarchicalStep {
  type: "hierarchical";
  name?: string | null;
  master: AgentReference;
  subAgents: (AgentStep | SequentialStep | ParallelStep | HierarchicalStep | ApprovalStep | AgentReference)[];
  /**
   * Turns in which the manager delegates.
   */
  max_rounds?: number;
  max_delegations?: number;
  aggregator?: (string | AgentStep) | null;
}
/**
 * What the user would rather have said.
 */
export interface EditBody {
  metadata?: {
    [k: string]: string | number | boolean;
  };
  /**
   * `cancel`, the default of `/api/stream`: stop some time after the last reader has left; else `continue`.
   */
  on_disconnect?: ("continue" | "cancel") | null;
  /**
   * Longest running time.
   */
  timeout_seconds?: number | null;
  /**
   * false keeps the workflow out of LangSmith, Langfuse and OpenTelemetry.
   */
  trace?: boolean;
  /**
   * While the session has an active workflow: `reject` with 409, or `enqueue` to wait for it.
   */
  if_busy?: "reject" | "enqueue";
  content: string;
}
/**
 * What somebody says of an answer.
 */
export interface FeedbackBody {
  /**
   * 1 for a good answer, 0 for a bad one.
   */
  score: number;
  /**
   * Left out, or empty: none.
   */
  comment?: string | null;
}
/**
 * A run that begins with a checkpoint of another one, on a session of its own.
 */
export interface ForkBody {
  metadata?: {
    [k: string]: string | number | boolean;
  };
  /**
   * `cancel`, the default of `/api/stream`: stop some time after the last reader has left; else `continue`.
   */
  on_disconnect?: ("continue" | "cancel") | null;
  /**
   * Longest running time.
   */
  timeout_seconds?: number | null;
  /**
   * false keeps the workflow out of LangSmith, Langfuse and OpenTelemetry.
   */
  trace?: boolean;
  /**
   * One of the workflow's history.
   */
  checkpoint_id: string;
  /**
   * A new input for that state; left out, the fork goes on from it.
   */
  input?: unknown;
}
/**
 * A manager and those to whom it delegates.
 */
export interface HierarchicalBody {
  metadata?: {
    [k: string]: string | number | boolean;
  };
  /**
   * `cancel`, the default of `/api/stream`: stop some time after the last reader has left; else `continue`.
   */
  on_disconnect?: ("continue" | "cancel") | null;
  /**
   * Longest running time.
   */
  timeout_seconds?: number | null;
  /**
   * false keeps the workflow out of LangSmith, Langfuse and OpenTelemetry.
   */
  trace?: boolean;
  /**
   * The conversation to go on with; left out, a new one begins.
   */
  session_id?: string | null;
  /**
   * While the session has an active workflow: `reject` with 409, or `enqueue` to wait for it.
   */
  if_busy?: "reject" | "enqueue";
  /**
   * `gemini-2.5-flash`, `openai:gpt-5-mini`, `offline-demo` …
   */
  model?: string | null;
  options?: ModelOptionsBody;
  config?: ConfigBody;
  /**
   * What goes through the workflow: a text, or any other JSON.
   */
  input: unknown;
  name?: string | null;
  master: AgentReference;
  subAgents: (AgentStep | SequentialStep | ParallelStep | HierarchicalStep | ApprovalStep | AgentReference)[];
  max_rounds?: number;
  max_delegations?: number;
  aggregator?: (string | AgentStep) | null;
}
/**
 * A key that is to be made.
 */
export interface KeyBody {
  role: "user" | "premium" | "admin";
  name?: string;
  /**
   * As whom the key acts; left out, as somebody of its own.
   */
  owner?: string | null;
  /**
   * What it may do; left out, what its role may.
   */
  scopes?: string[] | null;
  workspace?: string;
  /**
   * After so many days it is refused; left out, never.
   */
  expires_days?: number | null;
}
/**
 * A run of a stored or ready-made workflow, or of any other graph.
 */
export interface NamedBody {
  metadata?: {
    [k: string]: string | number | boolean;
  };
  /**
   * `cancel`, the default of `/api/stream`: stop some time after the last reader has left; else `continue`.
   */
  on_disconnect?: ("continue" | "cancel") | null;
  /**
   * Longest running time.
   */
  timeout_seconds?: number | null;
  /**
   * false keeps the workflow out of LangSmith, Langfuse and OpenTelemetry.
   */
  trace?: boolean;
  /**
   * The conversation to go on with; left out, a new one begins.
   */
  session_id?: string | null;
  /**
   * While the session has an active workflow: `reject` with 409, or `enqueue` to wait for it.
   */
  if_busy?: "reject" | "enqueue";
  /**
   * `gemini-2.5-flash`, `openai:gpt-5-mini`, `offline-demo` …
   */
  model?: string | null;
  options?: NamedOptionsBody;
  config?: ConfigBody;
  workflow: string;
  /**
   * A text or an object.
   */
  inputs: unknown;
}
/**
 * How a model is to generate, and what may also stand beside `options`.
 */
export interface NamedOptionsBody {
  temperature?: number | null;
  top_p?: number | null;
  max_output_tokens?: number | null;
  timeout_seconds?: number | null;
  model?: string | null;
  config?: ConfigBody | null;
}
/**
 * A stored workflow's next version; what is left out is not taken from the one before.
 */
export interface NewVersionBody {
  description?: string;
  spec: AgentStep | SequentialStep | ParallelStep | HierarchicalStep | ApprovalStep;
  /**
   * A JSON Schema that inputs must fit.
   */
  input_schema?: {
    [k: string]: unknown;
  } | null;
}
/**
 * Steps side by side.
 */
export interface ParallelBody {
  metadata?: {
    [k: string]: string | number | boolean;
  };
  /**
   * `cancel`, the default of `/api/stream`: stop some time after the last reader has left; else `continue`.
   */
  on_disconnect?: ("continue" | "cancel") | null;
  /**
   * Longest running time.
   */
  timeout_seconds?: number | null;
  /**
   * false keeps the workflow out of LangSmith, Langfuse and OpenTelemetry.
   */
  trace?: boolean;
  /**
   * The conversation to go on with; left out, a new one begins.
   */
  session_id?: string | null;
  /**
   * While the session has an active workflow: `reject` with 409, or `enqueue` to wait for it.
   */
  if_busy?: "reject" | "enqueue";
  /**
   * `gemini-2.5-flash`, `openai:gpt-5-mini`, `offline-demo` …
   */
  model?: string | null;
  options?: ModelOptionsBody;
  config?: ConfigBody;
  /**
   * What goes through the workflow: a text, or any other JSON.
   */
  input: unknown;
  name?: string | null;
  tasks: (AgentStep | SequentialStep | ParallelStep | HierarchicalStep | ApprovalStep)[];
  max_concurrency?: number | null;
  on_error?: string;
  aggregate?: string | AgentStep;
}
/**
 * A prompt for an agent.
 */
export interface PromptBody {
  metadata?: {
    [k: string]: string | number | boolean;
  };
  /**
   * `cancel`, the default of `/api/stream`: stop some time after the last reader has left; else `continue`.
   */
  on_disconnect?: ("continue" | "cancel") | null;
  /**
   * Longest running time.
   */
  timeout_seconds?: number | null;
  /**
   * false keeps the workflow out of LangSmith, Langfuse and OpenTelemetry.
   */
  trace?: boolean;
  /**
   * The conversation to go on with; left out, a new one begins.
   */
  session_id?: string | null;
  /**
   * While the session has an active workflow: `reject` with 409, or `enqueue` to wait for it.
   */
  if_busy?: "reject" | "enqueue";
  /**
   * `gemini-2.5-flash`, `openai:gpt-5-mini`, `offline-demo` …
   */
  model?: string | null;
  options?: ModelOptionsBody;
  config?: ConfigBody;
  prompt: string;
  /**
   * Any agent, or any graph that takes a text.
   */
  agent?: string;
}
/**
 * The answers to the pending interrupts, by their ids; `{}` for a breakpoint.
 */
export interface ResumeBody {
  responses: {
    [k: string]: unknown;
  };
}
/**
 * Steps in turn.
 */
export interface SequentialBody {
  metadata?: {
    [k: string]: string | number | boolean;
  };
  /**
   * `cancel`, the default of `/api/stream`: stop some time after the last reader has left; else `continue`.
   */
  on_disconnect?: ("continue" | "cancel") | null;
  /**
   * Longest running time.
   */
  timeout_seconds?: number | null;
  /**
   * false keeps the workflow out of LangSmith, Langfuse and OpenTelemetry.
   */
  trace?: boolean;
  /**
   * The conversation to go on with; left out, a new one begins.
   */
  session_id?: string | null;
  /**
   * While the session has an active workflow: `reject` with 409, or `enqueue` to wait for it.
   */
  if_busy?: "reject" | "enqueue";
  /**
   * `gemini-2.5-flash`, `openai:gpt-5-mini`, `offline-demo` …
   */
  model?: string | null;
  options?: ModelOptionsBody;
  config?: ConfigBody;
  /**
   * What goes through the workflow: a text, or any other JSON.
   */
  input: unknown;
  name?: string | null;
  steps: (AgentStep | SequentialStep | ParallelStep | HierarchicalStep | ApprovalStep)[];
}
/**
 * What is to be changed of a session; what is left out stays.
 */
export interface SessionBody {
  /**
   * null gives the default back.
   */
  title?: string | null;
  /**
   * A message: the next one goes on from its workflow.
   */
  head?: string;
}
/**
 * A workflow that is only to be drawn.
 */
export interface SpecBody {
  spec: AgentStep | SequentialStep | ParallelStep | HierarchicalStep | ApprovalStep;
}
/**
 * A prompt for an agent, or for several models at once.
 */
export interface StreamBody {
  metadata?: {
    [k: string]: string | number | boolean;
  };
  /**
   * `cancel`, the default of `/api/stream`: stop some time after the last reader has left; else `continue`.
   */
  on_disconnect?: ("continue" | "cancel") | null;
  /**
   * Longest running time.
   */
  timeout_seconds?: number | null;
  /**
   * false keeps the workflow out of LangSmith, Langfuse and OpenTelemetry.
   */
  trace?: boolean;
  /**
   * The conversation to go on with; left out, a new one begins.
   */
  session_id?: string | null;
  /**
   * While the session has an active workflow: `reject` with 409, or `enqueue` to wait for it.
   */
  if_busy?: "reject" | "enqueue";
  /**
   * `gemini-2.5-flash`, `openai:gpt-5-mini`, `offline-demo` …
   */
  model?: string | null;
  options?: ModelOptionsBody;
  config?: ConfigBody;
  prompt: string;
  /**
   * Any agent, or any graph that takes a text.
   */
  agent?: string;
  /**
   * Instead of `model`: each answers in a branch of its own.
   */
  models?: string[] | null;
}
/**
 * A run in the place of another one; graph, context, model and options are that one's.
 */
export interface VariantBody {
  metadata?: {
    [k: string]: string | number | boolean;
  };
  /**
   * `cancel`, the default of `/api/stream`: stop some time after the last reader has left; else `continue`.
   */
  on_disconnect?: ("continue" | "cancel") | null;
  /**
   * Longest running time.
   */
  timeout_seconds?: number | null;
  /**
   * false keeps the workflow out of LangSmith, Langfuse and OpenTelemetry.
   */
  trace?: boolean;
  /**
   * While the session has an active workflow: `reject` with 409, or `enqueue` to wait for it.
   */
  if_busy?: "reject" | "enqueue";
}
/**
 * A run of any graph.
 */
export interface WorkflowBody {
  metadata?: {
    [k: string]: string | number | boolean;
  };
  /**
   * `cancel`, the default of `/api/stream`: stop some time after the last reader has left; else `continue`.
   */
  on_disconnect?: ("continue" | "cancel") | null;
  /**
   * Longest running time.
   */
  timeout_seconds?: number | null;
  /**
   * false keeps the workflow out of LangSmith, Langfuse and OpenTelemetry.
   */
  trace?: boolean;
  /**
   * The conversation to go on with; left out, a new one begins.
   */
  session_id?: string | null;
  /**
   * While the session has an active workflow: `reject` with 409, or `enqueue` to wait for it.
   */
  if_busy?: "reject" | "enqueue";
  /**
   * `gemini-2.5-flash`, `openai:gpt-5-mini`, `offline-demo` …
   */
  model?: string | null;
  options?: ModelOptionsBody;
  config?: ConfigBody;
  graph: string;
  input:
    | string
    | {
        [k: string]: unknown;
      }
    | unknown[]
    | number
    | boolean;
  context?: {
    [k: string]: unknown;
  } | null;
}
/**
 * Why a request failed (RFC 9457); `code` is stable, `detail` says what to do next.
 */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  /**
   * What is wrong with a request's fields.
   */
  errors?: {
    path: string;
    message: string;
  }[];
  [k: string]: unknown;
}
/**
 * What somebody needs who polls often; a listing and `GET /api/streams/active` tell more.
 */
export interface SmallStatus {
  workflow_id: string;
  status: "queued" | "running" | "interrupted" | "completed" | "failed" | "cancelled";
  progress: number | null;
  last_seq: number;
  attempt: number;
  updated_at: string;
  links: {
    [k: string]: string;
  };
}
/**
 * A run as its log tells it.
 */
export interface Workflow {
  workflow_id: string;
  status: "cancelled" | "completed" | "failed" | "interrupted" | "queued" | "running";
  graph: string;
  strategy: "hierarchical" | "parallel" | "sequential" | "single";
  session_id: string;
  input: unknown;
  metadata: {
    [k: string]: unknown;
  };
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  execution_time_ms: number | null;
  attempt: number;
  last_seq: number;
  final_response: string | null;
  partial_response: string | null;
  output: unknown;
  error: WorkflowFault | null;
  recovery_suggestions: string[];
  interrupts: PendingInterrupt[];
  progress: number | null;
  steps: WorkflowStep[];
  reasoning: WorkflowReasoning[];
  tools: WorkflowTool[];
  messages: WorkflowMessage[];
  usage: WorkflowUsage;
  checkpoint_id: string | null;
  trace: {
    [k: string]: string;
  } | null;
  feedback: Feedback | null;
  links: {
    [k: string]: string;
  };
  answer_nodes?: string[][] | null;
  interrupt_cause?: ("breakpoint" | "budget" | "human") | null;
  interrupt_nodes?: string[] | null;
  failed_node?: string | null;
  cancelled?: {
    [k: string]: string;
  } | null;
}
/**
 * A node's execution.
 */
export interface WorkflowStep {
  span_id: string;
  parent_span_id: string | null;
  node: string;
  path: string[];
  void: boolean;
  step: number;
  name: string;
  status: string;
  attempt: number;
  duration_ms: number | null;
  superstep?: number | null;
  started_at?: string | null;
  output?: unknown;
  error?: unknown;
}
/**
 * What an agent decided in one model call.
 */
export interface WorkflowReasoning {
  span_id: string;
  parent_span_id: string | null;
  node: string;
  path: string[];
  void: boolean;
  index: number;
  agent: string;
  thought: string;
  action: "answer" | "call_tools" | "delegate" | "revise";
  tool_calls: ToolCall[];
  model: string;
  usage: {
    [k: string]: number;
  };
  duration_ms: number;
}
/**
 * A tool's execution.
 */
export interface WorkflowTool {
  span_id: string;
  parent_span_id: string | null;
  node: string;
  path: string[];
  void: boolean;
  tool_call_id: string | null;
  tool: string;
  args: unknown;
  status: string;
  output: unknown;
  duration_ms: number | null;
  started_at?: string | null;
  output_bytes?: number | null;
  error?: unknown;
  progress?: number | null;
  progress_message?: string | null;
}
/**
 * What the run said.
 */
export interface WorkflowMessage {
  span_id: string;
  parent_span_id: string | null;
  node: string;
  path: string[];
  void: boolean;
  message_id: string;
  agent: string;
  role: string;
  model: string | null;
  status: string;
  complete: boolean;
  cause_by: string;
  timestamp: string;
  content: string;
  thought: string;
}
/**
 * Tokens and cost of all model calls; the cost is null when one call's price is unknown.
 */
export interface WorkflowUsage {
  input_tokens: number;
  output_tokens: number;
  total_tokens: number;
  reasoning_tokens: number;
  cached_tokens: number;
  cost_usd: number | null;
  model_calls: number;
}
/**
 * What the owner of a run says of its answer.
 */
export interface Feedback {
  score: number;
  comment: string | null;
}
/**
 * A conversation.
 */
export interface ShownSession {
  session_id: string;
  title: string | null;
  status: ("cancelled" | "completed" | "failed" | "interrupted" | "queued" | "running") | null;
  active_workflow_id: string | null;
  created_at: string;
  updated_at: string;
  last_message: LastMessage | null;
  message_count: number;
  workflow_count: number;
  graphs: string[];
  links: {
    [k: string]: string;
  };
}
/**
 * The end of the active branch, cut to one line.
 */
export interface LastMessage {
  message_id: string;
  role: string;
  content: string;
  timestamp: number;
}
/**
 * A conversation with its workflows, in the order of their creation.
 */
export interface WholeSession {
  session_id: string;
  title: string | null;
  status: ("cancelled" | "completed" | "failed" | "interrupted" | "queued" | "running") | null;
  active_workflow_id: string | null;
  created_at: string;
  updated_at: string;
  last_message: LastMessage | null;
  message_count: number;
  workflow_count: number;
  graphs: string[];
  links: {
    [k: string]: string;
  };
  head: string | null;
  workflows: SessionWorkflow[];
}
/**
 * A workflow of a session.
 */
export interface SessionWorkflow {
  workflow_id: string;
  follows: string | null;
  graph: string;
  status: "cancelled" | "completed" | "failed" | "interrupted" | "queued" | "running";
  created_at: string;
}
/**
 * What somebody said in a session.
 */
export interface ShownMessage {
  message_id: string;
  session_id: string;
  workflow_id: string;
  parent_id: string | null;
  role: string;
  content: string;
  content_parts: unknown[];
  cause_by: string;
  sent_from: string;
  send_to: string[];
  trace_id: string | null;
  timestamp: number;
  metadata: {
    [k: string]: unknown;
  };
  active: boolean;
}
