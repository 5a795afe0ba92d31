/**
 * Where the nodes of a drawing stand and how its edges run.
 *
 * A box is laid out by itself first and then takes its place among its neighbours as one large node: an edge of a
 * drawing never crosses the border of a box, and dagre cannot draw edges that end at one.
 */
import type { Drawing, DrawnEdge, DrawnNode } from "@cantata/client";
import { Graph, layout as arrange } from "@dagrejs/dagre";
import { subtitleOf, titleOf } from "./drawing.ts";
import { grouped } from "./grouped.ts";

export interface Point {
  x: number;
  y: number;
}

/** A node with its corner and its size; a box comes before what is in it. */
export interface PlacedNode extends Point {
  node: DrawnNode;
  width: number;
  height: number;
  depth: number;
}

export interface PlacedEdge {
  id: string;
  edge: DrawnEdge;
  points: Point[];
}

export interface Picture {
  width: number;
  height: number;
  nodes: PlacedNode[];
  edges: PlacedEdge[];
}

const NODE_HEIGHT = 46;
const END_SIZE = { width: 62, height: 26 };
const CHAR_WIDTH = 7.4; // of the name's font, 13 px and half bold; the name is cut where it does not fit
const AROUND_TEXT = 52; // the mark and the paddings
const BOX = { header: 34, side: 16, bottom: 16 };
const GAPS = { nodesep: 26, ranksep: 44, edgesep: 28 };

export function layout(drawing: Drawing): Picture {
  const children = grouped(drawing.nodes, (node) => node.parent);
  const parents = new Map(drawing.nodes.map((node) => [node.id, node.parent]));
  const edges = grouped(drawing.edges, (edge) => parents.get(edge.source) ?? null);
  return level(null, 0, { children, edges });
}

interface Parts {
  children: Map<string | null, DrawnNode[]>;
  edges: Map<string | null, DrawnEdge[]>;
}

function level(parent: string | null, depth: number, parts: Parts): Picture {
  const nodes = parts.children.get(parent) ?? [];
  const inside = new Map(
    nodes.filter((node) => node.type === "workflow").map((box) => [box.id, level(box.id, depth + 1, parts)]),
  );
  const order = new Map(nodes.map((node, index) => [node.id, index]));
  const edges = inOrder(parts.edges.get(parent) ?? [], order);
  const sizes = new Map(nodes.map((node) => [node.id, sizeOf(node, inside.get(node.id))]));
  const graph = arranged({ nodes, edges, sizes, order });
  const picture: Picture = { ...boundsOf(graph), nodes: [], edges: [] };
  for (const node of nodes) place(node, inside.get(node.id), { graph, depth, picture });
  const both = new Set(edges.map((edge) => `${edge.target}>${edge.source}`));
  for (const edge of edges) {
    const id = `${edge.source}>${edge.target}`;
    picture.edges.push({ id, edge, points: docked(edge, { graph, isOneOfTwo: both.has(id) }) });
  }
  return picture;
}

interface Wanted {
  nodes: DrawnNode[];
  edges: DrawnEdge[];
  sizes: Map<string, { width: number; height: number }>;
  order: Map<string, number>;
}

/** Lets dagre find the places; a way out of a loop leads to the side, where that is free. */
function arranged({ nodes, edges, sizes, order }: Wanted): Graph {
  const exit = exitOf(nodes, edges);
  const graph = new Graph().setGraph({ rankdir: "TB", ...GAPS });
  for (const node of nodes) if (node.id !== exit?.target) graph.setNode(node.id, { ...sizes.get(node.id)! });
  for (const edge of edges) if (edge !== exit) graph.setEdge(edge.source, edge.target, {});
  arrange(graph, {
    constraints: sideBySide(
      nodes,
      edges.filter((edge) => edge !== exit),
      order,
    ),
  });
  if (!exit) return graph;
  return (
    withExit(graph, exit) ??
    arranged({ nodes, edges: edges.map((edge) => ({ ...edge, conditional: false })), sizes, order })
  );
}

/** The conditional edge that alone leads to the end, from a node that leads elsewhere too. */
function exitOf(nodes: DrawnNode[], edges: DrawnEdge[]): DrawnEdge | undefined {
  const ends = new Set(nodes.filter((node) => node.type === "end").map((node) => node.id));
  const exits = edges.filter((edge) => ends.has(edge.target));
  const [exit] = exits;
  const isOneOfSeveral = exit?.conditional && edges.some((edge) => edge !== exit && edge.source === exit.source);
  return exits.length === 1 && isOneOfSeveral ? exit : undefined;
}

const TO_EXIT = 56; // from the side of a node to the end

/** Puts the end beside the exit's source; nothing if another node stands there. */
function withExit(graph: Graph, exit: DrawnEdge): Graph | null {
  const source = graph.node(exit.source) as PlacedNode;
  const x = source.x + source.width / 2 + TO_EXIT + END_SIZE.width / 2;
  const isTaken = graph.nodes().some((id) => {
    const other = graph.node(id) as PlacedNode;
    return (
      id !== exit.source && other.x > source.x && Math.abs(other.y - source.y) < (other.height + source.height) / 2
    );
  });
  if (isTaken) return null;
  graph.setNode(exit.target, { ...END_SIZE, x, y: source.y });
  const left = { x: source.x + source.width / 2, y: source.y };
  graph.setEdge(exit.source, exit.target, { points: [left, { x: x - END_SIZE.width / 2, y: source.y }] });
  const label = graph.graph() as { width: number };
  label.width = Math.max(label.width, x + END_SIZE.width / 2);
  return graph;
}

/** Dagre looks at nodes and edges in the order in which it gets them. Several ways between two nodes are one. */
function inOrder(edges: DrawnEdge[], order: Map<string, number>): DrawnEdge[] {
  const place = (id: string) => order.get(id) ?? 0;
  const once = new Map(
    edges.filter((edge) => order.has(edge.target)).map((edge) => [`${edge.source}>${edge.target}`, edge]),
  );
  return [...once.values()].toSorted((a, b) => place(a.source) - place(b.source) || place(a.target) - place(b.target));
}

/** Branches stand from left to right as the drawing lists them. */
function sideBySide(
  nodes: DrawnNode[],
  edges: DrawnEdge[],
  order: Map<string, number>,
): { left: string; right: string }[] {
  const place = (id: string) => order.get(id) ?? 0;
  const reached = new Set(edges.map((edge) => edge.target));
  const first = nodes.map((node) => node.id).filter((id) => !reached.has(id));
  const branches = [...grouped(edges, (edge) => edge.source)].map(([source, group]) =>
    group.map((edge) => edge.target).filter((target) => place(target) > place(source)),
  );
  return [first, ...branches].flatMap((group) =>
    group.slice(1).map((right, index) => ({ left: group[index]!, right })),
  );
}

interface Docks {
  graph: Graph;
  /** Whether another edge runs the other way, which this one must not cover. */
  isOneOfTwo: boolean;
}

const CORNER = 16; // no edge ends nearer to a node's corner

/** Lets an edge leave and arrive upright, in the middle of a node's side unless two edges share it. */
function docked(edge: DrawnEdge, { graph, isOneOfTwo }: Docks): Point[] {
  const source = graph.node(edge.source) as PlacedNode;
  const target = graph.node(edge.target) as PlacedNode;
  const { points } = graph.edge(edge.source, edge.target) as { points: Point[] };
  if (source.y === target.y) return points;
  const isDown = target.y > source.y;
  const across = (node: PlacedNode, point: Point) => {
    const room = Math.max(0, node.width / 2 - CORNER);
    return isOneOfTwo || !isDown ? Math.min(node.x + room, Math.max(node.x - room, point.x)) : node.x;
  };
  const start = { x: across(source, points[0]!), y: source.y + ((isDown ? 1 : -1) * source.height) / 2 };
  const end = { x: across(target, points.at(-1)!), y: target.y + ((isDown ? -1 : 1) * target.height) / 2 };
  const between = points.length > 3 ? points.slice(1, -1).map(({ x, y }) => ({ x, y })) : [];
  return [start, ...between, end];
}

function sizeOf(node: DrawnNode, inside: Picture | undefined): { width: number; height: number } {
  if (node.type === "start" || node.type === "end") return { ...END_SIZE };
  const text = Math.max(titleOf(node).length, subtitleOf(node).length * 0.85 + 8);
  const width = Math.round(Math.min(216, Math.max(164, text * CHAR_WIDTH + AROUND_TEXT)));
  if (inside === undefined) return { width, height: NODE_HEIGHT };
  return {
    width: Math.max(width, inside.width + 2 * BOX.side),
    height: inside.height + BOX.header + BOX.bottom,
  };
}

interface Level {
  graph: Graph;
  depth: number;
  picture: Picture;
}

function place(node: DrawnNode, inside: Picture | undefined, { graph, depth, picture }: Level): void {
  const { x, y, width, height } = graph.node(node.id) as PlacedNode;
  const corner = { x: x - width / 2, y: y - height / 2 };
  picture.nodes.push({ node, ...corner, width, height, depth });
  if (inside === undefined) return;
  const shift = { x: corner.x + (width - inside.width) / 2, y: corner.y + BOX.header };
  picture.nodes.push(...inside.nodes.map((other) => ({ ...other, x: other.x + shift.x, y: other.y + shift.y })));
  for (const other of inside.edges) {
    picture.edges.push({
      ...other,
      points: other.points.map((point) => ({ x: point.x + shift.x, y: point.y + shift.y })),
    });
  }
}

function boundsOf(graph: Graph): { width: number; height: number } {
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { width: Math.max(0, width), height: Math.max(0, height) };
}

/** An edge as an SVG path: through its points, leaving and arriving upright. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  let before = first;
  let path = `M${round(first.x)} ${round(first.y)}`;
  for (const point of rest) {
    const middle = (before.y + point.y) / 2;
    const numbers = [before.x, middle, point.x, middle, point.x, point.y].map(round);
    path += `C${numbers.join(" ")}`;
    before = point;
  }
  return path;
}

const round = (value: number) => Math.round(value * 10) / 10;
