/** The events of a run as they were stored, to filter and to search. */
import "./panels.css";
import type { CantataEvent, Client, Workflow } from "@cantata/client";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { Button } from "../parts/Button.tsx";
import { Copy } from "../parts/Copy.tsx";
import { Icon } from "../parts/Icon.tsx";
import { counted } from "../parts/formats.ts";
import { eventRows, filtered, typesIn, type EventRow } from "./eventRows.ts";
import { isAtWork } from "./useNow.ts";
import "./EventLog.css";

const PAGE = 500; // events that one request asks for
const MOST_SHOWN = 400; // rows at once
const AGAIN_MS = 1_500; // between looks at a run that is at work

interface EventLogProps {
  client: Client;
  workflow: Workflow;
  /** Stands first in the bar. */
  choice: ReactNode;
}

export function EventLog({ client, workflow, choice }: EventLogProps) {
  const { events, error, isWhole, gone } = useEvents(client, workflow);
  const [type, setType] = useState("");
  const [text, setText] = useState("");
  const [most, setMost] = useState(MOST_SHOWN);
  const rows = useMemo(() => eventRows(events), [events]);
  const found = useMemo(() => filtered(rows, type, text), [rows, type, text]);
  const first = events[0]?.timestamp ?? "";
  return (
    <>
      <div className="panel-bar">
        {choice}
        <label className="panel-search">
          <Icon name="search" />
          <span className="hidden-text">Search the events</span>
          <input
            type="search"
            placeholder="Search"
            dir="auto"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <label>
          <span className="hidden-text">Type of event</span>
          <select className="panel-select" value={type} onChange={(event) => setType(event.target.value)}>
            <option value="">All types</option>
            {typesIn(rows).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <Copy
          text={() => found.map((row) => JSON.stringify(row.event)).join("\n")}
          label="Copy these events as JSON lines"
        />
      </div>
      {error && (
        <p className="panel-fault" role="alert">
          {error}
        </p>
      )}
      {gone > 0 && <p className="panel-hint">The first {counted(gone, "event")} of this run are not kept any more.</p>}
      <div className="panel-scroll" tabIndex={0} role="region" aria-label="Events">
        <ol className="panel-log">
          {found.slice(0, most).map((row) => (
            <LogLine key={row.key} row={row} first={first} />
          ))}
        </ol>
        {found.length > most && (
          <Button kind="quiet" onClick={() => setMost(most + MOST_SHOWN)}>
            Show {Math.min(MOST_SHOWN, found.length - most)} more
          </Button>
        )}
        {isWhole && found.length === 0 && <p className="panel-empty">No event fits.</p>}
      </div>
      <p className="panel-hint">
        {found.length === rows.length
          ? counted(events.length, "event")
          : `${found.length} of ${counted(rows.length, "line")}`}
        {isWhole ? "" : " so far"}. Pieces of one text stand in one line.
      </p>
    </>
  );
}

function LogLine({ row, first }: { row: EventRow; first: string }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <li className="panel-log-line" data-type={row.type}>
      <details open={isOpen} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
        <summary>
          <span className="panel-log-seq">{row.seq}</span>
          <span className="panel-log-time">{offset(row.timestamp, first)}</span>
          <span className="panel-log-type">{row.type}</span>
          <span className="panel-log-said">
            {row.place && <em>{row.place} </em>}
            {row.said.slice(0, 300)}
          </span>
        </summary>
        {isOpen && (
          <pre tabIndex={0} role="region" aria-label={`Event ${row.seq}`}>
            {JSON.stringify(row.event, null, 2)}
          </pre>
        )}
      </details>
    </li>
  );
}

function offset(timestamp: string, first: string): string {
  const ms = Date.parse(timestamp) - Date.parse(first);
  return Number.isNaN(ms) ? "" : `+${(ms / 1_000).toFixed(3)}`;
}

/** Reads the log from its beginning, page by page, and goes on while the run does. */
function useEvents(client: Client, workflow: Workflow) {
  const id = workflow.workflow_id;
  const [events, setEvents] = useState<CantataEvent[]>([]);
  const [error, setError] = useState<string | null>(null);
  const [isWhole, setIsWhole] = useState(false);
  const [gone, setGone] = useState(0);
  const isLive = useRef(false);
  isLive.current = isAtWork(workflow);
  useEffect(() => {
    let isWanted = true;
    let after = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      try {
        for (let hasMore = true; hasMore && isWanted;) {
          const page = await client.workflows.events(id, { after, limit: PAGE });
          if (!isWanted) return;
          after = page.events.at(-1)?.seq ?? after;
          if (page.gap) setGone(page.gap.to_seq);
          hasMore = page.has_more && page.events.length > 0;
          if (page.events.length > 0) setEvents((before) => [...before, ...page.events]);
        }
        setError(null);
        setIsWhole(!isLive.current);
      } catch (failure) {
        if (isWanted) setError(failure instanceof Error ? failure.message : String(failure));
      }
      if (isWanted && isLive.current) timer = setTimeout(() => void read(), AGAIN_MS);
    };
    setEvents([]);
    setGone(0);
    void read();
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [client, id, workflow.status]);
  return { events, error, isWhole, gone };
}
