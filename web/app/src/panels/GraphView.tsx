/** A graph as SVG: what stands where, how it is doing, and what part of it is seen. */
import "./panels.css";
import type { Drawing, DrawnNode } from "@cantata/client";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { Icon } from "../parts/Icon.tsx";
import { duration } from "../parts/formats.ts";
import { subtitleOf, titleOf } from "./drawing.ts";
import { Arrows, Box, Edge, Node } from "./GraphParts.tsx";
import { layout, type PlacedNode } from "./layout.ts";
import { IDLE, STATE_WORDS, type GraphStates, type NodeState } from "./nodeStates.ts";
import { useDrag, useSize, useWheel } from "./useFrame.ts";
import { fitted, moved, showing, zoomed, type Size, type View } from "./viewport.ts";
import "./GraphView.css";

export interface GraphViewProps {
  drawing: Drawing;
  label: string;
  /** Left out, the graph is shown as it is, not as it runs. */
  states?: GraphStates;
  /** The server's time, for visits that are under way. */
  now?: number;
  selected?: string | null;
  onSelect?: (node: DrawnNode) => void;
}

const STEP = 48; // pixels that an arrow key moves the picture
const FACTOR = 1.25;

export function GraphView({ drawing, label, states, now, selected = null, onSelect }: GraphViewProps) {
  const picture = useMemo(() => layout(drawing), [drawing]);
  const frame = useRef<HTMLDivElement>(null);
  const room = useSize(frame);
  const [chosen, setChosen] = useState<View | null>(null);
  const [focused, setFocused] = useState<string | null>(null);
  const fit = fitted(picture, room);
  const view = chosen ?? fit;
  const latest = useRef(view);
  latest.current = view;
  const zoom = (factor: number) => setChosen(zoomed(latest.current, factor, { x: room.width / 2, y: room.height / 2 }));

  useEffect(() => setChosen(null), [picture]);
  useWheel(frame, (factor, place) => setChosen(zoomed(latest.current, factor, place)));
  const drag = useDrag((x, y) => setChosen(moved(latest.current, x, y)));

  function onKeyDown(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = keyed(event.key, latest.current, room);
    if (next === undefined) return;
    event.preventDefault();
    setChosen(next);
  }

  /** A node that is focused must be seen. */
  function focus(id: string | null) {
    setFocused(id);
    const placed = picture.nodes.find((one) => one.node.id === id);
    const shown = placed && showing(latest.current, placed, room);
    if (shown && shown !== latest.current) setChosen(shown);
  }

  const stateOf = (id: string) => states?.nodes.get(id) ?? IDLE;
  return (
    <div
      ref={frame}
      className="panel-graph"
      role="group"
      aria-label={`${label}. Arrow keys move the picture, plus and minus change its size, 0 shows all of it.`}
      tabIndex={0}
      data-is-moved={chosen !== null}
      onKeyDown={onKeyDown}
    >
      <svg className="panel-graph-canvas" aria-hidden="true" {...drag.handlers}>
        <Arrows>
          {(arrows) => (
            <g transform={`translate(${view.x} ${view.y}) scale(${view.scale})`}>
              {picture.nodes.filter(isBox).map((placed) => (
                <Box
                  key={placed.node.id}
                  placed={placed}
                  state={stateOf(placed.node.id)}
                  isRun={states !== undefined}
                />
              ))}
              {picture.edges.map((edge) => (
                <Edge key={edge.id} edge={edge} arrows={arrows} isTaken={states?.taken.has(edge.id) ?? false} />
              ))}
              {picture.nodes
                .filter((placed) => !isBox(placed))
                .map((placed) => (
                  <Node
                    key={placed.node.id}
                    placed={placed}
                    state={stateOf(placed.node.id)}
                    time={states ? timeOf(stateOf(placed.node.id), now) : ""}
                    isRun={states !== undefined}
                    isSelected={selected === placed.node.id}
                    isFocused={focused === placed.node.id}
                    onSelect={onSelect && (() => !drag.hasMoved() && onSelect(placed.node))}
                  />
                ))}
            </g>
          )}
        </Arrows>
      </svg>
      <ol className="hidden-text" aria-label={`${label}: its nodes`}>
        {drawing.nodes.map((node) => (
          <li key={node.id}>
            <InWords node={node} state={states && stateOf(node.id)} now={now} onFocus={focus} onSelect={onSelect} />
          </li>
        ))}
      </ol>
      <div className="panel-graph-zoom">
        <button type="button" aria-label="Smaller" title="Smaller (−)" onClick={() => zoom(1 / FACTOR)}>
          <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d="M3.5 8h9" />
          </svg>
        </button>
        <button type="button" aria-label="Larger" title="Larger (+)" onClick={() => zoom(FACTOR)}>
          <Icon name="plus" />
        </button>
        <button
          type="button"
          aria-label="Show all"
          title="Show all (0)"
          disabled={chosen === null}
          onClick={() => setChosen(null)}
        >
          <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10" />
          </svg>
        </button>
      </div>
    </div>
  );
}

const isBox = ({ node }: PlacedNode) => node.type === "workflow";

interface InWordsProps {
  node: DrawnNode;
  state: NodeState | undefined;
  now: number | undefined;
  onFocus: (id: string | null) => void;
  onSelect: ((node: DrawnNode) => void) | undefined;
}

function InWords({ node, state, now, onFocus, onSelect }: InWordsProps) {
  const parts = [node.parent ? `${titleOf(node)} in ${node.parent}` : titleOf(node), subtitleOf(node)];
  if (state) {
    parts.push(STATE_WORDS[state.state]);
    if (state.state !== "waiting") parts.push(timeOf(state, now));
    if (state.visits > 1) parts.push(`${state.visits} visits`);
    if (state.repeats > 0) parts.push(`repeated ${state.repeats} times`);
    if (state.error) parts.push(state.error);
  }
  const words = parts.filter(Boolean).join(", ");
  if (!onSelect || node.type === "start" || node.type === "end") return words;
  return (
    <button type="button" onFocus={() => onFocus(node.id)} onBlur={() => onFocus(null)} onClick={() => onSelect(node)}>
      {words}
    </button>
  );
}

function timeOf(state: NodeState, now: number | undefined): string {
  if (state.visits === 0) return "";
  if (state.state === "waiting") return "waits for an answer";
  const ms = state.workedMs + (state.since !== null && now !== undefined ? Math.max(0, now - state.since) : 0);
  return state.since !== null && ms < 1_000
    ? "…"
    : duration(state.since === null ? ms : Math.floor(ms / 1_000) * 1_000);
}

function keyed(key: string, view: View, room: Size): View | null | undefined {
  const middle = { x: room.width / 2, y: room.height / 2 };
  switch (key) {
    case "ArrowLeft":
      return moved(view, STEP, 0);
    case "ArrowRight":
      return moved(view, -STEP, 0);
    case "ArrowUp":
      return moved(view, 0, STEP);
    case "ArrowDown":
      return moved(view, 0, -STEP);
    case "+":
    case "=":
      return zoomed(view, FACTOR, middle);
    case "-":
      return zoomed(view, 1 / FACTOR, middle);
    case "0":
      return null;
    default:
      return undefined;
  }
}
