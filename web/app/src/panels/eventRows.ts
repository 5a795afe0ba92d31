/** The lines of an event log: what each event says, in one line. */
import type { CantataEvent } from "@cantata/client";

export interface EventRow {
  key: string;
  seq: number | null;
  timestamp: string;
  type: string;
  place: string;
  said: string;
  event: CantataEvent;
}

/** Pieces of text are so many that they hide the rest; they are joined, each run of them to one line. */
export function eventRows(events: readonly CantataEvent[]): EventRow[] {
  const rows: EventRow[] = [];
  for (const event of events) {
    const last = rows.at(-1);
    if (
      isDelta(event) &&
      last?.type === event.type &&
      isDelta(last.event) &&
      last.event.message_id === event.message_id
    ) {
      last.said += event.delta;
    } else {
      rows.push(rowOf(event, rows.length));
    }
  }
  return rows;
}

export function typesIn(rows: readonly EventRow[]): string[] {
  return [...new Set(rows.map((row) => row.type))].toSorted();
}

/** Keeps the rows of *type*, or of any, that have all words of *text* somewhere. */
export function filtered(rows: readonly EventRow[], type: string, text: string): EventRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if (type !== "" && row.type !== type) return false;
    if (words.length === 0) return true;
    const whole = `${row.seq} ${row.type} ${row.place} ${row.said} ${JSON.stringify(row.event)}`.toLowerCase();
    return words.every((word) => whole.includes(word));
  });
}

type Delta = Extract<CantataEvent, { delta: string }>;
const isDelta = (event: CantataEvent): event is Delta =>
  event.type === "agent_thinking" || event.type === "message_delta";

function rowOf(event: CantataEvent, index: number): EventRow {
  const path = "path" in event ? event.path : [];
  return {
    key: `${event.seq ?? "x"}-${index}`,
    seq: event.seq ?? null,
    timestamp: event.timestamp,
    type: event.type,
    place: path.join(" / "),
    said: saidBy(event),
    event,
  };
}

function saidBy(event: CantataEvent): string {
  switch (event.type) {
    case "workflow_started":
      return typeof event.input === "string" ? event.input : JSON.stringify(event.input);
    case "step_start":
      return event.attempt > 1 ? `attempt ${event.attempt}` : "";
    case "step_end":
      return `${event.status}, ${event.duration_ms} ms${event.error ? `: ${event.error.message}` : ""}`;
    case "message_start":
      return event.agent;
    case "agent_thinking":
    case "message_delta":
      return event.delta;
    case "message_complete":
      return event.content || event.thought || event.status;
    case "reasoning_step":
      return [event.agent, event.action, ...event.tool_calls.map((call) => call.name)].join(" ");
    case "tool_start":
      return `${event.tool} ${JSON.stringify(event.args)}`;
    case "tool_progress":
      return event.message ?? `${event.progress} %`;
    case "tool_end":
      return `${event.tool}: ${event.error?.message ?? wordsOf(event.output ?? event.status)}`;
    case "progress":
      return [event.percent === undefined ? "" : `${Math.round(event.percent)} %`, event.message]
        .filter(Boolean)
        .join(" ");
    case "custom":
      return `${event.name} ${JSON.stringify(event.data)}`;
    case "workflow_interrupted":
      return event.interrupts.map((one) => one.node).join(", ") || event.cause;
    case "workflow_resumed":
      return event.cause;
    case "workflow_completed":
      return event.final_response ?? "";
    case "workflow_error":
      return `${event.error.code}: ${event.error.message}`;
    case "workflow_cancelled":
      return event.reason;
    default:
      return "";
  }
}

const wordsOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
