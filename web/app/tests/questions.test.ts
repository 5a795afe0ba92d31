/** Each way of asking a human, and the answer that it expects. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { questionOf, wordsOf, type Reply } from "../src/run/questions.ts";
import { run } from "./runs.ts";

const asked = (value: unknown) => questionOf({ id: "i1", node: "ask", value });
const answered = (value: unknown, ...replies: Reply[]) => asked(value).answer(replies);
const recorded = (name: string) => run(name).interrupts.map(questionOf);

test("a workflow's approval can be accepted, changed and rejected", () => {
  const [question] = recorded("approval_spec");
  const answers = (
    [{ choice: "accept" }, { choice: "edit", value: "Better." }, { choice: "reject", text: "No." }] satisfies Reply[]
  ).map((reply) => question?.answer([reply]));

  assert.deepEqual(question?.asks[0]?.choices, ["accept", "edit", "reject"]);
  assert.deepEqual(answers, [
    { approved: true },
    { approved: true, value: "Better." },
    { approved: false, comment: "No." },
  ]);
});

test("an approval with a schema of its own is a form", () => {
  const value = {
    type: "approval",
    prompt: "How many?",
    schema: { type: "object", properties: { count: { type: "integer" } } },
    value: "Tea",
  };

  assert.deepEqual(
    asked(value).asks[0]?.fields?.map((field) => field.name),
    ["count"],
  );
  assert.equal(asked(value).asks[0]?.value, "Tea");
  assert.deepEqual(answered(value, { choice: "form", value: { count: 3 } }), { count: 3 });
});

test("an agent inbox is answered in its own words, as a list if it asked with one", () => {
  const [question] = recorded("inbox");
  const replies: Reply[] = [
    { choice: "accept" },
    { choice: "edit", value: { content: "No." } },
    { choice: "respond", text: "Later." },
    { choice: "ignore" },
  ];

  assert.deepEqual(question?.asks[0]?.choices, ["accept", "edit", "respond", "ignore"]);
  assert.deepEqual(
    replies.map((reply) => question?.answer([reply])),
    [
      [{ type: "accept", args: null }],
      [{ type: "edit", args: { action: "send_email", args: { content: "No." } } }],
      [{ type: "response", args: "Later." }],
      [{ type: "ignore", args: null }],
    ],
  );
});

test("the middleware gets one decision for each call", () => {
  const value = {
    action_requests: [
      { name: "mail", args: { to: "a" } },
      { name: "pay", args: { sum: 3 } },
    ],
    review_configs: [
      { action_name: "mail", allowed_decisions: ["approve", "edit"] },
      { action_name: "pay", allowed_decisions: ["approve", "reject"] },
    ],
  };

  assert.deepEqual(
    asked(value).asks.map((ask) => ask.choices),
    [
      ["accept", "edit"],
      ["accept", "reject"],
    ],
  );
  assert.deepEqual(answered(value, { choice: "edit", value: { to: "b" } }, { choice: "reject", text: "Too much." }), {
    decisions: [
      { type: "edit", edited_action: { name: "mail", args: { to: "b" } } },
      { type: "reject", message: "Too much." },
    ],
  });
});

test("a call that asks for itself gets a single decision", () => {
  const value = { type: "tool_approval", tool_call_id: "c1", name: "pay", args: { sum: 3 }, description: "Pay?" };

  assert.deepEqual(answered(value, { choice: "accept" }), { type: "approve" });
});

test("a bare text and an unknown object get what was written", () => {
  assert.equal(asked("What is your name?").asks[0]?.text, "What is your name?");
  assert.equal(answered("What is your name?", { choice: "free", value: "Ada" }), "Ada");
  assert.deepEqual(asked({ question: "For or against?", to: "ann" }).asks[0]?.value, { to: "ann" });
  assert.deepEqual(answered({ a: 1 }, { choice: "free", value: { b: 2 } }), { b: 2 });
});

test("several questions at once are told apart", () => {
  assert.deepEqual(
    recorded("asks").map((question) => question.asks[0]?.fields?.length ?? 0),
    [0, 3],
  );
});

test("an answer has a word", () => {
  assert.equal(wordsOf({ choice: "reject" }), "Rejected");
});
