import assert from "node:assert/strict";
import { test } from "node:test";
import type { Drawing } from "@cantata/client";
import { layout, pathOf, type PlacedNode } from "../src/panels/layout.ts";
import { readRun } from "./fixtures/runs.ts";

const nested = readRun("nested").drawing;
const led = readRun("led").drawing;

const byId = (drawing: Drawing) => new Map(layout(drawing).nodes.map((placed) => [placed.node.id, placed]));
const isInside = (inner: PlacedNode, outer: PlacedNode) =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;
const overlap = (a: PlacedNode, b: PlacedNode) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

test("every node and every edge of a drawing is placed once", () => {
  const picture = layout(nested);

  assert.deepEqual(
    picture.nodes.map((placed) => placed.node.id).toSorted(),
    nested.nodes.map((node) => node.id).toSorted(),
  );
  assert.equal(picture.edges.length, nested.edges.length);
});

test("a box holds what is in it, at any depth", () => {
  const placed = byId(nested);

  assert.ok(isInside(placed.get("parallel/text")!, placed.get("parallel")!));
  assert.ok(isInside(placed.get("parallel/text/writer")!, placed.get("parallel/text")!));
});

test("siblings do not lie on each other", () => {
  const leaves = layout(nested).nodes.filter((placed) => placed.node.type !== "workflow");
  const pairs = leaves.flatMap((one, index) => leaves.slice(index + 1).map((other) => [one, other] as const));

  assert.deepEqual(
    pairs.filter(([one, other]) => overlap(one, other)),
    [],
  );
});

test("branches stand from left to right as the spec lists them", () => {
  const placed = byId(nested);

  assert.ok(placed.get("parallel/text")!.x < placed.get("parallel/content_draft")!.x);
});

test("the way out of a manager's loop leads to its side", () => {
  const placed = byId(led);
  const [manager, end] = [placed.get("assistant")!, placed.get("__end__")!];

  assert.ok(end.x > manager.x + manager.width);
  assert.equal(end.y + end.height / 2, manager.y + manager.height / 2);
});

test("two edges between the same nodes run beside each other", () => {
  const picture = layout(led);
  const pathTo = (id: string) => pathOf(picture.edges.find((edge) => edge.id === id)!.points);

  assert.notEqual(pathTo("assistant>researcher"), pathTo("researcher>assistant"));
});

test("equal drawings give equal pictures", () => {
  assert.deepEqual(layout(structuredClone(nested)), layout(nested));
});

test("a drawing of nothing is a picture of nothing", () => {
  assert.deepEqual(layout({ nodes: [], edges: [], mermaid: "" }), { width: 0, height: 0, nodes: [], edges: [] });
});
