/** How each node of a drawing is doing in a run. */
import type { Drawing, DrawnEdge, Workflow } from "@cantata/client";
import { grouped } from "./grouped.ts";
import { spansOf, type Span } from "./spans.ts";

export type State = "idle" | "running" | "done" | "failed" | "waiting" | "cancelled";

export interface NodeState {
  state: State;
  /** How often it was at work; repeated attempts of one visit count once. */
  visits: number;
  /** How often it began anew after a failure, a crash or an answer. */
  repeats: number;
  /** Of the finished visits. */
  workedMs: number;
  /** When the visit began that is under way. */
  since: number | null;
  error: string | null;
}

export const IDLE: NodeState = { state: "idle", visits: 0, repeats: 0, workedMs: 0, since: null, error: null };

export const STATE_WORDS: Record<State, string> = {
  idle: "not reached",
  running: "running",
  done: "done",
  failed: "failed",
  waiting: "waits for an answer",
  cancelled: "stopped",
};

export interface GraphStates {
  nodes: ReadonlyMap<string, NodeState>;
  /** The edges that were taken, as `source>target`. */
  taken: ReadonlySet<string>;
}

export function statesOf(drawing: Drawing, workflow: Workflow): GraphStates {
  const visits = grouped(
    spansOf(workflow).filter((span) => span.kind === "step"),
    (span) => span.path.join("/"),
  );
  const nodes = new Map(drawing.nodes.map((node) => [node.id, stateOf(visits.get(node.id) ?? [], workflow)]));
  for (const node of drawing.nodes) {
    if (node.type === "start") nodes.set(node.id, { ...IDLE, state: workflow.steps.length > 0 ? "done" : "idle" });
    if (node.type === "end") nodes.set(node.id, { ...IDLE, state: workflow.status === "completed" ? "done" : "idle" });
  }
  return { nodes, taken: new Set(drawing.edges.filter((edge) => isTaken(edge, visits, workflow)).map(keyOf)) };
}

export const keyOf = (edge: DrawnEdge) => `${edge.source}>${edge.target}`;

function stateOf(spans: Span[], workflow: Workflow): NodeState {
  const standing = spans.filter((span) => !span.isVoid);
  const last = standing.at(-1);
  if (last === undefined) return { ...IDLE, repeats: spans.length };
  const open = standing.filter((span) => span.end === null);
  return {
    state: open.length > 0 ? "running" : wordFor(last.status, workflow.status),
    visits: standing.length,
    repeats: spans.length - standing.length,
    workedMs: standing.reduce((sum, span) => sum + (span.end === null ? 0 : span.end - span.start), 0),
    since: open.length > 0 ? Math.min(...open.map((span) => span.start)) : null,
    error: standing.findLast((span) => span.error !== null)?.error ?? null,
  };
}

function wordFor(status: Span["status"], workflow: Workflow["status"]): State {
  if (status === "ok") return "done";
  if (status === "error") return "failed";
  if (status === "interrupted") return workflow === "cancelled" ? "cancelled" : "waiting";
  return status === "running" ? "running" : "cancelled";
}

/** An edge was taken if its target began a visit after a visit of its source had ended. */
function isTaken(edge: DrawnEdge, visits: Map<string, Span[]>, workflow: Workflow): boolean {
  const before = (visits.get(edge.source) ?? []).filter((span) => span.status === "ok" && !span.isVoid);
  const after = (visits.get(edge.target) ?? []).filter((span) => !span.isVoid);
  if (edge.source.endsWith("__start__")) return after.length > 0;
  if (edge.target.endsWith("__end__")) return workflow.status === "completed" && isLast(before, visits);
  return before.some((one) => after.some((other) => one.end !== null && other.start >= one.end - 1));
}

/** Tells whether nothing outside of boxes ended after these visits. */
function isLast(spans: Span[], visits: Map<string, Span[]>): boolean {
  const end = spans.at(-1)?.end;
  const roots = [...visits].filter(([path]) => !path.includes("/")).flatMap(([, found]) => found);
  return typeof end === "number" && roots.every((span) => span.end === null || span.end <= end);
}
