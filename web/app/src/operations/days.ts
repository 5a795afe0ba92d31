/** Usage by day and model, in the order in which it is drawn. Pure. */
import type { UsageRow } from "./shapes.ts";

export type Measure = "cost_usd" | "total_tokens";

export interface Day {
  day: string;
  total: number;
  /** By model, in the order of `models`. */
  parts: { key: string; value: number }[];
}

export interface Days {
  days: Day[];
  /** Those with the most first; what is left over is `other`. */
  models: string[];
}

const MOST_MODELS = 4;
export const OTHER = "other";

/** Every day between *from* and *to* has its place, also one without usage. */
export function daysOf(rows: readonly UsageRow[], from: string, to: string, measure: Measure): Days {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(row.model, (sums.get(row.model) ?? 0) + (row[measure] ?? 0));
  const byUse = [...sums.keys()].toSorted((one, other) => (sums.get(other) ?? 0) - (sums.get(one) ?? 0));
  const named = byUse.length > MOST_MODELS + 1 ? byUse.slice(0, MOST_MODELS) : byUse;
  const models = named.length < byUse.length ? [...named, OTHER] : named;
  const days = daysBetween(from, to).map((day) => {
    const values = new Map(models.map((model) => [model, 0]));
    for (const row of rows.filter((one) => one.day === day)) {
      const key = named.includes(row.model) ? row.model : OTHER;
      values.set(key, (values.get(key) ?? 0) + (row[measure] ?? 0));
    }
    const parts = [...values].map(([key, value]) => ({ key, value }));
    return { day, parts, total: parts.reduce((sum, { value }) => sum + value, 0) };
  });
  return { days, models };
}

function daysBetween(from: string, to: string): string[] {
  const days: string[] = [];
  const DAY_MS = 86_400_000;
  for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}
