/** Where lines and bars stand. Pure: the components give them colours. */
import type { Rate } from "./rates.ts";

export interface Frame {
  from: number;
  to: number;
  top: number;
  width: number;
  height: number;
}

/** The next round number: 1, 2 or 5 times a power of ten. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((times) => times * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}

/** A line through *rates*, broken where nothing is known. */
export function linePath(rates: readonly Rate[], frame: Frame): string {
  let isDrawing = false;
  const parts: string[] = [];
  for (const { at, perSecond } of rates) {
    if (perSecond === null || at < frame.from) {
      isDrawing = false;
      continue;
    }
    const x = ((at - frame.from) / (frame.to - frame.from)) * frame.width;
    const y = frame.height - (Math.min(perSecond, frame.top) / frame.top) * frame.height;
    parts.push(`${isDrawing ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`);
    isDrawing = true;
  }
  return parts.join("");
}

export interface Bar {
  key: string;
  y: number;
  height: number;
}

/** Puts parts upon each other; what is nothing gets no bar. */
export function stacked(parts: readonly { key: string; value: number }[], top: number, height: number): Bar[] {
  let y = height;
  return parts
    .filter(({ value }) => value > 0)
    .map(({ key, value }) => {
      const size = (value / top) * height;
      y -= size;
      return { key, y, height: size };
    });
}
