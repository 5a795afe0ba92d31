import assert from "node:assert/strict";
import { test } from "node:test";
import type { Workflow } from "@cantata/client";
import { createdAt, momentOf, spansOf } from "../src/panels/spans.ts";
import { rowsOf, waterfallOf, type Wanted } from "../src/panels/waterfallRows.ts";
import { readRun } from "./fixtures/runs.ts";

const ALL: Wanted = { text: "", hideVoid: false, closed: new Set() };
const nested = readRun("nested").workflow;
const retried = readRun("retried").workflow;
const names = (workflow: Workflow, wanted: Partial<Wanted>) =>
  rowsOf(waterfallOf(workflow), { ...ALL, ...wanted }).map(({ span, level }) => `${" ".repeat(level)}${span.name}`);

test("an id that is a UUIDv7 tells when it was made, any other nothing", () => {
  assert.equal(momentOf("01a1ffbc-7dce-704b-b1bd-9fbdec847e86"), Date.parse("2026-11-21T20:11:45.486Z"));
  assert.equal(momentOf("01a1ffbc-7dce-404b-b1bd-9fbdec847e86"), null);
});

test("a workflow's id tells when it was created", () => {
  assert.equal(createdAt(nested), Date.parse(nested.created_at));
});

test("steps began when the server says so, and their ids say the same to a few milliseconds", () => {
  const steps = nested.steps.map((step) => Math.abs(Date.parse(step.started_at!) - momentOf(step.span_id)!));

  assert.ok(Math.max(...steps) <= 10);
});

test("a model call lies within the step around it, branches overlap", () => {
  const spans = spansOf(nested);
  const known = new Map(spans.map((span) => [span.id, span]));
  const outside = spans.filter((span) => {
    const above = known.get(span.parent ?? "");
    return above && (span.start < above.start - 10 || span.end! > above.end! + 10);
  });
  const [text, content] = [
    spans.find((span) => span.name === "text")!,
    spans.find((span) => span.name === "content_draft")!,
  ];

  assert.deepEqual(outside, []);
  assert.ok(content.start < text.end! && text.start < content.end!);
});

test("a workflow that is folded from a live stream has the same starts", () => {
  const live = { ...nested, steps: nested.steps.map(({ started_at: _, ...step }) => step) } as Workflow;
  const starts = (workflow: Workflow) =>
    spansOf(workflow)
      .map((span) => span.start)
      .toSorted();

  assert.ok(starts(live).every((start, index) => Math.abs(start - starts(nested)[index]!) <= 10));
});

test("a model call that is under way has a row, from its message, and no end", () => {
  const last = nested.messages.at(-1)!;
  const live = {
    ...nested,
    status: "running",
    ended_at: null,
    reasoning: nested.reasoning.filter((call) => call.span_id !== last.span_id),
    messages: nested.messages.map((message) => (message === last ? { ...message, status: "running" } : message)),
  } as Workflow;
  const call = spansOf(live).find((span) => span.id === last.span_id)!;

  assert.equal(call.kind, "model");
  assert.equal(call.end, null);
  assert.equal(call.status, "running");
});

test("a call that was cut ends with the step around it", () => {
  const call = spansOf(retried).find((span) => span.kind === "model")!;

  assert.equal(call.status, "cancelled");
  assert.ok(call.end! - call.start < 100);
});

test("rows are nested by their parents, without the steps that hold one call alone", () => {
  assert.deepEqual(names(nested, {}).slice(0, 8), [
    "researcher",
    " Model",
    " search_documents",
    " Model",
    "parallel",
    " text",
    "  writer",
    "   Model",
  ]);
});

test("a filter keeps what fits with all that is above it", () => {
  assert.deepEqual(names(nested, { text: "CRITIQUE" }), ["parallel", " text", "  reviewer_critique", "   Model"]);
  assert.deepEqual(names(nested, { text: "search_doc TOOL" }), ["researcher", " search_documents"]);
});

test("void attempts can be left out", () => {
  const count = (hideVoid: boolean) => names(retried, { hideVoid }).filter((name) => name === "researcher").length;

  assert.deepEqual([count(false), count(true)], [2, 1]);
});

test("a closed row hides what is in it", () => {
  const closed = new Set([nested.steps.find((step) => step.name === "parallel")!.span_id]);

  assert.deepEqual(names(nested, { closed }), ["researcher", " Model", " search_documents", " Model", "parallel"]);
});
