/** What is beside the steps: the graph that they make, and the same as a command. */
import type { DrawnNode } from "@cantata/client";
import { useMemo } from "react";
import { GraphView } from "../panels/GraphView.tsx";
import { Copy } from "../parts/Copy.tsx";
import { counted } from "../parts/formats.ts";
import { Icon } from "../parts/Icon.tsx";
import type { Draft } from "./draft.ts";
import { faultsByStep, type Fault } from "./faults.ts";
import { stepsByNode } from "./nodeNames.ts";
import { curlOf } from "./requests.ts";
import type { Shape } from "./specEdit.ts";
import type { Drawn } from "./useDrawing.ts";
import "./DrawingView.css";

interface DrawingViewProps {
  drawn: Drawn;
  faults: readonly Fault[];
  spec: Shape;
  selected: string | null;
  onSelect: (path: string) => void;
}

export function DrawingView({ drawn, faults, spec, selected, onSelect }: DrawingViewProps) {
  const places = useMemo(() => stepsByNode(spec), [spec]);
  const node = [...places].find(([, path]) => path === selected)?.[0] ?? null;
  const select = (chosen: DrawnNode) => {
    const path = places.get(chosen.id);
    if (path !== undefined) onSelect(path);
  };
  return (
    <div className="compose-drawing" data-is-old={drawn.faults.length > 0 || drawn.error !== null}>
      {drawn.drawing && (
        <GraphView drawing={drawn.drawing} label="The graph of the workflow" selected={node} onSelect={select} />
      )}
      {faults.length > 0 && (
        <p className="compose-note" role="status">
          <Icon name="alert" /> {counted(faults.length, "thing")} to mend.
          <button type="button" onClick={() => onSelect(firstFaulty(spec, faults))}>
            Show {faults.length === 1 ? "it" : "the first"}
          </button>
        </p>
      )}
      {drawn.error && (
        <p className="compose-note" role="status">
          <Icon name="alert" /> {drawn.error}
        </p>
      )}
    </div>
  );
}

/** The path of the step that the first fault is in. */
const firstFaulty = (spec: Shape, faults: readonly Fault[]) =>
  [...faultsByStep(spec, faults.slice(0, 1)).keys()][0] ?? "";

export function Curl({ draft }: { draft: Draft }) {
  const text = curlOf(location.origin, draft.spec, draft.input, draft.model);
  return (
    <div className="compose-text">
      <div className="compose-text-bar">
        <span>The same from a terminal</span>
        <Copy text={text} label="Copy the command" />
      </div>
      <pre tabIndex={0} role="region" aria-label="The command">
        {text}
      </pre>
    </div>
  );
}
