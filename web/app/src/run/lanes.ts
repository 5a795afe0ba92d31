/** Which steps of one graph were at work side by side. */
import { endOf, startOf, type SeenStep } from "./entries.ts";

/** Clocks are read to the millisecond, and durations are rounded: so much of an overlap says nothing. */
const SLACK_MS = 3;

/**
 * Cuts *steps*, all of one parent and in the order of their start, into rounds; those of one round ran side by side.
 * A superstep says so exactly. Without it the times tell.
 */
export function rounds(steps: readonly SeenStep[]): SeenStep[][] {
  return steps.every((step) => typeof step.superstep === "number") ? bySuperstep(steps) : byTime(steps);
}

function bySuperstep(steps: readonly SeenStep[]): SeenStep[][] {
  const found = new Map<SeenStep["superstep"], SeenStep[]>();
  for (const step of steps) {
    const round = found.get(step.superstep);
    if (round) round.push(step);
    else found.set(step.superstep, [step]);
  }
  return [...found.values()];
}

function byTime(steps: readonly SeenStep[]): SeenStep[][] {
  const found: SeenStep[][] = [];
  let lastEnd = -Infinity;
  for (const step of steps) {
    const start = startOf(step);
    const round = found.at(-1);
    const isBeside = start !== undefined && (start < lastEnd - SLACK_MS || isTwin(round?.at(-1), step, start));
    if (round && isBeside) round.push(step);
    else found.push([step]);
    lastEnd = Math.max(isBeside ? lastEnd : -Infinity, ended(step));
  }
  return found;
}

/** One node sent out several times begins several times at once, however short the work. */
function isTwin(before: SeenStep | undefined, step: SeenStep, start: number): boolean {
  const earlier = before && startOf(before);
  return before?.name === step.name && earlier !== undefined && start - earlier < SLACK_MS;
}

const ended = (step: SeenStep) => (step.status === "running" ? Infinity : (endOf(step) ?? -Infinity));
