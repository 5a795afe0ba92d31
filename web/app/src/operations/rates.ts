/** How much happens, from totals that only grow. Pure: knows no clock and no server. */
import type { Totals } from "./shapes.ts";

export interface Sample {
  at: number; // milliseconds
  totals: Totals;
}

/** What happened per second up to a moment; null where nothing is known of the time before it. */
export interface Rate {
  at: number;
  perSecond: number | null;
}

const KEPT_MS = 600_000;

/** Longer than that nobody asked: the page was hidden, and a mean over the time would be no news. */
const HOLE_MS = 15_000;

/** Adds a sample, and lets old ones go. Totals that went back tell of a new process, with which all begins anew. */
export function withSample(samples: readonly Sample[], sample: Sample): Sample[] {
  const last = samples.at(-1);
  if (last && sample.at <= last.at) return [...samples];
  const names = Object.keys(sample.totals) as (keyof Totals)[];
  const isNew = last !== undefined && names.some((name) => sample.totals[name] < last.totals[name]);
  return [...(isNew ? [] : samples.filter(({ at }) => at > sample.at - KEPT_MS)), sample];
}

export function ratesOf(samples: readonly Sample[], name: keyof Totals): Rate[] {
  return samples.slice(1).map((sample, at) => {
    const before = samples[at] ?? sample;
    const ms = sample.at - before.at;
    const isKnown = ms > 0 && ms <= HOLE_MS;
    return { at: sample.at, perSecond: isKnown ? ((sample.totals[name] - before.totals[name]) * 1_000) / ms : null };
  });
}

/** The last rate that is known. */
export const rateNow = (rates: readonly Rate[]): number => rates.at(-1)?.perSecond ?? 0;
