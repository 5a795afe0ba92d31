import assert from "node:assert/strict";
import { test } from "node:test";
import { inputFrom, inputKind, type Member } from "../src/sessions/inputs.ts";

const graph = (input_schema: unknown, error: string | null = null) => ({
  name: "any",
  description: "",
  input_schema,
  error,
});

const object = (properties: object, required: string[] = []) => ({ type: "object", properties, required });

test("a graph with messages takes a text", () => {
  assert.deepEqual(inputKind(graph(object({ messages: { type: "array" }, mode: {} }))), { kind: "text" });
});

test("a graph whose only required member is a text takes a text", () => {
  assert.deepEqual(inputKind(graph(object({ topic: { type: "string" }, depth: {} }, ["topic"]))), { kind: "text" });
});

test("a graph without a schema takes a text", () => {
  assert.deepEqual(inputKind(graph(null)), { kind: "text" });
});

test("a graph that wants more has a form, with what it needs first", () => {
  const schema = object({ depth: { type: "integer", description: "How deep." }, a: { type: "string" }, b: {} }, [
    "a",
    "b",
  ]);
  assert.deepEqual(inputKind(graph(schema)), {
    kind: "members",
    members: [
      { name: "a", type: "string", description: "", isRequired: true },
      { name: "b", type: "json", description: "", isRequired: true },
      { name: "depth", type: "integer", description: "How deep.", isRequired: false },
    ],
  });
});

test("a graph that could not be loaded says why", () => {
  assert.deepEqual(inputKind(graph(null, "No module")), { kind: "broken", reason: "No module" });
});

const MEMBERS: Member[] = [
  { name: "topic", type: "string", description: "", isRequired: true },
  { name: "depth", type: "integer", description: "", isRequired: false },
];

test("texts are taken as they are, everything else as JSON, and empty fields are left out", () => {
  assert.deepEqual(inputFrom(MEMBERS, { topic: "12", depth: "3" }), { input: { topic: "12", depth: 3 } });
  assert.deepEqual(inputFrom(MEMBERS, { topic: "tea" }), { input: { topic: "tea" } });
});

test("what is missing or no JSON is told by its field", () => {
  assert.deepEqual(inputFrom(MEMBERS, { depth: "three" }), {
    faults: { topic: "This is needed.", depth: "This is no JSON: texts want quotes." },
  });
});
