/** What took how long in a run, one row a span; or, on demand, its events as they were stored. */
import "./panels.css";
import type { Client, Workflow } from "@cantata/client";
import { useState } from "react";
import { EventLog } from "./EventLog.tsx";
import { Timeline } from "./Timeline.tsx";

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
