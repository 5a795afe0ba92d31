import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, bytes, count, counted, duration, money } from "../src/parts/formats.ts";

const DURATIONS: [number, string][] = [
  [0, "0 ms"],
  [812.4, "812 ms"],
  [1_000, "1 s"],
  [4_240, "4.2 s"],
  [59_960, "1 min"],
  [80_000, "1 min 20 s"],
  [3_600_000, "1 h"],
  [7_500_000, "2 h 5 min"],
];
for (const [ms, said] of DURATIONS) test(`${ms} ms are ${said}`, () => assert.equal(duration(ms), said));

const COUNTS: [number, string][] = [
  [0, "0"],
  [999, "999"],
  [12_400, "12.4k"],
  [999_960, "1M"],
  [3_100_000, "3.1M"],
];
for (const [value, said] of COUNTS) test(`${value} is ${said}`, () => assert.equal(count(value), said));

const PRICES: [number, string][] = [
  [0, "$0"],
  [0.00123, "$0.0012"],
  [0.0000005, "$0.0000005"],
  [0.012, "$0.01"],
  [1.2, "$1.20"],
];
for (const [usd, said] of PRICES) test(`${usd} dollars are ${said}`, () => assert.equal(money(usd), said));

test("sizes have units", () =>
  assert.deepEqual([bytes(340), bytes(12_400), bytes(3_100_000)], ["340 B", "12.4 kB", "3.1 MB"]));

const NOW = new Date("2026-11-21T12:00:00Z");
const AGES: [string, string][] = [
  ["2026-11-21T12:00:05Z", "just now"],
  ["2026-11-21T11:59:30Z", "just now"],
  ["2026-11-21T11:55:00Z", "5 minutes ago"],
  ["2026-11-20T11:00:00Z", "yesterday"],
];
for (const [time, said] of AGES) test(`${time} was ${said}`, () => assert.equal(ago(new Date(time), NOW), said));

test("one of a thing is said in the singular", () => {
  assert.deepEqual([counted(1, "step"), counted(3, "step")], ["1 step", "3 steps"]);
});
