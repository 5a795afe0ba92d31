/** Values of tools, and forms that follow a schema. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldsOf, filled, readJson } from "../src/run/fields.ts";
import { beginning, firstWords, shapeOf, summary } from "../src/run/values.ts";

const KINDS: [unknown, string][] = [
  [null, "nothing"],
  ["", "nothing"],
  ["words", "text"],
  ["{not json", "text"],
  ['{"a":{"b":1}}', "json"],
  [{ city: "Cairo" }, "record"],
  [{ text: "x".repeat(700) }, "json"],
  [[1, 2], "json"],
  [[{ a: 1 }, { a: 2, b: null }], "table"],
  ['[{"a":1}]', "table"],
  [[{ a: { b: 1 } }], "json"],
  [[], "json"],
  [17, "json"],
];

for (const [value, kind] of KINDS) {
  test(`${JSON.stringify(value)?.slice(0, 40)} is shown as ${kind}`, () => {
    assert.equal(shapeOf(value).kind, kind);
  });
}

test("a table has a column for every member of its rows", () => {
  const shape = shapeOf([{ a: 1 }, { b: 2 }]);

  assert.deepEqual(shape.kind === "table" && shape.columns, ["a", "b"]);
});

test("arguments are summed up on one line", () => {
  assert.equal(summary({ expression: "17*23" }), "17*23");
  assert.equal(summary({ city: "Cairo", days: 3 }), "city: Cairo, days: 3");
  assert.equal(summary(null), "");
  assert.equal(summary({ text: "x".repeat(200) }, 10), `${"x".repeat(9)}…`);
});

test("the first words of markdown are without its marks", () => {
  assert.equal(firstWords("# Title\n\n- **one** [link](https://a.b)\n\n|---|---|"), "Title one link");
});

test("a long text is cut by lines, then by characters", () => {
  assert.equal(beginning("a\nb\nc", 2, 100), "a\nb");
  assert.equal(beginning("abcdef", 2, 3), "abc");
});

const SCHEMA = {
  type: "object",
  properties: {
    amount: { type: "integer", description: "In euro." },
    urgent: { type: "boolean" },
    kind: { enum: ["travel", "food"] },
    note: { type: "string" },
    more: { type: "object" },
  },
  required: ["amount"],
};

test("a form follows its schema", () => {
  const fields = fieldsOf(SCHEMA).map(({ name, kind, isRequired }) => [name, kind, isRequired]);

  assert.deepEqual(fields, [
    ["amount", "integer", true],
    ["urgent", "boolean", false],
    ["kind", "choice", false],
    ["note", "text", false],
    ["more", "json", false],
  ]);
});

test("what was filled in has the types of the schema, and what was left empty is absent", () => {
  assert.deepEqual(filled(fieldsOf(SCHEMA), { amount: "3", urgent: "true", kind: "food", more: '{"a":1}' }), {
    value: { amount: 3, urgent: true, kind: "food", more: { a: 1 } },
  });
  assert.deepEqual(filled(fieldsOf(SCHEMA), { amount: "3" }), { value: { amount: 3 } });
});

test("a form says what is wrong", () => {
  assert.deepEqual(Object.keys(filled(fieldsOf(SCHEMA), { more: "{" }).faults ?? {}), ["amount", "more"]);
  assert.deepEqual(Object.keys(filled(fieldsOf(SCHEMA), { amount: "2.5" }).faults ?? {}), ["amount"]);
});

test("a schema of one value gives that value", () => {
  assert.deepEqual(filled(fieldsOf({ type: "number" }), { "": "2.5" }), { value: 2.5 });
  assert.deepEqual(filled(fieldsOf({ type: "boolean" }), {}), { value: false });
});

test("what is no JSON and does not look like it is a text", () => {
  assert.deepEqual(readJson("yes"), ["yes"]);
  assert.deepEqual(readJson("42"), [42]);
  assert.equal(readJson("[1,")[0], undefined);
});
