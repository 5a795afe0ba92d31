/** What `/api/operations` and `/api/usage` answer: written by hand, for the client does not know them. */

export interface ActiveRun {
  workflow_id: string;
  graph: string;
  strategy: string;
  owner: string;
  session_id: string | null;
  /** The paths of the innermost steps at work. */
  steps: string[][];
  progress: number | null;
  last_seq: number;
  attempt: number;
  created_at: string;
  started_at: string | null;
  readers: number;
}

/** Since the process started. */
export interface Totals {
  completed: number;
  failed: number;
  cancelled: number;
  model_calls: number;
  model_errors: number;
  tokens: number;
  cost_usd: number;
  tool_calls: number;
  bytes_sent: number;
  problems: number;
}

export interface Quantiles {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface Failure {
  workflow_id: string;
  graph: string;
  owner: string;
  ended_at: string;
  error: { code: string; message: string } | null;
  failed_node: string | null;
}

export interface Operations {
  at: string;
  runs: { active: number; queued: number; interrupted: number; limit: number; shown: ActiveRun[] };
  totals: Totals;
  latency_seconds: Record<string, Quantiles>;
  readers: {
    open: number;
    resumes: number;
    gaps: number;
    fallbacks: number;
    slow: { workflow_id: string; position: number; behind: number }[];
  };
  failures: Failure[];
  storage: { database_bytes: number; retention_days: { events: number; checkpoints: number; sessions: number } };
}

export interface UsageRow {
  day: string;
  model: string;
  calls: number;
  unpriced: number;
  total_tokens: number;
  /** null: no call of it had a price. */
  cost_usd: number | null;
}

export interface Usage {
  from: string;
  to: string;
  rows: UsageRow[];
  note: string;
}
