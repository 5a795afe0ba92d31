/** The door: who is there, and what happens when a key is over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Door, type Access, type Place } from "../src/access/door.ts";

const person = (id: string) => ({ id, email: `${id}@example.org`, role: "user", scopes: [], method: "jwt" });

class Tab implements Place {
  readonly kept = new Map<string, string>();
  getItem = (name: string) => this.kept.get(name) ?? null;
  setItem = (name: string, value: string) => void this.kept.set(name, value);
  removeItem = (name: string) => void this.kept.delete(name);
}

/** A server that knows these keys. */
class Server {
  keys: Record<string, string> = { good: "ada", other: "ada", eve: "eve" };
  readonly asked: string[] = [];

  ask = (method: string, path: string, headers: Record<string, string>): Promise<Response> => {
    this.asked.push(`${method} ${path}`);
    const key = headers["Authorization"]?.replace("Bearer ", "");
    if (key === undefined)
      return Promise.resolve(Response.json({ principal: null, methods: ["key", "token"], is_open: false }));
    const id = this.keys[key];
    if (!id) return Promise.resolve(Response.json({ code: "token_expired", detail: "Over." }, { status: 401 }));
    return Promise.resolve(Response.json({ principal: person(id), methods: ["key", "token"], is_open: false }));
  };
}

function standing(kept: Record<string, string> = {}) {
  const tab = new Tab();
  for (const [name, value] of Object.entries(kept)) tab.setItem(name, value);
  const server = new Server();
  const door = new Door(server.ask, tab);
  const phase = () => door.getSnapshot().phase;
  return { tab, server, door, phase };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a server without the question lets everybody in", async () => {
  const door = new Door(() => Promise.resolve(Response.json({ code: "not_found" }, { status: 404 })), new Tab());

  await door.begin();

  assert.deepEqual(door.getSnapshot(), { phase: "in", principal: null } satisfies Access);
});

test("a server that does not answer is told of elsewhere", async () => {
  const door = new Door(() => Promise.reject(new TypeError("Failed to fetch")), new Tab());

  await door.begin();

  assert.equal(door.getSnapshot().phase, "in");
});

test("nobody is let in without a key, and a good one is kept for the tab", async () => {
  const { tab, door, phase } = standing();

  await door.begin();
  assert.deepEqual(door.getSnapshot(), { phase: "out", methods: ["key", "token"] } satisfies Access);
  await door.signIn("good");

  assert.equal(phase(), "in");
  assert.equal(await door.token(), "good");
  assert.deepEqual([...tab.kept.values()], ["good"]);
});

test("a bad key is refused with the server's code, and not kept", async () => {
  const { tab, door, phase } = standing();
  await door.begin();

  await assert.rejects(door.signIn("bad"), { code: "token_expired", status: 401 });

  assert.equal(phase(), "out");
  assert.equal(tab.kept.size, 0);
});

test("a key that was kept lets in at once, unless it is over", async () => {
  const good = standing({ "cantata.key": "good" });
  const old = standing({ "cantata.key": "old" });

  await good.door.begin();
  await old.door.begin();

  assert.deepEqual([good.phase(), old.phase()], ["in", "out"]);
  assert.equal(old.tab.kept.size, 0);
});

test("what is asked while the key is over waits, and goes on with the next one", async () => {
  const { door, phase } = standing({ "cantata.key": "good" });
  await door.begin();

  const waiting = [door.token("good"), door.token("good")];
  await turn();
  assert.equal(phase(), "over");
  const isSame = await door.signIn("other");

  assert.equal(isSame, true);
  assert.deepEqual(await Promise.all(waiting), ["other", "other"]);
});

test("a request that was refused with an older key gets the newer one at once", async () => {
  const { door } = standing({ "cantata.key": "good" });
  await door.begin();
  await door.signIn("other");

  assert.equal(await door.token("good"), "other");
});

test("another person is told apart", async () => {
  const { door } = standing({ "cantata.key": "good" });
  await door.begin();
  void door.token("good");
  await turn();

  assert.equal(await door.signIn("eve"), false);
});

test("signing out forgets the key here and the login there", async () => {
  const { tab, server, door } = standing({ "cantata.key": "good" });
  await door.begin();

  await door.signOut();

  assert.equal(tab.kept.size, 0);
  assert.equal(server.asked.at(-1), "POST /auth/logout");
});
