import assert from "node:assert/strict";
import { test } from "node:test";
import type { Workflow } from "@cantata/client";
import { statesOf } from "../src/panels/nodeStates.ts";
import { readRun, type RecordedRun } from "./fixtures/runs.ts";

const stateOf = ({ drawing, workflow }: RecordedRun, id: string) => statesOf(drawing, workflow).nodes.get(id)!;

/** The run as it was before its last step ended. */
function atWork({ drawing, workflow }: RecordedRun): RecordedRun {
  const steps = workflow.steps.map((step) =>
    step.name === "aggregate" || step.name === "parallel" ? { ...step, status: "running", duration_ms: null } : step,
  );
  return { drawing, workflow: { ...workflow, status: "running", ended_at: null, steps } as Workflow };
}

test("a finished run's nodes are done, with their visits and their time", () => {
  const run = readRun("led");
  const took = run.workflow.steps.filter((step) => step.name === "assistant").map((step) => step.duration_ms!);

  assert.equal(stateOf(run, "assistant").state, "done");
  assert.equal(stateOf(run, "assistant").visits, 3);
  assert.equal(
    stateOf(run, "assistant").workedMs,
    took.reduce((sum, ms) => sum + ms, 0),
  );
  assert.equal(stateOf(run, "__start__").state, "done");
  assert.equal(stateOf(run, "__end__").state, "done");
});

test("a node that is at work is running since it began, and so is the box around it", () => {
  const run = atWork(readRun("nested"));

  assert.equal(stateOf(run, "parallel").state, "running");
  assert.equal(stateOf(run, "parallel/aggregate").state, "running");
  assert.equal(typeof stateOf(run, "parallel/aggregate").since, "number");
  assert.equal(stateOf(run, "researcher").state, "done");
  assert.equal(stateOf(run, "__end__").state, "idle");
});

test("a failed step's repetition counts as one visit, and its fault is told", () => {
  const state = stateOf(readRun("retried"), "researcher");

  assert.equal(state.state, "failed");
  assert.equal(state.visits, 1);
  assert.equal(state.repeats, 1);
  assert.match(state.error ?? "", /took longer/);
});

test("what asks a human waits, and is stopped with its run", () => {
  const run = readRun("asked");
  const cancelled = { ...run, workflow: { ...run.workflow, status: "cancelled" } as Workflow };

  assert.equal(stateOf(run, "approval").state, "waiting");
  assert.equal(stateOf(cancelled, "approval").state, "cancelled");
});

test("an edge is taken when its target began after its source had ended", () => {
  const led = readRun("led");
  const asked = readRun("asked");

  assert.deepEqual(
    [...statesOf(led.drawing, led.workflow).taken].toSorted(),
    led.drawing.edges.map((edge) => `${edge.source}>${edge.target}`).toSorted(),
  );
  assert.deepEqual([...statesOf(asked.drawing, asked.workflow).taken].toSorted(), [
    "__start__>writer",
    "writer>approval",
  ]);
});

test("a node that no step has reached is idle", () => {
  assert.equal(stateOf(readRun("retried"), "writer").state, "idle");
});
