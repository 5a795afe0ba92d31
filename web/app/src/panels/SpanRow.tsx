/** One span of the waterfall: its name, its place on the time line, and its figures. */
import { count, duration, money } from "../parts/formats.ts";
import { Icon, type IconName } from "../parts/Icon.tsx";
import type { Span, SpanKind } from "./spans.ts";
import { percent, type TimeScale } from "./timeScale.ts";
import { tokensOf } from "./usageRows.ts";
import { KIND_WORDS, type Row } from "./waterfallRows.ts";

const LEAST_WAIT_MS = 100; // for a first word that is worth a mark

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

export function SpanRow({ row, scale, now, isShown, isPinned, onToggle, onPoint, onPin }: SpanRowProps) {
  const { span } = row;
  const ms = Math.max(0, (span.end ?? now) - span.start);
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
      <Name row={row} isPinned={isPinned} onToggle={onToggle} onPin={onPin} />
      <td className="panel-waterfall-time">
        <Track span={span} scale={scale} now={now} />
        <span className="hidden-text">{`from ${duration(span.start - scale.from)}`}</span>
      </td>
      <td className="panel-number">
        {span.end === null ? <span className="panel-live">{duration(ms)}</span> : duration(ms)}
      </td>
      <td className="panel-number panel-wide">{tokens === null ? "" : count(tokens)}</td>
      <td className="panel-number panel-wider">{costOf(span)}</td>
    </tr>
  );
}

function costOf({ usage }: Span): string {
  if (usage === null) return "";
  return usage.costUsd === null ? "unknown" : money(usage.costUsd);
}

function Name({ row, isPinned, onToggle, onPin }: Pick<SpanRowProps, "row" | "isPinned" | "onToggle" | "onPin">) {
  const { span, level } = row;
  return (
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
        <Tags span={span} />
      </div>
    </th>
  );
}

function Tags({ span }: { span: Span }) {
  return (
    <>
      {span.attempt > 1 && <span className="panel-tag">attempt {span.attempt}</span>}
      {span.isVoid && span.status !== "interrupted" && <span className="panel-tag">void</span>}
      {span.status === "error" && (
        <span className="panel-tag" data-tone="danger">
          failed
        </span>
      )}
      {span.status === "interrupted" && (
        <span className="panel-tag" data-tone="warn">
          asked
        </span>
      )}
      {span.status === "cancelled" && <span className="panel-tag">stopped</span>}
    </>
  );
}

function Track({ span, scale, now }: { span: Span; scale: TimeScale; now: number }) {
  const start = scale.at(span.start);
  const width = Math.max(0, scale.at(span.end ?? now) - start);
  const { firstWordMs } = span;
  return (
    <div className="panel-track">
      {scale.ticks.slice(1).map((tick) => (
        <i key={tick.at} style={{ insetInlineStart: percent(tick.at) }} />
      ))}
      {scale.breaks.map((one) => (
        <i
          key={one.from}
          className="panel-track-break"
          style={{ insetInlineStart: percent(one.at), inlineSize: percent(one.width) }}
        />
      ))}
      <b
        className="panel-span"
        data-running={span.end === null}
        style={{ insetInlineStart: percent(start), inlineSize: percent(width) }}
      />
      {firstWordMs !== null && firstWordMs > LEAST_WAIT_MS && (
        <b className="panel-first-word" style={{ insetInlineStart: percent(scale.at(span.start + firstWordMs)) }} />
      )}
    </div>
  );
}
