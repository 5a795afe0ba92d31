import assert from "node:assert/strict";
import { test } from "node:test";
import type { Checkpoint } from "@cantata/client";
import { changesBetween, momentsOf, readInput, wordFor, wordsOf, writtenInput } from "../src/panels/checkpoints.ts";

function saved(id: string, members: Partial<Checkpoint>): Checkpoint {
  const usual = { created_at: "", step: 0, source: "loop", next: [], values: {}, interrupts: [] };
  return { checkpoint_id: id, parent_checkpoint_id: null, ...usual, ...members };
}

const LINE = momentsOf([
  saved("d", { parent_checkpoint_id: "c", step: 2, values: { messages: ["hi", "hello"], value: "x" } }),
  saved("c", { parent_checkpoint_id: "b", step: 1, next: ["writer"], values: { messages: ["hi"] } }),
  saved("b", { parent_checkpoint_id: "a", step: 0, next: ["one", "other"], values: { messages: ["hi"] } }),
  saved("a", { source: "input", step: -1, next: ["__start__"] }),
]);

test("each checkpoint is named by what ran before it, and tells what comes next", () => {
  assert.deepEqual(
    LINE.map(({ title, next }) => [title, next]),
    [
      ["writer", []],
      ["one, other", ["writer"]],
      ["Start", ["one", "other"]],
      ["Input", ["start"]],
    ],
  );
});

test("one whose forerunner is not known is named by its step, and its changes are not told", () => {
  const [first] = momentsOf([saved("z", { parent_checkpoint_id: "elsewhere", step: 7 })]);

  assert.deepEqual([first?.title, first?.changes], ["Step 7", null]);
});

test("what a step changed is told by member", () => {
  assert.deepEqual(
    [...(LINE[0]?.changes ?? [])],
    [
      ["messages", { kind: "grown", from: 1 }],
      ["value", { kind: "new" }],
    ],
  );
  assert.deepEqual([...(LINE[1]?.changes ?? [])], []);
});

test("a list that begins otherwise has changed, and a member may go", () => {
  const changes = changesBetween({ list: [1, 2], old: 1, same: { a: 1 } }, { list: [2, 2, 3], same: { a: 1 } });

  assert.deepEqual(
    [...changes].map(([name, change]) => [name, wordFor(change, null)]),
    [
      ["list", "changed"],
      ["old", "gone"],
    ],
  );
});

test("a list that has grown tells by how much", () => {
  assert.equal(wordFor({ kind: "grown", from: 1 }, [1, 2, 3]), "+2");
});

test("a state that has no members is not compared", () => {
  assert.equal(changesBetween("one", "other").size, 0);
});

test("an input is a text, unless it begins like JSON", () => {
  assert.deepEqual(readInput("What is 17*23?"), { input: "What is 17*23?" });
  assert.deepEqual(readInput(' {"topic": "tea"}'), { input: { topic: "tea" } });
  assert.deepEqual(readInput('"{not JSON"'), { input: "{not JSON" });
});

test("what is no JSON yet, and nothing at all, are refused in words", () => {
  const [broken, nothing] = ['{"topic": ', "  "].map(readInput);

  assert.match(broken && "fault" in broken ? broken.fault : "", /^This is no JSON: .* wants quotes\.$/);
  assert.match(nothing && "fault" in nothing ? nothing.fault : "", /needed/);
});

for (const input of ["tea", "[tea] or coffee", { topic: "tea" }, ["tea"]]) {
  test(`an input is written so that it is read as what it was: ${JSON.stringify(input)}`, () => {
    assert.deepEqual(readInput(writtenInput(input)), { input });
  });
}

test("of a single message its words are there to edit, of anything else all", () => {
  const blocks = [
    { type: "text", text: "Look!" },
    { type: "image", base64: "[3 bytes, not shown]" },
  ];

  assert.equal(wordsOf({ messages: [{ role: "user", content: blocks }] }), "Look!");
  assert.equal(wordsOf({ messages: [{ role: "user", content: "tea" }] }), "tea");
  assert.deepEqual(wordsOf({ topic: "tea" }), { topic: "tea" });
  assert.equal(wordsOf("tea"), "tea");
});
