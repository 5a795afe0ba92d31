import assert from "node:assert/strict";
import { test } from "node:test";
import { Announcements, endOfSentences } from "../src/parts/sentences.ts";

test("only whole sentences are read out", () => {
  const text = "One. Two! And thr";
  assert.equal(text.slice(0, endOfSentences(text)), "One. Two! ");
  assert.equal(endOfSentences("No end yet"), 0);
});

test("a number with a point is no end of a sentence", () => assert.equal(endOfSentences("It is 3.14 and"), 0));

test("what waits is said at once, in order, on one line", () => {
  const announcements = new Announcements();
  announcements.add("One.\n");
  announcements.add("  ");
  announcements.add("Two.");
  assert.equal(announcements.take(), "One. Two.");
  assert.ok(announcements.isEmpty);
});

test("of a long backlog only the newest is said", () => {
  const announcements = new Announcements(10);
  announcements.add("an old sentence");
  announcements.add("the end");
  assert.equal(announcements.take(), "… ce the end");
});
