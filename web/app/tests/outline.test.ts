/** What a reader sees of runs of every shape, live and afterwards. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Workflow } from "@cantata/client";
import { withoutTools } from "../src/run/hide.ts";
import type { Item } from "../src/run/items.ts";
import { outline } from "../src/run/outline.ts";
import { share } from "../src/run/share.ts";
import { drawn, live, moments, run, shown, until } from "./runs.ts";

test("an agent's turns are one piece of work and an answer", () => {
  assert.deepEqual(shown("assistant"), [
    "thought",
    "tool calculator ok",
    "tool current_time ok",
    "thought",
    "answer (message)",
  ]);
});

test("what was said between tools stands where it was said, and an agent within a tool is in its card", () => {
  assert.deepEqual(shown("showcase"), [
    "thought",
    "text: I will look at the site ",
    "tool crawl ok",
    "thought",
    "tool ask_expert ok",
    "  text: Let me look.",
    "  tool population ok",
    "  tool weather ok",
    "  text: Three million people enj",
    "tool broken error, retried",
    "thought",
    "text: Once more.",
    "tool broken error",
    "thought",
    "answer (message)",
  ]);
});

test("thoughts and tools that follow each other are in one accordion", () => {
  const { items } = outline(run("showcase"));

  assert.deepEqual(
    items.map((item) => item.kind),
    ["work", "text", "work", "text", "work"],
  );
});

test("a sub-agent is tied to the call that caused it", () => {
  assert.deepEqual(shown("hierarchical"), [
    "thought",
    "call delegate_to_researcher delegated, found",
    "step researcher ok, asked by assistant",
    "  thought",
    "  tool search_documents ok",
    "  thought",
    "  text: Notes on tea:",
    "thought",
    "call delegate_to_writer_draft delegated, found",
    "step writer_draft ok, asked by assistant",
    "  thought",
    "  text: Tea",
    "thought",
    "answer (message)",
  ]);
});

test("branches are lanes, and their join is named", () => {
  assert.deepEqual(shown("fan_out"), [
    "step plan ok",
    "lanes, joined in gather",
    "  step branch ok",
    "    text: this is branch0",
    "  step branch ok",
    "    text: this is branch1",
    "  step branch ok",
    "    text: this is branch2",
    "step gather ok",
    "answer (final)",
  ]);
});

test("lanes are within groups, and groups within lanes", () => {
  assert.deepEqual(shown("nested_spec"), [
    "step researcher ok",
    "  thought",
    "  tool search_documents ok",
    "  thought",
    "  text: Notes on tea:",
    "step parallel ok, answers",
    "  lanes, joined in aggregate",
    "    step text ok",
    "      step writer ok",
    "        thought",
    "        text: Tea",
    "      step reviewer_critique ok",
    "        thought",
    "        text: Remarks:",
    "    step content_draft ok",
    "      thought",
    "      text: # Tea",
    "  step aggregate ok, answers",
    "    thought",
    "answer (message)",
  ]);
});

test("steps in turn stand below each other", () => {
  const names = outline(run("sequential")).items.map((item) => item.kind === "step" && item.step.name);

  assert.deepEqual(names, ["researcher", "writer", "reviewer"]);
});

test("without supersteps the times tell the lanes", () => {
  const told = run("research_report");
  const steps = told.steps.map(
    ({ superstep: _, ...step }: Workflow["steps"][number] & { superstep?: unknown }) => step,
  );

  assert.deepEqual(drawn(outline({ ...told, steps })), shown("research_report"));
});

test("an attempt that failed is put aside, with all that was in it", () => {
  const [step] = outline(run("retry")).items;

  assert.ok(step?.kind === "step");
  assert.deepEqual(drawn({ items: step.earlier, answer: null, isActive: false }), [
    "step fragile error",
    "  step draft ok",
    "    text: this is draft",
    "  step polish ok",
    "    text: this is polish",
  ]);
});

test("each attempt of a step without a row of its own is put aside too", () => {
  assert.deepEqual(shown("retrying"), [
    "earlier fragile error",
    "earlier fragile error",
    "text: This is the draft that I",
    "text: a first version",
    "answer (final)",
  ]);
});

test("tools that a node sent out side by side are one piece of work", () => {
  assert.deepEqual(shown("booking"), [
    "tool book_hotel interrupted",
    "tool book_flight interrupted",
    "tool weather ok",
  ]);
});

test("steps that wait for a human are lanes as well", () => {
  assert.deepEqual(shown("asks"), ["lanes, joined in null", "  step a interrupted", "  step b interrupted"]);
});

test("a text that differs from every message is the answer, and the messages stay", () => {
  assert.deepEqual(shown("threads"), ["step count ok", "  text: 0 1 2", "step finish ok", "answer (final)"]);
});

test("what a failed run had said is a partial answer", () => {
  assert.deepEqual(outline(run("model_error")).answer, {
    text: "This is the ",
    isLive: false,
    source: "partial",
    messageId: "m1",
  });
});

test("while it waits, the last word is shown as the answer so far", () => {
  assert.equal(outline(run("breakpoint")).answer?.source, "message");
});

// Live.

test("a text is the answer from its first word", () => {
  const now = until("assistant", (event) => event.type === "message_delta");

  assert.deepEqual(drawn(outline(now)), [
    "thought",
    "tool calculator ok",
    "tool current_time ok",
    "thought",
    "answer (message)",
  ]);
  assert.equal(outline(now).answer?.isLive, true);
});

test("a text turns out to be none when a tool is called", () => {
  const before = until("showcase", (event) => event.type === "message_delta");
  const after = until("showcase", (event) => event.type === "reasoning_step");

  assert.equal(outline(before).answer?.messageId, "m2");
  assert.equal(outline(after).answer, null);
});

test("a thought is live until its text begins", () => {
  const thinking = outline(until("assistant", (event) => event.type === "agent_thinking"));
  const answering = outline(until("assistant", (event) => event.type === "message_delta"));

  assert.deepEqual(
    thinking.items.map((item) => item.kind === "work" && item.isLive),
    [true],
  );
  assert.deepEqual(
    answering.items.map((item) => item.kind === "work" && item.isLive),
    [false],
  );
});

test("a call that was decided and has not begun is pending", () => {
  const now = until("assistant", (event) => event.type === "reasoning_step");

  assert.deepEqual(drawn(outline(now)), ["thought", "call calculator pending", "call current_time pending"]);
});

test("several branches that answer stay lanes until their texts are one", () => {
  const now = outline(until("compare_perspectives", (event) => event.type === "message_delta"));

  assert.equal(now.answer, null);
});

for (const name of [
  "assistant",
  "showcase",
  "retry",
  "retrying",
  "fan_out",
  "booking",
  "approval_spec",
  "model_error",
  "compare_perspectives",
]) {
  test(`${name} looks the same streamed and fetched`, () => {
    assert.deepEqual(drawn(outline(live(name))), shown(name));
  });

  test(`${name} can be drawn at every moment, and loses no text`, () => {
    const lost = moments(name).filter((now) => {
      const told = outline(now);
      const all = JSON.stringify(told);
      return now.messages.some(
        (message) => message.content.trim() && !all.includes(JSON.stringify(message.content).slice(1, -1)),
      );
    });

    assert.deepEqual(lost, []);
  });

  test(`${name} never has two items of one key beside each other`, () => {
    const doubled = moments(name).flatMap((now) => doubles(outline(now).items));

    assert.deepEqual(doubled, []);
  });
}

function doubles(items: readonly Item[]): string[] {
  const keys = items.map((item) => item.key);
  const below = items.flatMap((item) =>
    item.kind === "step" ? doubles(item.items) : item.kind === "lanes" ? doubles(item.lanes) : [],
  );
  const parts = items.flatMap((item) => (item.kind === "work" ? item.parts.map((part) => part.key) : []));
  const twice = (all: string[]) => all.filter((key, at) => all.indexOf(key) !== at);
  return [...twice(keys), ...twice(parts), ...below];
}

// Sharing.

test("a delta changes nothing but the answer", () => {
  const [before, after] = moments("showcase")
    .filter((now) => now.messages.at(-1)?.message_id === "m9")
    .slice(1, 3) as [Workflow, Workflow];
  const first = outline(before);
  const second = share(first, outline(after));

  assert.equal(second.items, first.items);
});

test("a tool that ends changes its own item, and no other", () => {
  const seen = moments("showcase");
  const at = seen.findIndex((now) => now.tools[0]?.status === "ok");
  const before = outline(seen[at - 1] as Workflow);
  const after = share(before, outline(seen[at] as Workflow));

  assert.deepEqual(
    after.items.map((item, index) => item === before.items[index]),
    [true, true, false],
  );
});

test("hidden tools leave the thoughts and the texts", () => {
  const items = withoutTools(outline(run("showcase")).items);

  assert.deepEqual(drawn({ items, answer: null, isActive: false }), [
    "thought",
    "text: I will look at the site ",
    "thought",
    "thought",
    "text: Once more.",
    "thought",
  ]);
});

test("two thousand entries are drawn in a few milliseconds", () => {
  const told = run("research_report");
  const tools = Array.from({ length: 2_000 }, (_, at) => ({
    ...told.tools[0],
    span_id: `t${at}`,
    tool_call_id: `c${at}`,
  })) as Workflow["tools"];
  const begun = performance.now();

  outline({ ...told, tools });

  assert.ok(performance.now() - begun < 250);
});
