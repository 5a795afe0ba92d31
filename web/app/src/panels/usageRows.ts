/** Tokens and cost: of each agent, and of each of its model calls. */
import type { Workflow } from "@cantata/client";
import { grouped } from "./grouped.ts";
import { countsOf, type TokenCounts } from "./spans.ts";

export interface CallUsage {
  id: string;
  index: number;
  action: string;
  model: string;
  isVoid: boolean;
  durationMs: number;
  counts: TokenCounts;
}

export interface AgentUsage {
  agent: string;
  calls: CallUsage[];
  counts: TokenCounts;
}

/** Agents in the order of their first calls. What was void was paid for, and counts. */
export function usageByAgent(workflow: Workflow): AgentUsage[] {
  const calls = grouped(workflow.reasoning, (call) => call.agent);
  return [...calls].map(([agent, found]) => {
    const rows = found.map((call) => ({
      id: call.span_id,
      index: call.index,
      action: call.action,
      model: call.model,
      isVoid: call.void,
      durationMs: call.duration_ms,
      counts: countsOf(call.usage),
    }));
    return { agent, calls: rows, counts: sumOf(rows.map((row) => row.counts)) };
  });
}

/** Adds up; a sum of something unknown is unknown for money, and of what is known for tokens. */
export function sumOf(counts: readonly TokenCounts[]): TokenCounts {
  const add = (pick: (one: TokenCounts) => number | null) => {
    const known = counts.map(pick).filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
  };
  return {
    input: add((one) => one.input),
    output: add((one) => one.output),
    reasoning: add((one) => one.reasoning),
    cached: add((one) => one.cached),
    costUsd: counts.some((one) => one.costUsd === null) ? null : add((one) => one.costUsd),
  };
}

/** Input and output together; null when neither is known. */
export function tokensOf(counts: TokenCounts): number | null {
  return counts.input === null && counts.output === null ? null : (counts.input ?? 0) + (counts.output ?? 0);
}
