/** The figures below an answer. */
import type { Workflow } from "@cantata/client";
import { count, counted, duration, money } from "../parts/formats.ts";
import { startOf, type SeenMessage } from "./entries.ts";

export interface Figure {
  key: string;
  label: string;
  value: string;
}

/** Returns what is known, in the order in which it is shown; what is not known is not among it, save the cost. */
export function figuresOf(workflow: Workflow): Figure[] {
  const { usage } = workflow;
  const figures: Figure[] = [];
  const add = (key: string, label: string, value: string | null) => {
    if (value) figures.push({ key, label, value });
  };
  const models = [...new Set(workflow.reasoning.map((reasoning) => reasoning.model).filter(Boolean))];
  add("model", "Model", models.join(", "));
  add("time", "Time at work", workflow.execution_time_ms === null ? null : duration(workflow.execution_time_ms));
  const first = firstTokenMs(workflow);
  add("first", "Time to the first word", first === null ? null : `first word ${duration(first)}`);
  if (usage.model_calls > 0) {
    add("in", "Tokens read", `${count(usage.input_tokens)} in${among(usage.cached_tokens, "cached")}`);
    add("out", "Tokens written", `${count(usage.output_tokens)} out${among(usage.reasoning_tokens, "thinking")}`);
    add(
      "cost",
      "Cost, estimated at list price",
      usage.cost_usd === null ? "cost unknown" : `est. ${money(usage.cost_usd)}`,
    );
  }
  const steps = workflow.steps.filter((step) => !step.void).length;
  const tools = workflow.tools.filter((tool) => !tool.void).length;
  add("steps", "Steps", steps > 0 ? counted(steps, "step") : null);
  add("tools", "Tool calls", tools > 0 ? counted(tools, "tool call") : null);
  return figures;
}

const among = (tokens: number, what: string) => (tokens ? ` (${count(tokens)} ${what})` : "");

/** How long it took until something was said or thought. */
export function firstTokenMs({ started_at, messages }: Workflow): number | null {
  const first = messages[0] as SeenMessage | undefined;
  if (!started_at || !first) return null;
  const at = startOf({ span_id: first.span_id, timestamp: first.timestamp });
  return at === undefined ? null : Math.max(0, at - Date.parse(started_at));
}

/** The links into tracing, where it is on. */
export function tracesOf({ trace }: Workflow): { name: string; href: string }[] {
  const known = { langsmith_url: "LangSmith", langfuse_url: "Langfuse" };
  return Object.entries(known).flatMap(([member, name]) => {
    const href = trace?.[member];
    return href && /^https?:\/\//.test(href) ? [{ name, href }] : [];
  });
}
