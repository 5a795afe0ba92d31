import assert from "node:assert/strict";
import { test } from "node:test";
import { choicesOf, graphToGoOnWith, modelToAsk, NO_CHOICES } from "../src/sessions/choices.ts";

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

const CHOICES = choicesOf([GRAPH, { ...GRAPH, name: "writer" }], [], []);

test("a conversation goes on with whom it was with", () => {
  assert.equal(graphToGoOnWith("writer", CHOICES), "writer");
});

test("a conversation in which nobody answered, or somebody who is gone, goes on with the first agent", () => {
  assert.deepEqual(
    [null, "gone"].map((latest) => graphToGoOnWith(latest, CHOICES)),
    ["assistant", "assistant"],
  );
});

test("nobody is named before the conversation is known", () => {
  assert.deepEqual(
    [CHOICES, NO_CHOICES].map((choices) => graphToGoOnWith(undefined, choices)),
    [null, null],
  );
});

test("whom it was with is asked also where the server has not told yet who there is", () => {
  assert.equal(graphToGoOnWith("writer", NO_CHOICES), "writer");
});

const OFFERED = choicesOf([], [], [{ name: "gemini-2.5-flash", provider: "google", is_default: true }]);

test("the model that was picked is asked for, unless the server offers it no more", () => {
  assert.deepEqual(
    ["gemini-2.5-flash", "gone", ""].map((picked) => modelToAsk(picked, OFFERED)),
    ["gemini-2.5-flash", undefined, undefined],
  );
});

test("while it is not known what the server offers, what was picked is asked for", () => {
  assert.equal(modelToAsk("gemini-2.5-flash", NO_CHOICES), "gemini-2.5-flash");
});
