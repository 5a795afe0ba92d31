import assert from "node:assert/strict";
import { test } from "node:test";
import { fitted, moved, showing, zoomed } from "../src/panels/viewport.ts";

test("a large picture is made to fit, a small one is not blown up", () => {
  const large = fitted({ width: 1_000, height: 200 }, { width: 540, height: 400 });

  assert.equal(large.scale, 0.5);
  assert.equal(large.x, 20);
  assert.equal(large.y, 150);
  assert.equal(fitted({ width: 10, height: 10 }, { width: 500, height: 500 }).scale, 1.1);
});

test("what is under the pointer stays there while it grows", () => {
  const [before, place] = [
    { x: 30, y: 40, scale: 1 },
    { x: 130, y: 90 },
  ];
  const after = zoomed(before, 1.5, place);

  assert.equal((place.x - after.x) / after.scale, (place.x - before.x) / before.scale);
  assert.equal((place.y - after.y) / after.scale, (place.y - before.y) / before.scale);
});

test("nothing grows or shrinks without end", () => {
  const view = { x: 0, y: 0, scale: 1 };

  assert.equal(zoomed(view, 1_000, view).scale, 2.5);
  assert.equal(zoomed(view, 0.001, view).scale, 0.2);
});

test("a picture is moved as it is", () => {
  assert.deepEqual(moved({ x: 1, y: 2, scale: 0.7 }, 3, 4), { x: 4, y: 6, scale: 0.7 });
});

test("a frame that has no size yet shows the picture as it is", () => {
  assert.deepEqual(fitted({ width: 100, height: 100 }, { width: 0, height: 0 }), { x: 0, y: 0, scale: 1 });
});

test("what is not seen is brought to the middle, what is seen stays", () => {
  const [view, room, place] = [
    { x: 0, y: 0, scale: 1 },
    { width: 100, height: 100 },
    { x: 300, y: 0, width: 20, height: 20 },
  ];

  assert.deepEqual(showing(view, place, room), { x: -260, y: 40, scale: 1 });
  assert.equal(showing(view, { ...place, x: 10 }, room), view);
});
