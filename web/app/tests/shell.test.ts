import assert from "node:assert/strict";
import { test } from "node:test";
import { noticeOf, type ConnectionState } from "../src/shell/banner.ts";
import { faultOf, isOffline, sentenceOf } from "../src/shell/faults.ts";

const connection = (phase: ConnectionState["phase"], attempt = 0): ConnectionState => ({ phase, attempt });

test("nothing is said while all is well", () => {
  assert.equal(noticeOf(null, null), null);
  assert.equal(noticeOf(connection("connecting"), null), null);
  assert.equal(noticeOf(connection("live"), "live"), null);
  assert.equal(noticeOf(connection("ended"), "live"), null);
});

test("a lost connection is told with the attempt", () => {
  assert.match(noticeOf(connection("reconnecting", 3), "live")?.text ?? "", /attempt 3/);
});

for (const before of ["reconnecting", "polling", "failed"] as const) {
  test(`good news after ${before} goes away by itself`, () => {
    assert.equal(noticeOf(connection("live"), before)?.isPassing, true);
    assert.equal(noticeOf(connection("ended"), before)?.isPassing, true);
  });
}

test("polling is told, and lasts", () => {
  assert.equal(noticeOf(connection("polling"), "reconnecting")?.isPassing, false);
});

test("where nothing gets through at all, not only streams are blamed", () => {
  assert.match(noticeOf(connection("polling"), "reconnecting", false)?.text ?? "", /^Connection lost/);
});

test("who gave up can be told to try again", () => {
  const notice = noticeOf({ ...connection("failed"), error: { message: "Gone." } }, "reconnecting");
  assert.deepEqual([notice?.text, notice?.canRetry], ["Gone.", true]);
});

const refused = Object.assign(new Error("detail"), {
  code: "session_busy",
  detail: "The session has an active workflow.",
  status: 409,
  problem: { title: "Conflict", errors: [{ path: "message", message: "Say something." }] },
});

test("a refusal says what happened in the server's words, and what to do", () => {
  const fault = faultOf(refused);
  assert.equal(fault.title, "Conflict");
  assert.match(sentenceOf(refused), /^The session has an active workflow\. Stop what is running/);
  assert.deepEqual(fault.fields, [{ path: "message", message: "Say something." }]);
});

test("a server that does not answer is told apart from one that refuses", () => {
  assert.ok(isOffline(new TypeError("Failed to fetch")));
  assert.ok(isOffline(Object.assign(new Error(), { code: "unreachable", status: 0 })));
  assert.ok(!isOffline(refused));
  assert.equal(faultOf(new TypeError("Failed to fetch")).title, "The server cannot be reached");
});

test("any thrown thing becomes a sentence", () => {
  assert.equal(faultOf("odd").detail, "odd");
  assert.equal(faultOf(null).detail, "null");
});
