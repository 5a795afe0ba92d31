/** What took how long in a run, one row a span; or, on demand, its events as they were stored. */
import type { Client, Workflow } from "@cantata/client";
import { useMemo, useState, type ReactNode } from "react";
import { Icon, type IconName } from "../parts/Icon.tsx";
import { count, duration, money } from "../parts/formats.ts";
import { EventLog } from "./EventLog.tsx";
import { Glance, SpanDetails } from "./SpanDetails.tsx";
import { createdAt, type Span, type SpanKind } from "./spans.ts";
import { roomAhead, roughly, timeScale, type TimeScale } from "./timeScale.ts";
import { isAtWork, useNow } from "./useNow.ts";
import { tokensOf } from "./usageRows.ts";
import { KIND_WORDS, rowsOf, waterfallOf, type Row } from "./waterfallRows.ts";
import "./panels.css";

interface WaterfallPanelProps {
  workflow: Workflow;
  /** Without it there is no log to look at. */
  client?: Client;
}

export default function WaterfallPanel({ workflow, client }: WaterfallPanelProps) {
  const [view, setView] = useState<"timeline" | "log">("timeline");
  const choice = client && (
    <div className="panel-switch" role="group" aria-label="What to show">
      <button type="button" aria-pressed={view === "timeline"} onClick={() => setView("timeline")}>
        Timeline
      </button>
      <button type="button" aria-pressed={view === "log"} onClick={() => setView("log")}>
        Log
      </button>
    </div>
  );
  return (
    <section className="panel-whole" aria-label="Waterfall">
      {view === "log" && client ? (
        <EventLog client={client} workflow={workflow} choice={choice} />
      ) : (
        <Timeline workflow={workflow} choice={choice} />
      )}
    </section>
  );
}

const TICK_MS = 100;
const LEAST_WAIT_MS = 100; // for a first word that is worth a mark

function Timeline({ workflow, choice }: { workflow: Workflow; choice: ReactNode }) {
  const [text, setText] = useState("");
  const [hideVoid, setHideVoid] = useState(false);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [pinned, setPinned] = useState<string | null>(null);
  const [pointed, setPointed] = useState<string | null>(null);
  const spans = useMemo(() => waterfallOf(workflow), [workflow]);
  const now = useNow(workflow, spans, TICK_MS);
  const rows = useMemo(() => rowsOf(spans, { text, hideVoid, closed }), [spans, text, hideVoid, closed]);
  const scale = useMemo(() => scaleOf(workflow, spans, now), [workflow, spans, now]);
  const kept = spans.find((span) => span.id === pinned);
  const seen = spans.find((span) => span.id === pointed);

  if (spans.length === 0) {
    return <p className="panel-empty">{isAtWork(workflow) ? "Nothing has begun yet." : "Nothing was begun."}</p>;
  }

  function toggle(id: string) {
    const next = new Set(closed);
    if (!next.delete(id)) next.add(id);
    setClosed(next);
  }

  return (
    <>
      <div className="panel-bar">
        {choice}
        <label className="panel-search">
          <Icon name="search" />
          <span className="hidden-text">Filter</span>
          <input type="search" placeholder="Filter" value={text} onChange={(event) => setText(event.target.value)} />
        </label>
        {spans.some((span) => span.isVoid) && (
          <label className="panel-check">
            <input type="checkbox" checked={hideVoid} onChange={(event) => setHideVoid(event.target.checked)} />
            Hide void attempts
          </label>
        )}
      </div>
      <div className="panel-scroll" tabIndex={0} role="region" aria-label="Timeline of the run" onPointerLeave={() => setPointed(null)}>
        <table className="panel-waterfall">
          <caption className="hidden-text">Steps, model calls and tools in the order of their starts</caption>
          <thead>
            <tr>
              <th scope="col" className="panel-waterfall-name">Name</th>
              <th scope="col" className="panel-waterfall-time">
                <span className="hidden-text">Time line</span>
                <Axis scale={scale} />
              </th>
              <th scope="col" className="panel-number">Duration</th>
              <th scope="col" className="panel-number panel-wide">Tokens</th>
              <th scope="col" className="panel-number panel-wider">Cost</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <SpanRow
                key={row.span.id}
                row={row}
                scale={scale}
                now={now}
                isShown={row.span.id === (kept ?? seen)?.id}
                isPinned={row.span.id === pinned}
                onToggle={() => toggle(row.span.id)}
                onPoint={setPointed}
                onPin={() => setPinned(pinned === row.span.id ? null : row.span.id)}
              />
            ))}
          </tbody>
        </table>
        {rows.length === 0 && <p className="panel-empty">Nothing fits “{text}”.</p>}
      </div>
      {kept ? (
        <SpanDetails span={kept} from={scale.from} now={now} onClose={() => setPinned(null)} />
      ) : (
        <p className="panel-hint panel-glance">{seen ? <Glance span={seen} from={scale.from} now={now} /> : "Click on a row for its details."}</p>
      )}
    </>
  );
}

function scaleOf(workflow: Workflow, spans: readonly Span[], now: number): TimeScale {
  const first = spans.reduce((least, span) => Math.min(least, span.start), Number.POSITIVE_INFINITY);
  const created = createdAt(workflow) ?? first;
  const from = first - created < 60_000 ? Math.min(created, first) : first; // an older id is a fork's or an import's
  const end = spans.reduce((most, span) => Math.max(most, span.end ?? now), from);
  const busy = spans.map((span) => ({ from: span.start, to: span.end ?? now }));
  if (!isAtWork(workflow)) return timeScale(busy, from, end);
  const ahead = roomAhead(from, end);
  return timeScale([...busy, { from: end, to: ahead }], from, ahead);
}

function Axis({ scale }: { scale: TimeScale }) {
  return (
    <div className="panel-axis" aria-hidden="true">
      {scale.ticks.map((tick) => (
        <span key={tick.label} style={{ left: percent(tick.at) }}>
          {tick.label}
        </span>
      ))}
      {scale.breaks.map((one) => (
        <span key={one.from} className="panel-axis-break" style={{ left: percent(one.at), width: percent(one.width) }} title={`Nothing ran for ${duration(one.to - one.from)}`}>
          {roughly(one.to - one.from)}
        </span>
      ))}
    </div>
  );
}

const ICONS: Record<SpanKind, IconName> = { step: "layers", model: "brain", tool: "tool" };

interface SpanRowProps {
  row: Row;
  scale: TimeScale;
  now: number;
  isShown: boolean;
  isPinned: boolean;
  onToggle: () => void;
  onPoint: (id: string | null) => void;
  onPin: () => void;
}

function SpanRow({ row, scale, now, isShown, isPinned, onToggle, onPoint, onPin }: SpanRowProps) {
  const { span, level } = row;
  const end = span.end ?? now;
  const left = scale.at(span.start);
  const tokens = span.usage && tokensOf(span.usage);
  return (
    <tr
      className="panel-row"
      data-kind={span.kind}
      data-status={span.status}
      data-void={span.isVoid}
      data-shown={isShown}
      onPointerEnter={() => onPoint(span.id)}
      onFocus={() => onPoint(span.id)}
      onBlur={() => onPoint(null)}
      onClick={onPin}
    >
      <th scope="row" className="panel-waterfall-name" style={{ paddingInlineStart: 4 + Math.min(level, 8) * 14 }}>
        <div className="panel-row-name">
          {row.hasChildren ? (
            <button
              type="button"
              className="panel-fold"
              aria-expanded={row.isOpen}
              aria-label={`What is in ${span.name}`}
              onClick={(event) => {
                event.stopPropagation();
                onToggle();
              }}
            >
              <Icon name="chevron" />
            </button>
          ) : (
            <span className="panel-fold" />
          )}
          <Icon name={ICONS[span.kind]} />
          <button
            type="button"
            className="panel-row-button"
            aria-pressed={isPinned}
            onClick={(event) => {
              event.stopPropagation();
              onPin();
            }}
          >
            <span className="hidden-text">{`${KIND_WORDS[span.kind]}, level ${level + 1}: `}</span>
            {span.name}
            {span.note && <small> {span.note}</small>}
          </button>
          {span.attempt > 1 && <span className="panel-tag">attempt {span.attempt}</span>}
          {span.isVoid && span.status !== "interrupted" && <span className="panel-tag">void</span>}
          {span.status === "error" && <span className="panel-tag" data-tone="danger">failed</span>}
          {span.status === "interrupted" && <span className="panel-tag" data-tone="warn">asked</span>}
          {span.status === "cancelled" && <span className="panel-tag">stopped</span>}
        </div>
      </th>
      <td className="panel-waterfall-time">
        <div className="panel-track">
          {scale.ticks.slice(1).map((tick) => (
            <i key={tick.label} style={{ left: percent(tick.at) }} />
          ))}
          {scale.breaks.map((one) => (
            <i key={one.from} className="panel-track-break" style={{ left: percent(one.at), width: percent(one.width) }} />
          ))}
          <b className="panel-span" data-running={span.end === null} style={{ left: percent(left), width: percent(Math.max(0, scale.at(end) - left)) }} />
          {span.firstWordMs !== null && span.firstWordMs > LEAST_WAIT_MS && (
            <b className="panel-first-word" style={{ left: percent(scale.at(span.start + span.firstWordMs)) }} />
          )}
        </div>
        <span className="hidden-text">{`from ${duration(span.start - scale.from)}`}</span>
      </td>
      <td className="panel-number">{span.end === null ? <span className="panel-live">{duration(Math.max(0, end - span.start))}</span> : duration(end - span.start)}</td>
      <td className="panel-number panel-wide">{tokens === null ? "" : count(tokens)}</td>
      <td className="panel-number panel-wider">{span.usage === null ? "" : span.usage.costUsd === null ? "unknown" : money(span.usage.costUsd)}</td>
    </tr>
  );
}

const percent = (share: number) => `${(share * 100).toFixed(3)}%`;
