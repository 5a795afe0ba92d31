/** What took how long in a run: a row for each span, below one time line. */
import "./panels.css";
import type { Workflow } from "@cantata/client";
import { useMemo, useRef, useState, type ReactNode, type Ref } from "react";
import { duration } from "../parts/formats.ts";
import { Icon } from "../parts/Icon.tsx";
import { SpanDetails, Glance } from "./SpanDetails.tsx";
import { SpanRow } from "./SpanRow.tsx";
import { createdAt, type Span } from "./spans.ts";
import { percent, roomAhead, roughly, timeScale, type TimeScale } from "./timeScale.ts";
import { useSize } from "./useFrame.ts";
import { isAtWork, useNow } from "./useNow.ts";
import { rowsOf, waterfallOf, type Row } from "./waterfallRows.ts";
import "./Timeline.css";

interface TimelineProps {
  workflow: Workflow;
  /** Stands first in the bar. */
  choice: ReactNode;
}

export function Timeline({ workflow, choice }: TimelineProps) {
  const spans = useMemo(() => waterfallOf(workflow), [workflow]);
  if (spans.length > 0) return <Spans workflow={workflow} spans={spans} choice={choice} />;
  return <p className="panel-empty">{isAtWork(workflow) ? "Nothing has begun yet." : "Nothing was begun."}</p>;
}

const TICK_MS = 100;

function Spans({ workflow, spans, choice }: TimelineProps & { spans: readonly Span[] }) {
  const [text, setText] = useState("");
  const [hideVoid, setHideVoid] = useState(false);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [pinned, setPinned] = useState<string | null>(null);
  const [pointed, setPointed] = useState<string | null>(null);
  const axis = useRef<HTMLDivElement>(null);
  const { width } = useSize(axis);
  const now = useNow(workflow, spans, TICK_MS);
  const rows = useMemo(() => rowsOf(spans, { text, hideVoid, closed }), [spans, text, hideVoid, closed]);
  const scale = useMemo(() => scaleOf(workflow, spans, now, width), [workflow, spans, now, width]);
  const kept = spans.find((span) => span.id === pinned);
  const seen = spans.find((span) => span.id === pointed);

  function toggle(id: string) {
    const next = new Set(closed);
    if (!next.delete(id)) next.add(id);
    setClosed(next);
  }

  const rowOf = (row: Row) => (
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
  );

  return (
    <>
      <div className="panel-bar">
        {choice}
        <label className="panel-search">
          <Icon name="search" />
          <span className="hidden-text">Filter</span>
          <input
            type="search"
            placeholder="Filter"
            dir="auto"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        {spans.some((span) => span.isVoid) && (
          <label className="panel-check">
            <input type="checkbox" checked={hideVoid} onChange={(event) => setHideVoid(event.target.checked)} />
            Hide void attempts
          </label>
        )}
      </div>
      <div
        className="panel-scroll"
        tabIndex={0}
        role="region"
        aria-label="Timeline of the run"
        onPointerLeave={() => setPointed(null)}
      >
        <table className="panel-waterfall">
          <caption className="hidden-text">Steps, model calls and tools in the order of their starts</caption>
          <Head scale={scale} axis={axis} />
          <tbody>{rows.map(rowOf)}</tbody>
        </table>
        {rows.length === 0 && <p className="panel-empty">Nothing fits “{text}”.</p>}
      </div>
      {kept ? (
        <SpanDetails span={kept} from={scale.from} now={now} onClose={() => setPinned(null)} />
      ) : (
        <p className="panel-hint panel-glance">
          {seen ? <Glance span={seen} from={scale.from} now={now} /> : "Click on a row for its details."}
        </p>
      )}
    </>
  );
}

function Head({ scale, axis }: { scale: TimeScale; axis: Ref<HTMLDivElement> }) {
  return (
    <thead>
      <tr>
        <th scope="col" className="panel-waterfall-name">
          Name
        </th>
        <th scope="col" className="panel-waterfall-time">
          <span className="hidden-text">Time line</span>
          <div className="panel-axis" ref={axis} aria-hidden="true">
            {scale.ticks.map((tick) => (
              <span key={tick.at} style={{ insetInlineStart: percent(tick.at) }}>
                {tick.label}
              </span>
            ))}
            {scale.breaks.map((one) => (
              <span
                key={one.from}
                className="panel-axis-break"
                style={{ insetInlineStart: percent(one.at), inlineSize: percent(one.width) }}
                title={`Nothing ran for ${duration(one.to - one.from)}`}
              >
                {roughly(one.to - one.from)}
              </span>
            ))}
          </div>
        </th>
        <th scope="col" className="panel-number">
          Duration
        </th>
        <th scope="col" className="panel-number panel-wide">
          Tokens
        </th>
        <th scope="col" className="panel-number panel-wider">
          Cost
        </th>
      </tr>
    </thead>
  );
}

/** The whole run on an axis that is *width* pixels wide; 0 is not measured yet. */
function scaleOf(workflow: Workflow, spans: readonly Span[], now: number, width: number): TimeScale {
  const first = spans.reduce((least, span) => Math.min(least, span.start), Number.POSITIVE_INFINITY);
  const created = createdAt(workflow) ?? first;
  const from = first - created < 60_000 ? Math.min(created, first) : first; // an older id is a fork's or an import's
  const end = spans.reduce((most, span) => Math.max(most, span.end ?? now), from);
  const busy = spans.map((span) => ({ from: span.start, to: span.end ?? now }));
  const wide = width || undefined;
  if (!isAtWork(workflow)) return timeScale(busy, from, end, wide);
  const ahead = roomAhead(from, end);
  return timeScale([...busy, { from: end, to: ahead }], from, ahead, wide);
}
