/**
 * From moments to places on the time axis.
 *
 * Where nothing ran for long, because a human was asked or the server was down, the axis is broken: an hour of waiting
 * takes as much room as is needed to be seen.
 */

export interface Stretch {
  from: number;
  to: number;
}

/** A wait that is drawn shorter than it was. */
export interface Break extends Stretch {
  /** From 0 to 1 along the axis. */
  at: number;
  width: number;
}

export interface Tick {
  /** From 0 to 1 along the axis. */
  at: number;
  label: string;
}

export interface TimeScale {
  /** The place of a moment, from 0 to 1. */
  at(moment: number): number;
  ticks: Tick[];
  breaks: Break[];
  from: number;
  to: number;
}

const LEAST_BREAK_MS = 3_000;
const BREAK_SHARE = 0.14; // of the axis, for each break
const MOST_BREAKS = 0.5; // of the axis, for all of them
const USUAL_PX = 400; // of an axis that nobody has measured yet
const BREAK_LABEL_PX = 40; // "45 min"
const MOST_TICKS = 5;

/**
 * Makes an axis from *from* to *to* on which the *busy* stretches have their true proportions. On one that is few
 * pixels *wide* there are few labels: none touches another.
 */
export function timeScale(busy: readonly Stretch[], from: number, to: number, wide = USUAL_PX): TimeScale {
  const end = Math.max(to, from + 1);
  const waits = waitsIn(merged(busy), from, end);
  const working = end - from - waits.reduce((sum, wait) => sum + wait.to - wait.from, 0);
  const perMs =
    (1 - Math.min(MOST_BREAKS, Math.max(BREAK_SHARE, BREAK_LABEL_PX / wide) * waits.length)) / Math.max(1, working);
  const breakWidth = waits.length === 0 ? 0 : (1 - perMs * Math.max(1, working)) / waits.length;
  const at = (moment: number): number => {
    const time = Math.min(end, Math.max(from, moment));
    let place = (time - from) * perMs;
    for (const wait of waits) {
      if (time <= wait.from) break;
      const within = Math.min(time, wait.to) - wait.from;
      place += (within / (wait.to - wait.from)) * breakWidth - within * perMs;
    }
    return place;
  };
  const breaks = waits.map((wait) => ({ ...wait, at: at(wait.from), width: breakWidth }));
  return { at, from, to: end, breaks, ticks: ticksOf({ at, from, to: end, breaks }, working, wide) };
}

function waitsIn(busy: readonly Stretch[], from: number, to: number): Stretch[] {
  const working = busy.reduce((sum, one) => sum + one.to - one.from, 0);
  const least = Math.max(LEAST_BREAK_MS, working * 0.3);
  const edges = [from, ...busy.flatMap((one) => [one.from, one.to]), to];
  const gaps: Stretch[] = [];
  for (let index = 0; index < edges.length; index += 2) gaps.push({ from: edges[index]!, to: edges[index + 1]! });
  return gaps.filter((gap) => gap.to - gap.from >= least);
}

/** The end of an axis on which bars still grow: it moves in steps, so that the picture stands still between them. */
export function roomAhead(from: number, now: number): number {
  const step = niceStep((now - from) / 4);
  return from + Math.ceil((now - from + step / 4) / step) * step;
}

/** Joins what overlaps. */
export function merged(stretches: readonly Stretch[]): Stretch[] {
  const joined: Stretch[] = [];
  for (const one of stretches.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last && one.from <= last.to) last.to = Math.max(last.to, one.to);
    else joined.push({ ...one });
  }
  return joined;
}

function ticksOf({ at, from, to, breaks }: Omit<TimeScale, "ticks">, working: number, wide: number): Tick[] {
  const step = stepFor(working, (1 - breaks.reduce((sum, one) => sum + one.width, 0)) * wide);
  const ticks: Tick[] = [{ at: 0, label: "0" }];
  if ((to - from) / step > 10_000) return ticks; // a long wait in a short run: the breaks say how long
  for (let offset = step; from + offset <= to; offset += step) {
    const place = at(from + offset);
    const label = axisLabel(offset, step);
    const end = place + labelPx(label) / wide;
    const isHidden = breaks.some((one) => end > one.at && place < one.at + one.width + 0.01);
    const last = ticks.at(-1)!;
    const hasRoom = place >= last.at + labelPx(last.label) / wide && end <= 1;
    if (!isHidden && hasRoom) ticks.push({ at: place, label });
  }
  return ticks;
}

/** The least step at which the labels of *working* milliseconds stand beside each other in *px* pixels. */
function stepFor(working: number, px: number): number {
  const widest = (step: number) =>
    Math.max(...[step, working - (working % step)].map((ms) => labelPx(axisLabel(ms, step))));
  let step = niceStep(working / MOST_TICKS);
  while (step < working && (step / working) * px < widest(step)) step = niceStep(step + 1);
  return step;
}

/** How wide a label is, and a little more: its letters are small, and its digits all as wide. */
export const labelPx = (label: string): number => 4 + 7 * label.length;

/** The next of 1, 2, 5, 10, 20, 50 … milliseconds; of whole minutes from there on. */
export function niceStep(ms: number): number {
  if (ms > 30_000)
    return (
      [60_000, 120_000, 300_000, 600_000, 1_800_000].find((step) => step >= ms) ?? 3_600_000 * Math.ceil(ms / 3_600_000)
    );
  const power = 10 ** Math.floor(Math.log10(Math.max(1, ms)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= ms) ?? 10 * power;
}

/** How long a wait was, in one unit. */
export function roughly(ms: number): string {
  if (ms < 60_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`;
}

export function axisLabel(ms: number, step: number): string {
  if (ms < 1_000 && step < 1_000) return `${ms} ms`;
  if (step >= 60_000) return `${Math.round(ms / 60_000)} min`;
  const seconds = ms / 1_000;
  return `${step < 100 ? seconds.toFixed(2) : step < 1_000 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}

/** A place or a length along the axis, for a style. */
export const percent = (share: number): string => `${(share * 100).toFixed(3)}%`;
