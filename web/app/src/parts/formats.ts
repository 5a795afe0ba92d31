/** Times and numbers as people read them. */

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** `800 ms`, `4.2 s`, `1 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 59.95) return `${seconds.toFixed(1).replace(/\.0$/, "")} s`;
  const whole = Math.round(seconds);
  if (whole < 3_600) return joined(Math.floor(whole / 60), "min", whole % 60, "s");
  const minutes = Math.round(whole / 60);
  return joined(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

/** `950`, `12.4k`, `3.1M`. */
export function count(value: number): string {
  if (value < 1_000) return String(value);
  if (value < 999_950) return `${shortened(value / 1_000)}k`;
  return `${shortened(value / 1_000_000)}M`;
}

/** `$0.0012`, `$1.20`; nothing costs `$0`. */
export function money(usd: number): string {
  if (usd === 0) return "$0";
  return `$${usd < 0.01 ? usd.toFixed(decimals(usd)).replace(/0+$/, "") : usd.toFixed(2)}`;
}

/** `340 B`, `12.4 kB`, `3.1 MB`. */
export function bytes(size: number): string {
  if (size < 1_000) return `${size} B`;
  return size < 999_950 ? `${shortened(size / 1_000)} kB` : `${shortened(size / 1_000_000)} MB`;
}

/** `just now`, `5 minutes ago`, `yesterday`. */
export function ago(time: Date, now: Date): string {
  const seconds = (time.getTime() - now.getTime()) / 1_000;
  const [unit, size] = UNITS.find(([, length]) => -seconds >= length) ?? [];
  if (unit === undefined || size === undefined) return "just now";
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

/** *noun* with its number: `1 step`, `3 steps`. */
export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

const shortened = (value: number) => value.toFixed(1).replace(/\.0$/, "");
const decimals = (usd: number) => Math.min(8, 1 - Math.floor(Math.log10(usd)));

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
