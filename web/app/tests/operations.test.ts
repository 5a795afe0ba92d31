/** Operations: rates from totals, and where lines and bars stand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { linePath, roundUp, stacked } from "../src/operations/chart.ts";
import { daysOf } from "../src/operations/days.ts";
import { ratesOf, rateNow, withSample, type Sample } from "../src/operations/rates.ts";
import type { Totals, UsageRow } from "../src/operations/shapes.ts";

const totals = (tokens: number): Totals => ({
  completed: 0,
  failed: 0,
  cancelled: 0,
  model_calls: 0,
  model_errors: 0,
  tokens,
  cost_usd: 0,
  tool_calls: 0,
  bytes_sent: 0,
  problems: 0,
});
const sample = (at: number, tokens: number): Sample => ({ at, totals: totals(tokens) });
const seen = (...samples: Sample[]) => samples.reduce<Sample[]>((before, one) => withSample(before, one), []);

test("a rate is the difference over the time between", () => {
  const rates = ratesOf(seen(sample(0, 0), sample(2_000, 10), sample(6_000, 10)), "tokens");

  assert.deepEqual(
    rates.map(({ perSecond }) => perSecond),
    [5, 0],
  );
  assert.equal(rateNow(rates), 0);
});

test("of the time in which nobody looked nothing is said", () => {
  assert.deepEqual(ratesOf(seen(sample(0, 0), sample(60_000, 600)), "tokens"), [{ at: 60_000, perSecond: null }]);
});

test("a new process begins anew, instead of falling", () => {
  assert.deepEqual(seen(sample(0, 500), sample(2_000, 3)), [sample(2_000, 3)]);
});

test("samples older than ten minutes go, and one that comes twice counts once", () => {
  assert.deepEqual(
    seen(sample(0, 0), sample(300_000, 1), sample(650_000, 2), sample(650_000, 2)).map(({ at }) => at),
    [300_000, 650_000],
  );
});

test("the top of a chart is a round number above what is drawn", () => {
  assert.deepEqual([0, 0.3, 1, 1.2, 4.9, 50, 51, 700].map(roundUp), [1, 0.5, 1, 2, 5, 50, 100, 1_000]);
});

test("a line is broken where nothing is known, and leaves out what is too old", () => {
  const frame = { from: 1_000, to: 5_000, top: 10, width: 100, height: 50 };
  const rates = [0, 1_000, 2_000, 3_000, 4_000, 5_000].map((at) => ({
    at,
    perSecond: at === 3_000 ? null : at / 1_000,
  }));

  assert.equal(linePath(rates, frame), "M0.0 45.0L25.0 40.0M75.0 30.0L100.0 25.0");
});

test("bars stand upon each other", () => {
  const parts = [
    { key: "a", value: 2 },
    { key: "b", value: 0 },
    { key: "c", value: 3 },
  ];

  assert.deepEqual(stacked(parts, 10, 100), [
    { key: "a", y: 80, height: 20 },
    { key: "c", y: 50, height: 30 },
  ]);
});

const row = (day: string, model: string, cost_usd: number | null): UsageRow => ({
  day,
  model,
  calls: 1,
  unpriced: 0,
  total_tokens: 10,
  cost_usd,
});

test("every day has its place, and the dearest model comes first", () => {
  const { days, models } = daysOf(
    [row("2026-01-31", "small", 1), row("2026-02-02", "large", 4), row("2026-02-02", "unknown", null)],
    "2026-01-31",
    "2026-02-02",
    "cost_usd",
  );

  assert.deepEqual(models, ["large", "small", "unknown"]);
  assert.deepEqual(
    days.map(({ day, total }) => [day, total]),
    [
      ["2026-01-31", 1],
      ["2026-02-01", 0],
      ["2026-02-02", 4],
    ],
  );
});

test("of many models the small ones are put together", () => {
  const rows = ["a", "b", "c", "d", "e", "f"].map((model, at) => row("2026-01-01", model, 10 - at));

  const { days, models } = daysOf(rows, "2026-01-01", "2026-01-01", "cost_usd");

  assert.deepEqual(models, ["a", "b", "c", "d", "other"]);
  assert.deepEqual(days[0]?.parts.at(-1), { key: "other", value: 11 });
});
