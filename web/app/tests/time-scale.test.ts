import assert from "node:assert/strict";
import { test } from "node:test";
import { createClock } from "../src/panels/clock.ts";
import { axisLabel, labelPx, merged, niceStep, roomAhead, roughly, timeScale } from "../src/panels/timeScale.ts";

const HOUR = 3_600_000;
const near = (value: number, wanted: number) => assert.ok(Math.abs(value - wanted) < 1e-9, `${value} is not ${wanted}`);

test("where something always runs, places are proportional to time", () => {
  const scale = timeScale([{ from: 0, to: 1_000 }], 0, 1_000);

  near(scale.at(0), 0);
  near(scale.at(250), 0.25);
  near(scale.at(1_000), 1);
  assert.deepEqual(scale.breaks, []);
});

test("an hour of waiting takes little room, and the axis still ends at its end", () => {
  const scale = timeScale(
    [
      { from: 0, to: 1_000 },
      { from: HOUR, to: HOUR + 1_000 },
    ],
    0,
    HOUR + 1_000,
  );

  near(scale.at(HOUR + 1_000), 1);
  assert.equal(scale.breaks.length, 1);
  assert.ok(scale.breaks[0]!.width < 0.15);
  near(scale.at(1_000), scale.breaks[0]!.at);
  near(scale.at(HOUR) - scale.at(1_000), scale.breaks[0]!.width);
});

test("places never go back", () => {
  const scale = timeScale(
    [
      { from: 0, to: 500 },
      { from: 40_000, to: 41_000 },
      { from: 90_000, to: 90_100 },
    ],
    0,
    90_100,
  );
  const places = Array.from({ length: 902 }, (_, index) => scale.at(index * 100));

  assert.ok(places.every((place, index) => index === 0 || place >= places[index - 1]!));
});

test("a short pause is no break", () => {
  assert.deepEqual(
    timeScale(
      [
        { from: 0, to: 400 },
        { from: 1_400, to: 1_800 },
      ],
      0,
      1_800,
    ).breaks,
    [],
  );
});

test("ticks are round and few", () => {
  const { ticks } = timeScale([{ from: 0, to: 18_700 }], 0, 18_700);

  assert.deepEqual(
    ticks.map((tick) => tick.label),
    ["0", "5 s", "10 s", "15 s"],
  );
});

test("however narrow an axis is, no label touches another one, a break or its end", () => {
  const waited = [
    { from: 0, to: 900 },
    { from: HOUR, to: HOUR + 1_600 },
  ];
  const runs = [
    [{ from: 0, to: 2_500 }],
    [{ from: 0, to: 700 }],
    [{ from: 0, to: 6_180 }],
    [{ from: 0, to: 190_000 }],
    waited,
  ];
  const gaps = runs.flatMap((busy) =>
    [90, 140, 184, 260, 500].flatMap((wide) => {
      const { ticks, breaks } = timeScale(busy, 0, busy.at(-1)!.to, wide);
      const ends = [...ticks, ...breaks.map(({ at }) => ({ at, label: "" })), { at: 1, label: "" }].toSorted(
        (one, other) => one.at - other.at,
      );
      return ends
        .slice(1)
        .map(
          (next, index) =>
            (next.at - ends[index]!.at) * wide - (ends[index]!.label === "" ? 0 : labelPx(ends[index]!.label)),
        );
    }),
  );

  assert.deepEqual(
    gaps.filter((gap) => gap < -1e-6),
    [],
  );
});

test("a narrow axis has steps of its own", () => {
  const labels = (wide: number) => timeScale([{ from: 0, to: 2_500 }], 0, 2_500, wide).ticks.map(({ label }) => label);

  assert.deepEqual([140, 194, 400].map(labels), [
    ["0", "1 s", "2 s"],
    ["0", "1 s", "2 s"],
    ["0", "500 ms", "1.0 s", "1.5 s", "2.0 s"],
  ]);
});

test("steps of the axis are 1, 2, 5 … and whole minutes", () => {
  assert.deepEqual([3, 17, 640, 12_000, 70_000].map(niceStep), [5, 20, 1_000, 20_000, 120_000]);
});

test("labels have the decimals that their step needs", () => {
  assert.deepEqual(
    [
      axisLabel(200, 50),
      axisLabel(1_050, 50),
      axisLabel(1_500, 500),
      axisLabel(20_000, 5_000),
      axisLabel(240_000, 120_000),
    ],
    ["200 ms", "1.05 s", "1.5 s", "20 s", "4 min"],
  );
});

test("a wait is told in one unit", () => {
  assert.deepEqual([4_400, 350_000, 2 * HOUR, 72 * HOUR].map(roughly), ["4 s", "6 min", "2 h", "3 d"]);
});

test("many waits leave half of the axis to the work", () => {
  const busy = Array.from({ length: 20 }, (_, index) => ({ from: index * HOUR, to: index * HOUR + 100 }));
  const scale = timeScale(busy, 0, 19 * HOUR + 100);

  near(
    scale.breaks.reduce((sum, one) => sum + one.width, 0),
    0.5,
  );
  near(scale.at(scale.to), 1);
});

test("stretches that overlap are joined", () => {
  assert.deepEqual(
    merged([
      { from: 5, to: 9 },
      { from: 0, to: 3 },
      { from: 2, to: 6 },
    ]),
    [{ from: 0, to: 9 }],
  );
});

test("a growing axis has room ahead, and moves in steps", () => {
  const ends = [4_100, 4_200, 4_300].map((now) => roomAhead(0, now));

  assert.ok(ends.every((end) => end > 4_300));
  assert.equal(new Set(ends).size, 1);
});

test("a clock that is behind the server's catches up with what it hears", () => {
  const clock = createClock();
  clock.see(10_000, 4_000);

  assert.equal(clock.now(4_500), 10_500);
});

test("what was told before the page looked says nothing of the clocks", () => {
  const clock = createClock();
  clock.see(1_000, 60_000);

  assert.equal(clock.now(61_000), 61_000);
});

test("what comes while the page looks sets a clock that is ahead right", () => {
  const clock = createClock();
  clock.see(1_000, 60_000);
  clock.see(2_000, 61_000);

  assert.equal(clock.now(61_500), 2_500);
});
