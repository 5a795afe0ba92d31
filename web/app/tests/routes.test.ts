import assert from "node:assert/strict";
import { test } from "node:test";
import { hashOf, routeOf, type Route } from "../src/shell/routes.ts";

const ROUTES: [string, Route][] = [
  ["#/", { name: "start" }],
  ["#/compose", { name: "compose" }],
  ["#/ops", { name: "operations" }],
  ["#/s/sess_1", { name: "session", sessionId: "sess_1" }],
  ["#/s/sess_1/w/wf_2", { name: "session", sessionId: "sess_1", workflowId: "wf_2" }],
  ["#/s/a%2Fb", { name: "session", sessionId: "a/b" }],
];

for (const [hash, route] of ROUTES) {
  test(`${hash} is read and written`, () => {
    assert.deepEqual(routeOf(hash), route);
    assert.equal(hashOf(route), hash);
  });
}

for (const hash of ["", "#", "#/nothing/here", "#/s", "#/s/"]) {
  test(`"${hash}" leads to the start`, () => assert.deepEqual(routeOf(hash), { name: "start" }));
}

test("a broken escape in an address is taken as it is", () => {
  assert.deepEqual(routeOf("#/s/100%"), { name: "session", sessionId: "100%" });
});

test("a run needs its own part of the address", () => {
  assert.deepEqual(routeOf("#/s/one/x/wf_2"), { name: "session", sessionId: "one" });
});
