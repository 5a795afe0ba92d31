/** Values of any shape as something to look at: a table, a picture, text, or JSON. */
import { pictureIn } from "../markdown/pictures.ts";

export type Shape =
  | { kind: "table"; columns: string[]; rows: Record<string, unknown>[] }
  | { kind: "record"; members: [name: string, value: string][] }
  | { kind: "text"; text: string }
  | { kind: "picture"; address: string }
  | { kind: "json"; text: string }
  | { kind: "nothing" };

const MANY_COLUMNS = 8;

/** Returns how *value* is best shown. A text that is JSON counts as what it says. */
export function shapeOf(value: unknown): Shape {
  const meant = typeof value === "string" ? parsed(value) : value;
  if (meant === null || meant === undefined || meant === "") return { kind: "nothing" };
  const address = pictureIn(meant);
  if (address) return { kind: "picture", address };
  const columns = columnsOf(meant);
  if (columns) return { kind: "table", columns, rows: meant as Record<string, unknown>[] };
  if (typeof meant === "string") return { kind: "text", text: meant };
  if (isRecord(meant) && isShort(meant))
    return { kind: "record", members: Object.entries(meant).map(([name, member]) => [name, pretty(member)]) };
  return { kind: "json", text: pretty(meant) };
}

function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The columns, if *value* is a list of flat records that have most of their members in common. */
function columnsOf(value: unknown): string[] | null {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isFlat)) return null;
  const columns = [...new Set(value.flatMap((row) => Object.keys(row as object)))];
  return columns.length > 0 && columns.length <= MANY_COLUMNS ? columns : null;
}

const isFlat = (row: unknown): boolean =>
  isRecord(row) && Object.values(row).every((cell) => typeof cell !== "object" || cell === null);

/** A few members without parts of their own need no braces. */
const isShort = (value: Record<string, unknown>): boolean =>
  isFlat(value) &&
  Object.keys(value).length <= MANY_COLUMNS &&
  Object.keys(value).length > 0 &&
  JSON.stringify(value).length < 600;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function pretty(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
}

/** Returns *args* on one line: `expression: 17*23, digits: 2`. */
export function summary(args: unknown, length = 90): string {
  if (args === null || args === undefined) return "";
  const entries = isRecord(args) ? Object.entries(args) : [];
  const said = isRecord(args)
    ? entries.map(([name, value]) => (entries.length === 1 ? short(value) : `${name}: ${short(value)}`)).join(", ")
    : short(args);
  return cut(said, length);
}

const short = (value: unknown): string =>
  (typeof value === "string" ? value : (JSON.stringify(value) ?? "")).replace(/\s+/g, " ").trim();

export const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1).trimEnd()}…` : text;

/** Returns the first words of markdown, without its marks. */
export function firstWords(markdown: string, length = 140): string {
  const line = markdown
    .slice(0, 2_000)
    .split("\n")
    .map((said) => said.replace(/^[\s>#*+-]+|[*_`~]{1,3}|\[([^\]]*)\]\([^)]*\)/g, "$1").trim())
    .filter((said) => said && !/^[|:\s=-]+$/.test(said))
    .join(" ");
  return cut(line, length);
}

/** Returns the beginning of a long text, up to the end of a line; the whole of it if it is short. */
export function beginning(text: string, lines: number, chars: number): string {
  const first = text.split("\n", lines).join("\n");
  return first.length > chars ? first.slice(0, chars) : first;
}

/** Returns what went wrong in words, if anything did. */
export function faultOf(error: unknown): string | null {
  if (!isRecord(error)) return typeof error === "string" ? error : null;
  const { type, message } = error;
  return [type, message].filter((said) => typeof said === "string" && said).join(": ") || null;
}
