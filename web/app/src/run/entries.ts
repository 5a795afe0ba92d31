/** The entries of a folded workflow: how they hang together, and when each began. */
import type { Message, Reasoning, Step, Tool, Workflow } from "@cantata/client";

/** What a fold may know beyond what every server tells. */
export type SeenStep = Step & { superstep?: number | null };
export type SeenMessage = Message & { text_at?: string };

export type Entry =
  | { type: "step"; at: number; entry: SeenStep }
  | { type: "tool"; at: number; entry: Tool }
  | { type: "message"; at: number; entry: SeenMessage }
  | { type: "reasoning"; at: number; entry: Reasoning };

/** Returns when *entry* began, in milliseconds: told, or read from its span id if that is a UUIDv7; else undefined. */
export function startOf(entry: {
  span_id: string;
  started_at?: string | null;
  timestamp?: string;
}): number | undefined {
  const told = entry.started_at ?? entry.timestamp;
  if (told) return Date.parse(told);
  if (entry.span_id[14] !== "7") return undefined;
  const ms = parseInt(entry.span_id.replaceAll("-", "").slice(0, 12), 16);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Returns when *entry* ended; undefined while it goes on, or if nobody knows. */
export function endOf(entry: {
  span_id: string;
  started_at?: string | null;
  duration_ms: number | null;
}): number | undefined {
  const start = startOf(entry);
  return start === undefined || entry.duration_ms === null ? undefined : start + entry.duration_ms;
}

/** The entries under each span, in the order in which they began; those of the root graph are under `""`. */
export type Tree = ReadonlyMap<string, readonly Entry[]>;

export function treeOf(workflow: Workflow): Tree {
  const known = new Set([...workflow.steps, ...workflow.tools].map((entry) => entry.span_id));
  const spoken = new Map(workflow.messages.map((message) => [message.span_id, startOf(message)]));
  const tree = new Map<string, Entry[]>();
  const add = (found: Entry) => {
    const parent = found.entry.parent_span_id ?? "";
    const place = known.has(parent) ? parent : "";
    const under = tree.get(place);
    if (under) under.push(found);
    else tree.set(place, [found]);
  };

  // An entry without a time keeps its place in its own list: it takes the time of the one before.
  let at = 0;
  const inTurn = (time: number | undefined) => (at = time ?? at);
  for (const entry of workflow.steps) add({ type: "step", at: inTurn(startOf(entry)), entry });
  at = 0;
  for (const entry of workflow.tools) add({ type: "tool", at: inTurn(startOf(entry)), entry });
  at = 0;
  for (const entry of workflow.messages) add({ type: "message", at: inTurn(startOf(entry)), entry });
  at = 0;
  for (const entry of workflow.reasoning) {
    add({ type: "reasoning", at: inTurn(spoken.get(entry.span_id) ?? startOf(entry)), entry });
  }

  for (const entries of tree.values()) entries.sort((one, other) => one.at - other.at);
  return tree;
}
