import assert from "node:assert/strict";
import { test } from "node:test";
import { branchesOf, shownTurns, type SentTurn, type Told } from "../src/sessions/shownTurns.ts";

const TOLD: Told = {
  tip: "two",
  runs: [
    { workflow_id: "one", follows: null, graph: "assistant", status: "completed" },
    { workflow_id: "two", follows: "one", graph: "assistant", status: "running" },
  ],
  messages: [
    { message_id: "one_0", workflow_id: "one", parent_id: null, role: "user", content: "first" },
    { message_id: "two_0", workflow_id: "two", parent_id: "one_0", role: "user", content: "second" },
  ],
};

const sent = (members: Partial<SentTurn> = {}): SentTurn => ({
  key: "sent-1",
  workflowId: null,
  text: "new",
  graph: "writer",
  insteadOf: null,
  questionId: null,
  ...members,
});

const namesOf = (turns: ReturnType<typeof shownTurns>) => turns.map((turn) => turn.workflowId ?? turn.key);

test("what was just sent stands at the end", () => {
  assert.deepEqual(namesOf(shownTurns(TOLD, [sent()])), ["one", "two", "sent-1"]);
});

test("the first message is there before the conversation is", () => {
  const [turn] = shownTurns(null, [sent()]);
  assert.deepEqual([turn?.question?.text, turn?.graph], ["new", "writer"]);
});

test("a turn keeps its key when the server tells of it", () => {
  const turns = shownTurns(TOLD, [sent({ workflowId: "two" })]);
  assert.deepEqual(
    turns.map(({ key }) => key),
    ["one", "sent-1"],
  );
});

test("a run that has its name, but is not told of yet, is shown once", () => {
  assert.deepEqual(namesOf(shownTurns(TOLD, [sent({ workflowId: "three" })])), ["one", "two", "three"]);
});

test("an edit takes the place of its turn, and of all that followed", () => {
  assert.deepEqual(namesOf(shownTurns(TOLD, [sent({ insteadOf: "one" })])), ["sent-1"]);
});

test("an edit of a turn on another branch is not shown on this one", () => {
  assert.deepEqual(namesOf(shownTurns(TOLD, [sent({ insteadOf: "elsewhere" })])), ["one", "two"]);
});

test("another answer is counted among the answers to its question", () => {
  const told: Told = {
    ...TOLD,
    tip: "again",
    runs: [...TOLD.runs, { workflow_id: "again", follows: null, graph: "assistant", status: "running" }],
  };
  const [turn] = shownTurns(told, [sent({ workflowId: "again", insteadOf: "one", questionId: "one_0" })]);
  assert.ok(turn);
  assert.deepEqual(branchesOf(turn), { question: { index: 0 }, answer: { index: 1, previous: "one" } });
});
