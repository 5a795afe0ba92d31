/** The graph of a run, with what each node is doing. */
import type { Client, Drawing, DrawnNode, Workflow } from "@cantata/client";
import { useEffect, useMemo, useState } from "react";
import { Button } from "../parts/Button.tsx";
import { Spinner } from "../parts/Spinner.tsx";
import { drawingOf } from "./drawings.ts";
import { GraphView } from "./GraphView.tsx";
import { statesOf } from "./nodeStates.ts";
import { SpanDetails } from "./SpanDetails.tsx";
import { spansOf } from "./spans.ts";
import { useNow } from "./useNow.ts";

interface GraphPanelProps {
  client: Client;
  workflow: Workflow;
  /** Called with a node's path when it is chosen; its last visit is shown here, too. */
  onSelect?: (path: string[]) => void;
}

export default function GraphPanel({ client, workflow, onSelect }: GraphPanelProps) {
  const { drawing, error, retry } = useDrawing(client, workflow);
  const [selected, setSelected] = useState<string | null>(null);
  const spans = useMemo(() => spansOf(workflow), [workflow]);
  const now = useNow(workflow, spans, 1_000);
  const states = useMemo(() => drawing && statesOf(drawing, workflow), [drawing, workflow]);

  const visit = spans.findLast((span) => span.kind === "step" && span.path.join("/") === selected);

  function select(node: DrawnNode) {
    setSelected(node.id === selected ? null : node.id);
    onSelect?.(node.id.split("/"));
  }

  if (error) {
    return (
      <div className="panel-empty">
        <p>{error}</p>
        <Button icon="refresh" onClick={retry}>
          Try again
        </Button>
      </div>
    );
  }
  if (!drawing || !states) {
    return (
      <div className="panel-empty">
        <Spinner label="The graph is loading." />
      </div>
    );
  }
  return (
    <section className="panel-whole" aria-label="Graph">
      <GraphView
        drawing={drawing}
        label={`The graph ${workflow.graph}`}
        states={states}
        now={now}
        selected={selected}
        onSelect={select}
      />
      {visit ? (
        <SpanDetails span={visit} from={spans[0]?.start ?? visit.start} now={now} onClose={() => setSelected(null)} />
      ) : (
        <Legend drawing={drawing} />
      )}
    </section>
  );
}

function Legend({ drawing }: { drawing: Drawing }) {
  if (!drawing.edges.some((edge) => edge.conditional)) return null;
  return (
    <p className="panel-legend">
      <svg viewBox="0 0 28 8" width="28" height="8" aria-hidden="true">
        <path className="panel-edge" data-conditional="true" d="M1 4h26" />
      </svg>
      need not be taken
    </p>
  );
}

function useDrawing(client: Client, { workflow_id: id, graph }: Workflow) {
  const [found, setFound] = useState<{ of: string; drawing?: Drawing; error?: string } | null>(null);
  const [attempt, setAttempt] = useState(0);
  const isKnown = graph !== ""; // before its first event the server may not have heard of the run
  useEffect(() => {
    if (!isKnown) return;
    let isWanted = true;
    const tell = (told: { drawing?: Drawing; error?: string }) => isWanted && setFound({ of: id, ...told });
    drawingOf(client, id).then(
      (drawing) => tell({ drawing }),
      (error: Error) => tell({ error: error.message }),
    );
    return () => void (isWanted = false);
  }, [client, id, isKnown, attempt]);
  const mine = found?.of === id ? found : null;
  const retry = () => {
    setFound(null);
    setAttempt(attempt + 1);
  };
  return { drawing: mine?.drawing ?? null, error: mine?.error ?? null, retry };
}
