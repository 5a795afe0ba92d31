/** Answers of the server that its schemas do not describe. */

import type {
  AgentStep,
  ApprovalStep,
  Feedback,
  HierarchicalStep,
  ParallelStep,
  PendingInterrupt,
  SequentialStep,
  ShownMessage,
  ShownSession,
  StreamGap,
  WorkflowStarted,
} from "./types.js";
import type { CantataEvent } from "./types.js";
import type { Status } from "./workflow.js";

export interface WorkflowStatus {
  workflow_id: string;
  status: Status;
  progress: number | null;
  last_seq: number;
  attempt: number;
  updated_at: string;
  links: Record<string, string>;
}

export interface ListedWorkflow extends WorkflowStatus {
  graph: string;
  strategy: WorkflowStarted["strategy"];
  session_id: string;
  created_at: string;
  feedback: Feedback | null;
}

export interface WorkflowList {
  workflows: ListedWorkflow[];
  next_cursor: string | null;
}

export interface EventsPage {
  events: CantataEvent[];
  last_seq: number;
  has_more: boolean;
  /** What retention has removed before these events. */
  gap?: Pick<StreamGap, "from_seq" | "to_seq" | "snapshot">;
}

export interface Checkpoint {
  checkpoint_id: string;
  parent_checkpoint_id: string | null;
  created_at: string;
  step: number | null;
  source: string | null;
  next: string[];
  values: unknown;
  interrupts: Pick<PendingInterrupt, "id" | "value">[];
}

export interface SessionList {
  sessions: ShownSession[];
  next_cursor: string | null;
}

export interface MessageNode extends ShownMessage {
  children: MessageNode[];
}

/** A step of a workflow, and a workflow: they nest. */
export type Spec = AgentStep | SequentialStep | ParallelStep | HierarchicalStep | ApprovalStep;

export interface DrawnNode {
  /** The `path` of its events, joined by slashes. */
  id: string;
  name: string;
  type: "start" | "end" | "agent" | "step" | "workflow";
  /** The node that it is a step of. */
  parent: string | null;
  agent: string | null;
}

export interface DrawnEdge {
  source: string;
  target: string;
  /** It need not be taken. */
  conditional: boolean;
}

export interface Drawing {
  nodes: DrawnNode[];
  edges: DrawnEdge[];
  mermaid: string;
}

export interface Graph {
  name: string;
  description: string;
  input_schema: Record<string, unknown> | null;
  /** Why it cannot be run. */
  error: string | null;
}

export interface Agent extends Graph {
  methods: string[];
  model: string | null;
  tools: string[];
  status: "ok" | "error";
}

export interface Definition {
  name: string;
  description: string;
  origin: "ready-made" | "stored";
  version: number | null;
  strategy: WorkflowStarted["strategy"] | "agent" | "approval";
  spec: Spec | null;
  input_schema: Record<string, unknown> | null;
  created_at?: string;
}

export interface DefinitionVersion {
  version: number;
  description: string;
  spec: Spec;
  input_schema: Record<string, unknown> | null;
  created_at: string;
  is_retired: boolean;
}

export interface WholeDefinition extends Definition {
  versions: DefinitionVersion[];
  /** Null when it cannot be run any more. */
  drawing: Drawing | null;
}

export interface GroupStats {
  runs: Record<"completed" | "failed" | "cancelled", number>;
  success_rate: number | null;
  /** Percentiles by their names, as `p50`. */
  duration_ms: Record<string, number | null>;
  active: number;
  usage: {
    input_tokens: number;
    output_tokens: number;
    total_tokens: number;
    model_calls: number;
    cost_usd: number | null;
  };
}

export interface Stats {
  since: string | null;
  strategies: Record<string, GroupStats>;
  agents: Record<string, GroupStats>;
  workflows: Record<string, GroupStats>;
}

export interface Model {
  name: string;
  provider: string;
  is_default: boolean;
}
