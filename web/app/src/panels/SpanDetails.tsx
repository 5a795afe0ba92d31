/** All that is known of one span. */
import "./panels.css";
import { IconButton } from "../parts/Button.tsx";
import { count, duration, money } from "../parts/formats.ts";
import type { Span } from "./spans.ts";
import { KIND_WORDS } from "./waterfallRows.ts";
import "./SpanDetails.css";

const MOST_CHARS = 4_000; // of a value; the rest is in the raw view

interface SpanDetailsProps {
  span: Span;
  /** When the run began. */
  from: number;
  now: number;
  onClose: () => void;
}

export function SpanDetails({ span, from, now, onClose }: SpanDetailsProps) {
  const facts = factsOf(span, from, now);
  return (
    <aside className="panel-details" aria-label={`Details of ${span.name}`}>
      <header>
        <h2>
          {span.name} <small>{[KIND_WORDS[span.kind], span.note].filter(Boolean).join(" · ")}</small>
        </h2>
        <IconButton icon="x" label="Close the details" onClick={onClose} />
      </header>
      <dl className="panel-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {span.error && <p className="panel-fault">{span.error}</p>}
      <Value name="In" value={span.input} />
      <Value name="Out" value={span.output} />
    </aside>
  );
}

/** The same in one line. */
export function Glance({ span, from, now }: Omit<SpanDetailsProps, "onClose">) {
  const usage = span.usage;
  const said = [
    `+${duration(Math.max(0, span.start - from))}`,
    duration(Math.max(0, (span.end ?? now) - span.start)),
    usage && `${usage.input ?? "?"} → ${usage.output ?? "?"} tokens`,
    usage?.costUsd && money(usage.costUsd),
    span.model,
    span.error ?? (span.kind === "step" ? "" : span.path.join(" / ")),
  ];
  return (
    <>
      <strong>{span.name}</strong> {said.filter(Boolean).join(" · ")}
    </>
  );
}

function Value({ name, value }: { name: string; value: unknown }) {
  if (value === undefined || value === null || value === "") return null;
  const text = textOf(value);
  return (
    <div className="panel-value">
      <h3>{name}</h3>
      <pre tabIndex={0} role="region" aria-label={name}>
        {text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}…` : text}
      </pre>
    </div>
  );
}

/** A text as it is: a step's output often is an object around one. */
function textOf(value: unknown): string {
  const { final_response: said } = value as { final_response?: unknown };
  const only = typeof value === "object" && value !== null ? Object.values(value) : [];
  const text = said ?? (only.length === 1 ? only[0] : value);
  return typeof text === "string" ? text : JSON.stringify(value, null, 2);
}

function factsOf(span: Span, from: number, now: number): [string, string][] {
  const { usage } = span;
  const facts: [string, string | null | undefined | false][] = [
    ["Start", `+${duration(Math.max(0, span.start - from))}`],
    ["Duration", duration(Math.max(0, (span.end ?? now) - span.start)) + (span.end === null ? " so far" : "")],
    ["Status", span.isVoid ? `${span.status}, void: done again later` : span.status],
    ["Attempt", span.attempt > 1 && String(span.attempt)],
    ["Agent", span.agent],
    ["Model", span.model],
    ["First word", span.firstWordMs !== null && `after ${duration(span.firstWordMs)}`],
    ["Tokens in", usage && told(usage.input, usage.cached ? `${count(usage.cached)} cached` : "")],
    ["Tokens out", usage && told(usage.output, usage.reasoning ? `${count(usage.reasoning)} thought` : "")],
    ["Cost", usage && (usage.costUsd === null ? "unknown" : money(usage.costUsd))],
    ["Node", span.path.join(" / ")],
  ];
  return facts.filter((fact): fact is [string, string] => Boolean(fact[1]));
}

function told(tokens: number | null, note: string): string {
  if (tokens === null) return "unknown";
  return note ? `${count(tokens)} (${note})` : count(tokens);
}
