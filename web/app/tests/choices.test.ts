import assert from "node:assert/strict";
import { test } from "node:test";
import { choicesOf } from "../src/sessions/choices.ts";

const GRAPH = { name: "assistant", description: "Answers.", input_schema: null, error: null };
const READY = { name: "trip_planner", description: "Plans.", origin: "ready-made", input_schema: null };
const STORED = { name: "essay", description: "Writes.", origin: "stored", input_schema: { type: "string" } };

test("a stored workflow can be picked like a graph, a ready-made one is a graph already", () => {
  const { graphs, workflows } = choicesOf([GRAPH], [READY, STORED], []);
  assert.deepEqual(
    graphs.map(({ name }) => name),
    ["assistant", "essay"],
  );
  assert.deepEqual([...workflows], ["trip_planner", "essay"]);
});

test("what is listed twice can be picked once", () => {
  assert.equal(choicesOf([{ ...GRAPH, name: "essay" }], [STORED], []).graphs.length, 1);
});
