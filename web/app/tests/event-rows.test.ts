import assert from "node:assert/strict";
import { test } from "node:test";
import { eventRows, filtered, typesIn } from "../src/panels/eventRows.ts";
import { readEvents } from "./fixtures/runs.ts";

const rows = eventRows(readEvents());
const keys = (found: typeof rows) => found.map((row) => row.type);

test("pieces of one text stand in one line, under the number of the first", () => {
  const thought = rows.filter((row) => row.type === "agent_thinking");

  assert.equal(thought[0]!.seq, 4);
  assert.match(thought[0]!.said, /^I compare the question with the tools\..+together\.$/);
});

test("each line says what its event says", () => {
  const said = (type: string) => rows.find((row) => row.type === type)!.said;

  assert.match(said("tool_start"), /^calculator .*17\*23/);
  assert.equal(said("tool_end"), "calculator: 391");
  assert.match(said("reasoning_step"), /call_tools calculator current_time/);
});

test("lines can be had of one type, or by words from anywhere in the event", () => {
  assert.deepEqual(keys(filtered(rows, "tool_start", "")), ["tool_start", "tool_start"]);
  assert.deepEqual(keys(filtered(rows, "", "CAIRO tool_start")), ["tool_start"]);
  assert.deepEqual(keys(filtered(rows, "tool_end", "no such word")), []);
});

test("types are listed once", () => {
  assert.equal(new Set(typesIn(rows)).size, typesIn(rows).length);
  assert.ok(typesIn(rows).includes("workflow_started"));
});

test("lines have keys of their own", () => {
  assert.equal(new Set(rows.map((row) => row.key)).size, rows.length);
});
