/** What the reader says of answers: shown at once, the last word last, and taken back where it is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Feedback } from "@cantata/client";
import { Opinions } from "../src/run/opinions.ts";

const GOOD: Feedback = { score: 1, comment: null };
const BAD: Feedback = { score: 0, comment: null };
const REFUSED = new Error("The server cannot be reached.");

/** A server that answers when it is told to. */
class Server {
  readonly heard: (Feedback | null)[] = [];
  private waiting: { yes: () => void; no: () => void }[] = [];

  say = (feedback: Feedback | null): Promise<void> => {
    this.heard.push(feedback);
    return new Promise((take, refuse) => this.waiting.push({ yes: take, no: () => refuse(REFUSED) }));
  };

  async answer(how: "yes" | "no"): Promise<void> {
    this.waiting.shift()?.[how]();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function reading() {
  const [opinions, server] = [new Opinions(), new Server()];
  const say = (feedback: Feedback | null, before: Feedback | null = null) =>
    opinions.say("wf_1", before, feedback, server.say);
  return { opinions, server, say, shown: () => opinions.of("wf_1") };
}

test("of a run of which nothing was said here, the server's word holds", () => {
  assert.equal(reading().shown(), undefined);
});

test("what is said is shown before the server has answered, and stays", async () => {
  const { server, say, shown } = reading();

  const isTaken = say(GOOD);
  assert.deepEqual(shown(), { feedback: GOOD, fault: null });
  await server.answer("yes");

  assert.equal(await isTaken, true);
  assert.deepEqual(shown(), { feedback: GOOD, fault: null });
});

test("what is refused gives way to what was said before, and tells why", async () => {
  const { server, say, shown } = reading();

  const isTaken = say(BAD, GOOD);
  await server.answer("no");

  assert.equal(await isTaken, false);
  assert.deepEqual(shown(), { feedback: GOOD, fault: REFUSED });
});

test("the next word forgets the refusal", async () => {
  const { server, say, shown } = reading();
  void say(BAD, GOOD);
  await server.answer("no");

  void say(null, GOOD);
  assert.deepEqual(shown(), { feedback: null, fault: null });
  await server.answer("yes");

  assert.deepEqual(server.heard, [BAD, null]);
});

test("quick words go one after the other, and only the last of those that wait", async () => {
  const { server, say, shown } = reading();

  const all = Promise.all([say(GOOD), say(BAD), say(null), say(BAD)]);
  assert.deepEqual(server.heard, [GOOD]);
  await server.answer("yes");
  await server.answer("yes");

  assert.deepEqual(await all, [true, true, true, true]);
  assert.deepEqual(server.heard, [GOOD, BAD]);
  assert.deepEqual(shown()?.feedback, BAD);
});

test("a refused word is no matter once there is another", async () => {
  const { server, say, shown } = reading();

  const first = say(GOOD);
  void say(BAD);
  await server.answer("no");
  await server.answer("yes");

  assert.equal(await first, true);
  assert.deepEqual(shown(), { feedback: BAD, fault: null });
});

test("whoever listens hears of every change, and each run has its own word", async () => {
  const { opinions, server, say } = reading();
  let changes = 0;
  const leave = opinions.subscribe(() => (changes += 1));

  void say(GOOD);
  void opinions.say("wf_2", null, BAD, server.say);
  leave();
  void say(null);

  assert.equal(changes, 2);
  assert.deepEqual(opinions.of("wf_2")?.feedback, BAD);
});
