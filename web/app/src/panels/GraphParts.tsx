/** The parts of a graph's picture. */
import type { DrawnNode } from "@cantata/client";
import { memo, useId, type ReactNode } from "react";
import { subtitleOf, titleOf } from "./drawing.ts";
import { pathOf, type PlacedEdge, type PlacedNode } from "./layout.ts";
import { STATE_WORDS, type NodeState, type State } from "./nodeStates.ts";

/** The heads of edges; their ids must not be those of another picture on the page. */
export function Arrows({ children }: { children: (arrows: { plain: string; taken: string }) => ReactNode }) {
  const id = useId();
  const arrows = { plain: `${id}plain`, taken: `${id}taken` };
  return (
    <>
      <defs>
        {(["plain", "taken"] as const).map((kind) => (
          <marker
            key={kind}
            id={arrows[kind]}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path d="M1 1 7 4 1 7" className={`panel-arrow panel-arrow-${kind}`} />
          </marker>
        ))}
      </defs>
      {children(arrows)}
    </>
  );
}

export const Edge = memo(function Edge({
  edge,
  arrows,
  isTaken,
}: {
  edge: PlacedEdge;
  arrows: { plain: string; taken: string };
  isTaken: boolean;
}) {
  return (
    <path
      className="panel-edge"
      data-conditional={edge.edge.conditional}
      data-taken={isTaken}
      d={pathOf(edge.points)}
      markerEnd={`url(#${isTaken ? arrows.taken : arrows.plain})`}
    />
  );
});

export const Box = memo(function Box({
  placed,
  state,
  isRun,
}: {
  placed: PlacedNode;
  state: NodeState;
  isRun: boolean;
}) {
  const { x, y, width, height, node, depth } = placed;
  return (
    <g className="panel-box" data-state={state.state} data-odd={depth % 2 === 1}>
      <rect x={x} y={y} width={width} height={height} rx="12" />
      {isRun && state.state !== "idle" && <Mark x={x + 22} y={y + 18} state={state.state} />}
      <text x={x + (isRun && state.state !== "idle" ? 38 : 16)} y={y + 22}>
        {cut(node.name, width - 60)}
      </text>
    </g>
  );
});

interface NodeProps {
  placed: PlacedNode;
  state: NodeState;
  time: string;
  isRun: boolean;
  isSelected: boolean;
  isFocused: boolean;
  onSelect: (() => void) | undefined;
}

export function Node({ placed, state, time, isRun, isSelected, isFocused, onSelect }: NodeProps) {
  const { x, y, width, height, node } = placed;
  if (node.type === "start" || node.type === "end") {
    return (
      <g className="panel-end" data-state={state.state}>
        <rect x={x} y={y} width={width} height={height} rx={height / 2} />
        <text x={x + width / 2} y={y + height / 2 + 4} textAnchor="middle">
          {titleOf(node)}
        </text>
      </g>
    );
  }
  const note = [subtitleOf(node), state.visits > 1 ? `×${state.visits}` : "", time].filter(Boolean).join(" · ");
  return (
    <g
      className="panel-node"
      data-state={state.state}
      data-selected={isSelected}
      data-focused={isFocused}
      data-can-select={onSelect !== undefined}
      onClick={onSelect}
    >
      <title>{[node.name, state.error ?? (isRun ? STATE_WORDS[state.state] : "")].filter(Boolean).join(": ")}</title>
      <rect className="panel-node-glow" x={x - 3} y={y - 3} width={width + 6} height={height + 6} rx="12" />
      <rect className="panel-node-card" x={x} y={y} width={width} height={height} rx="9" />
      <Mark x={x + 21} y={y + height / 2} state={state.state} kind={node.type} isRun={isRun} />
      <text className="panel-node-name" x={x + 38} y={y + 20}>
        {cut(node.name, width - 46)}
      </text>
      <text className="panel-node-note" x={x + 38} y={y + 35}>
        {cut(note, (width - 46) * 1.22)}
      </text>
    </g>
  );
}

const MARKS: Partial<Record<State, string>> = {
  done: "m-3.6.2 2.5 2.5L3.7-2.6",
  failed: "m-2.8-2.8 5.6 5.6M2.8-2.8l-5.6 5.6",
  waiting: "M-1.8-2.8v5.6M1.8-2.8v5.6",
  cancelled: "M-3 0h6",
};

/** A state's mark: each has a shape of its own, so that none is told by colour alone. */
function Mark({
  x,
  y,
  state,
  kind,
  isRun = true,
}: {
  x: number;
  y: number;
  state: State;
  kind?: DrawnNode["type"];
  isRun?: boolean;
}) {
  return (
    <g
      className="panel-mark"
      data-state={state}
      data-kind={isRun ? undefined : kind}
      transform={`translate(${x} ${y})`}
    >
      <circle r="8" />
      {state === "running" && <path className="panel-mark-arc" d="M0-8a8 8 0 0 1 8 8" />}
      {MARKS[state] && <path d={MARKS[state]} />}
      {!isRun && kind === "agent" && <path d="M-5.2-2.4h10.4v7h-10.4zM0-2.4v-3M-1.9.6v1M1.9.6v1" />}
    </g>
  );
}

/** Cuts a text to about *width* pixels of 13 px type. */
function cut(text: string, width: number): string {
  const most = Math.max(4, Math.floor(width / 7.2));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
