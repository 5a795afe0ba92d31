/** How long was thought and worked, as it is told live and afterwards. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Item } from "../src/run/items.ts";
import { outline } from "../src/run/outline.ts";
import { live, run, until } from "./runs.ts";

const RECORDED = ["assistant", "showcase"];

const works = (items: readonly Item[]): (number | null)[] =>
  items.flatMap((item) =>
    item.kind === "work"
      ? [item.durationMs]
      : item.kind === "step"
        ? works(item.items)
        : item.kind === "lanes"
          ? works(item.lanes)
          : [],
  );

test("how long was thought is told afterwards as it was told live, or not at all", () => {
  const told = RECORDED.map((name) => {
    const seen = works(outline(live(name)).items);
    return works(outline(run(name)).items).map((ms, at) => ms === null || ms === seen[at]);
  });

  assert.deepEqual(
    told.map((same) => same.length > 0 && same.every(Boolean)),
    RECORDED.map(() => true),
  );
});

test("who saw the answer begin knows how long was thought before it", () => {
  const times = works(outline(until("assistant", (event) => event.type === "message_delta")).items);

  assert.deepEqual(
    times.map((ms) => ms !== null),
    [true],
  );
});
