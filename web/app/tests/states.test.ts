import assert from "node:assert/strict";
import { test } from "node:test";
import { markOf } from "../src/sessions/states.ts";

const mark = (status: string | null, active_workflow_id: string | null) =>
  markOf({ status, active_workflow_id })?.word ?? null;

test("a conversation is marked by what its newest run does", () => {
  assert.deepEqual(
    ["queued", "running", "interrupted"].map((status) => mark(status, "wf_1")),
    ["Queued", "Running", "Needs input"],
  );
});

test("a run beside the newest one keeps a conversation busy", () => {
  assert.deepEqual(
    ["completed", "cancelled", "failed", null].map((status) => mark(status, "wf_1")),
    ["Busy", "Busy", "Busy", "Busy"],
  );
});

test("what has ended well needs no mark, what failed does", () => {
  assert.deepEqual(
    ["completed", "cancelled", null, "failed"].map((status) => mark(status, null)),
    [null, null, null, "Error"],
  );
});
