/**
 * What took time in a run: its steps, its model calls and its tools, with their starts.
 *
 * Steps and tools say when they began. A model call says only, when it is over, how long it took; but its id is a
 * UUIDv7, made at the moment at which it began, and the first 48 bits are that moment. Where a graph gave it an id of
 * its own, it begins with its message, or else with the span around it.
 */
import type { Message, Workflow } from "@cantata/client";

export type SpanKind = "step" | "model" | "tool";
export type SpanStatus = "running" | "ok" | "error" | "cancelled" | "interrupted";

export interface Span {
  id: string;
  parent: string | null;
  kind: SpanKind;
  name: string;
  /** In words: what it did, who did it. */
  note: string;
  path: readonly string[];
  status: SpanStatus;
  isVoid: boolean;
  /** Unix milliseconds. */
  start: number;
  /** Null while it runs. */
  end: number | null;
  attempt: number;
  agent: string | null;
  model: string | null;
  usage: TokenCounts | null;
  /** From the start of a model call to its first thought or word. */
  firstWordMs: number | null;
  input: unknown;
  output: unknown;
  error: string | null;
}

export interface TokenCounts {
  input: number | null;
  output: number | null;
  reasoning: number | null;
  cached: number | null;
  /** Null when the price is not known. */
  costUsd: number | null;
}

const V7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-/;
const ACTIONS: Record<string, string> = {
  call_tools: "calls tools",
  delegate: "delegates",
  answer: "answers",
  revise: "revises",
};
const BASE32 = "0123456789abcdefghjkmnpqrstvwxyz";

/** When the thing with this id began, in Unix milliseconds; null if the id does not say. */
export function momentOf(spanId: string): number | null {
  const found = V7.exec(spanId);
  return found === null ? null : Number.parseInt(`${found[1]}${found[2]}`, 16);
}

/** When the workflow was created: its id is a UUIDv7 in base 32, whose first ten digits are 50 bits, two of them 0. */
export function createdAt(workflow: Pick<Workflow, "workflow_id">): number | null {
  const digits = workflow.workflow_id.replace(/^wf_/, "").slice(0, 10);
  if (digits.length < 10) return null;
  let value = 0;
  for (const digit of digits) value = value * 32 + BASE32.indexOf(digit);
  return value;
}

/** All spans of a workflow, in the order of their starts. */
export function spansOf(workflow: Workflow): Span[] {
  const messages = new Map(workflow.messages.map((message) => [message.span_id, message]));
  const spans = [
    ...stepsOf(workflow),
    ...toolsOf(workflow),
    ...callsOf(workflow, messages),
    ...unfinishedCalls(workflow),
  ];
  return began(spans, workflow, messages).toSorted((a, b) => a.start - b.start || depth(a) - depth(b));
}

const depth = (span: Span) => span.path.length * 2 + (span.kind === "step" ? 0 : 1);

interface Unplaced extends Omit<Span, "start" | "end" | "firstWordMs"> {
  startedAt: string | null | undefined;
  durationMs: number | null;
}

function stepsOf(workflow: Workflow): Unplaced[] {
  return workflow.steps.map((step) => ({
    ...placeOf(step),
    kind: "step",
    name: step.name,
    note: "",
    status: step.status as SpanStatus,
    startedAt: step.started_at,
    durationMs: step.duration_ms,
    attempt: step.attempt,
    agent: null,
    model: null,
    usage: null,
    input: undefined,
    output: step.output,
    error: faultOf(step.error),
  }));
}

function toolsOf(workflow: Workflow): Unplaced[] {
  return workflow.tools.map((tool) => ({
    ...placeOf(tool),
    kind: "tool",
    name: tool.tool,
    note: tool.progress_message ?? (typeof tool.progress === "number" ? `${Math.round(tool.progress)} %` : ""),
    status: tool.status as SpanStatus,
    startedAt: tool.started_at,
    durationMs: tool.duration_ms,
    attempt: 1,
    agent: null,
    model: null,
    usage: null,
    input: tool.args,
    output: tool.output ?? undefined,
    error: faultOf(tool.error),
  }));
}

function callsOf(workflow: Workflow, messages: Map<string, Message>): Unplaced[] {
  return workflow.reasoning.map((call) => ({
    ...placeOf(call),
    kind: "model",
    name: "Model",
    note: ACTIONS[call.action] ?? call.action,
    status: "ok",
    startedAt: undefined,
    durationMs: call.duration_ms,
    attempt: 1,
    agent: call.agent,
    model: call.model,
    usage: countsOf(call.usage),
    input: call.tool_calls.length > 0 ? call.tool_calls.map(({ name, args }) => ({ name, args })) : undefined,
    output: messages.get(call.span_id)?.content || call.thought || undefined,
    error: null,
  }));
}

/** A call whose message has begun and that has not told yet what it decided, or never will. */
function unfinishedCalls(workflow: Workflow): Unplaced[] {
  const told = new Set([...workflow.reasoning, ...workflow.steps, ...workflow.tools].map((entry) => entry.span_id));
  return workflow.messages
    .filter((message) => message.model && !told.has(message.span_id))
    .map((message) => ({
      ...placeOf(message),
      kind: "model",
      name: "Model",
      note: message.status === "running" ? (message.content ? "speaks" : "thinks") : "was cut",
      status: message.status as SpanStatus,
      startedAt: undefined,
      durationMs: null,
      attempt: 1,
      agent: message.agent,
      model: message.model,
      usage: null,
      input: undefined,
      output: message.content || message.thought || undefined,
      error: null,
    }));
}

interface Entry {
  span_id: string;
  parent_span_id: string | null;
  path: readonly string[];
  void: boolean;
}

function placeOf(entry: Entry): Pick<Span, "id" | "parent" | "path" | "isVoid"> {
  return { id: entry.span_id, parent: entry.parent_span_id, path: entry.path, isVoid: entry.void };
}

/** Finds the starts; a span that was cut, and so has no duration, ends with the one around it. */
function began(spans: Unplaced[], workflow: Workflow, messages: Map<string, Message>): Span[] {
  const known = new Map(spans.map((span) => [span.id, span]));
  const above = (span: Unplaced) => (span.parent === null ? undefined : known.get(span.parent));
  const spoke = (span: Unplaced) => {
    const message = messages.get(span.id);
    return message === undefined ? null : Date.parse(message.timestamp);
  };
  const start = (span: Unplaced): number => {
    const around = above(span);
    if (span.startedAt) return Date.parse(span.startedAt);
    return momentOf(span.id) ?? spoke(span) ?? (around ? start(around) : (createdAt(workflow) ?? 0));
  };
  const end = (span: Unplaced): number | null => {
    if (span.durationMs !== null) return start(span) + span.durationMs;
    if (span.status === "running" && !workflow.ended_at) return null;
    const around = above(span);
    return around ? end(around) : workflow.ended_at ? Date.parse(workflow.ended_at) : start(span);
  };
  return spans.map((span) => {
    const { durationMs: _, startedAt: __, ...rest } = span;
    const first = span.kind === "model" ? spoke(span) : null;
    const from = start(span);
    return { ...rest, start: from, end: end(span), firstWordMs: first === null ? null : Math.max(0, first - from) };
  });
}

export function countsOf(usage: { [name: string]: number }): TokenCounts {
  const of = (name: string) => usage[name] ?? null;
  return {
    input: of("input_tokens"),
    output: of("output_tokens"),
    reasoning: of("reasoning_tokens"),
    cached: of("cached_tokens"),
    costUsd: of("cost_usd"),
  };
}

function faultOf(error: unknown): string | null {
  if (typeof error !== "object" || error === null) return null;
  const { type, message } = error as { type?: string; message?: string };
  return [type, message].filter(Boolean).join(": ") || null;
}
