/** Beside the conversation: one run seen in other ways. A sheet over it where there is no room. */
import type { Client, Workflow } from "@cantata/client";
import { lazy, Suspense, useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { door } from "../access/access.ts";
import { IconButton } from "../parts/Button.tsx";
import { Copy } from "../parts/Copy.tsx";
import { Spinner } from "../parts/Spinner.tsx";
import { useShown } from "../sessions/board.ts";
import { reveal } from "../sessions/reveal.ts";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { PANELS, type PanelName } from "./panels.ts";
import { traceOf } from "./traces.ts";
import "./side-panel.css";

const GraphPanel = lazy(() => import("../panels/GraphPanel.tsx"));
const WaterfallPanel = lazy(() => import("../panels/WaterfallPanel.tsx"));
const CheckpointsPanel = lazy(() => import("../panels/CheckpointsPanel.tsx"));
const UsagePanel = lazy(() => import("../panels/UsagePanel.tsx"));

interface SidePanelProps {
  client: Client;
  workflowId: string;
  /** A turn further up was chosen: told, with a way back. */
  isEarlier: boolean;
  panel: PanelName;
  /** Else runs are only looked at. */
  mayRun: boolean;
  onPanel: (panel: PanelName) => void;
  /** Called when a run was started here, and its conversation is open. */
  onStarted: () => void;
  onLatest: () => void;
  onClose: () => void;
}

export function SidePanel(props: SidePanelProps) {
  const { workflowId, isEarlier, panel, onPanel, onLatest, onClose } = props;
  const id = useId();
  const workflow = useShown(workflowId, (shown) => shown?.workflow ?? null);

  function onKeyDown(event: KeyboardEvent) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const index = PANELS.findIndex(({ name }) => name === panel);
    const next = PANELS[(index + step + PANELS.length) % PANELS.length];
    if (!next) return;
    event.preventDefault();
    onPanel(next.name);
    document.getElementById(`${id}-${next.name}`)?.focus();
  }

  return (
    <div className="side">
      <div className="side-top">
        <div className="side-tabs" role="tablist" aria-label="Panels of the run" onKeyDown={onKeyDown}>
          {PANELS.map(({ name, label }) => (
            <button
              key={name}
              id={`${id}-${name}`}
              type="button"
              role="tab"
              className="side-tab"
              aria-selected={name === panel}
              aria-controls={`${id}-panel`}
              tabIndex={name === panel ? 0 : -1}
              onClick={() => onPanel(name)}
            >
              {label}
            </button>
          ))}
        </div>
        <IconButton icon="x" label="Close the panel" onClick={onClose} />
      </div>
      {isEarlier && (
        <p className="side-note">
          An earlier run.{" "}
          <button type="button" className="side-link" onClick={onLatest}>
            Show the latest
          </button>
        </p>
      )}
      <div className="side-body" id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${panel}`}>
        <ErrorBoundary of={`${workflowId} ${panel}`} what="panel" data={() => workflow ?? undefined}>
          <Suspense fallback={<Loading />}>
            {workflow ? <Content {...props} workflow={workflow} /> : <Loading />}
          </Suspense>
        </ErrorBoundary>
      </div>
    </div>
  );
}

function Content({ client, workflow, panel, mayRun, onStarted }: SidePanelProps & { workflow: Workflow }) {
  switch (panel) {
    case "graph":
      return <GraphPanel client={client} workflow={workflow} onSelect={(path) => reveal(workflow.workflow_id, path)} />;
    case "waterfall":
      return <WaterfallPanel client={client} workflow={workflow} />;
    case "checkpoints":
      return (
        <CheckpointsPanel
          key={workflow.workflow_id}
          client={client}
          workflow={workflow}
          mayRun={mayRun}
          onStarted={onStarted}
        />
      );
    case "usage":
      return <UsagePanel workflow={workflow} />;
    case "json":
      return <Json client={client} workflow={workflow} />;
  }
}

const MAX_CHARS = 200_000; // more than that nobody reads here, and it makes the page slow
const PAUSE_MS = 1_000;

/** The run as it is stored. Written once a second at most: it may be large and change with every frame. */
function Json({ client, workflow }: { client: Client; workflow: Workflow }) {
  const shown = useNowAndThen(workflow);
  const text = JSON.stringify(shown, null, 2);
  const isCut = text.length > MAX_CHARS;
  return (
    <section className="side-json" aria-label="JSON">
      <div className="side-json-top">
        {!door.hasKey && <Addresses workflow={workflow} />}
        <span>{isCut ? `The first ${MAX_CHARS.toLocaleString("en")} characters` : ""}</span>
        <Copy
          label="Copy the run with its events"
          text={async () => JSON.stringify(await traceOf(client, workflow.workflow_id), null, 2)}
        />
      </div>
      <pre tabIndex={0} aria-label="The run as JSON">
        {isCut ? `${text.slice(0, MAX_CHARS)}\n…` : text}
      </pre>
    </section>
  );
}

/** A link can send no key. */
function Addresses({ workflow }: { workflow: Workflow }) {
  return (
    <>
      <a href={`.${workflow.links.events}`} target="_blank" rel="noreferrer">
        Events
      </a>
      <a href={`.${workflow.links.self}`} target="_blank" rel="noreferrer">
        Workflow
      </a>
    </>
  );
}

function useNowAndThen<Value>(value: Value): Value {
  const [shown, setShown] = useState(value);
  const latest = useRef(value);
  latest.current = value;
  const isSame = shown === value;
  useEffect(() => {
    if (isSame) return;
    const timer = setTimeout(() => setShown(latest.current), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [isSame]);
  return shown;
}

function Loading() {
  return (
    <div className="side-loading">
      <Spinner label="Loading" />
    </div>
  );
}
