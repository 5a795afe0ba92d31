import assert from "node:assert/strict";
import { test } from "node:test";
import { headOf, newestTip, placeIn, tipOf, turnsTo, type PlacedRun, type SaidMessage } from "../src/sessions/tree.ts";

const run = (id: string, follows: string | null = null, status = "completed"): PlacedRun => ({
  workflow_id: id,
  follows,
  graph: "assistant",
  status,
});

const asked = (id: string, text: string, parent: string | null = null): SaidMessage => ({
  message_id: `${id}_0`,
  workflow_id: id,
  parent_id: parent,
  role: "user",
  content: text,
});

const answered = (id: string, parent = `${id}_0`): SaidMessage => ({
  message_id: `${id}_1`,
  workflow_id: id,
  parent_id: parent,
  role: "assistant",
  content: `answer of ${id}`,
});

// one -> two, and in the place of `one`: `edited` (another question) and `again` (another answer).
const RUNS = [run("one"), run("two", "one"), run("edited"), run("again")];
const MESSAGES = [
  asked("one", "first"),
  answered("one"),
  asked("two", "second", "one_1"),
  answered("two"),
  asked("edited", "first, better"),
  answered("edited"),
  answered("again", "one_0"),
];

test("turns lead from the beginning to the tip", () => {
  const turns = turnsTo("two", RUNS, MESSAGES);
  assert.deepEqual(
    turns.map(({ workflowId, question }) => [workflowId, question?.text]),
    [
      ["one", "first"],
      ["two", "second"],
    ],
  );
});

test("an edited question is an alternative to the first one, another answer is not", () => {
  const [turn] = turnsTo("two", RUNS, MESSAGES);
  assert.deepEqual(turn?.questions, ["again", "edited"]);
  assert.deepEqual(turn?.answers, ["one", "again"]);
});

test("another answer has the question that it answers", () => {
  const [turn] = turnsTo("again", RUNS, MESSAGES);
  assert.deepEqual(turn?.question, { messageId: "one_0", text: "first" });
});

test("a run that has said nothing yet has the question of those in its place", () => {
  const [turn] = turnsTo("late", [run("one"), run("late", null, "running")], [asked("one", "first")]);
  assert.equal(turn?.question?.text, "first");
  assert.deepEqual(turn?.answers, ["one", "late"]);
});

test("a hint tells which of several questions a silent run answers", () => {
  const runs = [...RUNS, run("late", null, "running")];
  const [turn] = turnsTo("late", runs, MESSAGES, new Map([["late", "one_0"]]));
  assert.equal(turn?.question?.text, "first");
});

test("what was said as JSON is kept as JSON", () => {
  const message = { ...asked("one", ""), content_parts: [{ type: "json", json: { topic: "tea" } }] };
  assert.deepEqual(turnsTo("one", [run("one")], [message])[0]?.question, {
    messageId: "one_0",
    text: "",
    json: { topic: "tea" },
  });
});

test("a run without words has no question", () => {
  assert.equal(turnsTo("fork", [run("fork")], [])[0]?.question, null);
});

test("a run whose predecessor is gone begins the conversation", () => {
  assert.deepEqual(
    turnsTo("two", [run("two", "gone")], []).map(({ workflowId }) => workflowId),
    ["two"],
  );
});

test("runs that follow each other in a circle end all the same", () => {
  const runs = [run("one", "two"), run("two", "one")];
  assert.equal(turnsTo("one", runs, []).length, 2);
  assert.ok(["one", "two"].includes(tipOf("one", runs)));
});

test("a branch ends with its newest run", () => {
  assert.equal(tipOf("one", RUNS), "two");
  assert.equal(tipOf("edited", RUNS), "edited");
});

test("a session goes on with what is active, else with its head, else with the newest run", () => {
  const session = { head: "edited_1", active_workflow_id: null, workflows: RUNS };
  assert.equal(newestTip({ ...session, active_workflow_id: "two" }, MESSAGES), "two");
  assert.equal(newestTip(session, MESSAGES), "edited");
  assert.equal(newestTip({ ...session, head: null }, MESSAGES), "again");
  assert.equal(newestTip({ head: null, active_workflow_id: null, workflows: [] }, []), null);
});

test("a branch is named by the last thing that its run said", () => {
  assert.equal(headOf("one", MESSAGES), "one_1");
  assert.equal(headOf("silent", MESSAGES), null);
});

test("a place has its neighbours, and the ends have one", () => {
  assert.deepEqual(placeIn(["a", "b", "c"], "b"), { index: 1, previous: "a", next: "c" });
  assert.deepEqual(placeIn(["a", "b"], "a"), { index: 0, next: "b" });
  assert.deepEqual(placeIn(["a", "b"], "b"), { index: 1, previous: "a" });
});
