import assert from "node:assert/strict";
import { test } from "node:test";
import type { Workflow } from "@cantata/client";
import { sumOf, tokensOf, usageByAgent } from "../src/panels/usageRows.ts";
import { readRun } from "./fixtures/runs.ts";

const { workflow } = readRun("led");

test("agents stand in the order of their first calls, with what each call took", () => {
  const agents = usageByAgent(workflow);

  assert.deepEqual(
    agents.map((one) => [one.agent, one.calls.length]),
    [
      ["assistant", 3],
      ["researcher", 2],
      ["writer", 1],
    ],
  );
  assert.deepEqual(
    agents[1]!.calls.map((call) => call.counts.input),
    [106, 397],
  );
});

test("what the agents took adds up to the run's own sum", () => {
  const sum = sumOf(usageByAgent(workflow).map((one) => one.counts));

  assert.equal(sum.input, workflow.usage.input_tokens);
  assert.equal(sum.output, workflow.usage.output_tokens);
  assert.equal(sum.reasoning, workflow.usage.reasoning_tokens);
  assert.equal(sum.costUsd, workflow.usage.cost_usd);
});

test("one unknown price makes the sum unknown, and tokens that are not told are not counted", () => {
  const [first, ...rest] = workflow.reasoning;
  const unknown = { ...workflow, reasoning: [{ ...first!, usage: {} }, ...rest] } as Workflow;
  const assistant = usageByAgent(unknown)[0]!;

  assert.equal(assistant.counts.costUsd, null);
  assert.equal(assistant.counts.input, 393 + 656);
  assert.equal(tokensOf(assistant.calls[0]!.counts), null);
});

test("nothing adds up to nothing", () => {
  assert.deepEqual(sumOf([]), { input: null, output: null, reasoning: null, cached: null, costUsd: null });
});
