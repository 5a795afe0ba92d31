/** Makes markdown that has not ended yet look as it will: what is open is closed, and half a mark is not shown. */

const FENCE = /^ {0,3}(`{3,}|~{3,})/;

/** Returns *block*, the last of a growing text, fit to be shown. */
export function repair(block: string): string {
  const lines = block.split("\n");
  if (isInFence(lines)) return block; // an open fence runs to the end, as it should
  return closed(table(withoutHalfMark(lines)).join("\n"));
}

function isInFence(lines: readonly string[]): boolean {
  let fence = "";
  for (const line of lines) {
    const mark = FENCE.exec(line)?.[1];
    if (!mark) continue;
    if (!fence) fence = mark;
    else if (mark.startsWith(fence)) fence = "";
  }
  return fence !== "";
}

/** `-` below a line would make it a heading, while it is only the beginning of a list or a rule. */
function withoutHalfMark(lines: readonly string[]): string[] {
  const last = lines.at(-1) ?? "";
  const isHalf = /^\s*(?:[-=]{1,2}|[*+]{1,2}|#{1,6}|`{1,2}|~{1,2}|\d{1,9}[.)]?)\s*$/.test(last);
  return isHalf ? lines.slice(0, -1) : [...lines];
}

/** A row of cells is a table only with the line below it: it is put there, or completed. */
function table(lines: string[]): string[] {
  const header = lines.findIndex((line, at) => isRow(line) && (at === 0 || !(lines[at - 1] ?? "").trim()));
  const row = lines[header];
  if (row === undefined || header < lines.length - 2) return lines;
  const below = lines[header + 1];
  if (below !== undefined && !/^\s*\|?[\s:|-]*$/.test(below)) return lines;
  const cells = row
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|").length;
  return [...lines.slice(0, header), `${row.trim().replace(/\|$/, "")}|`, `|${" --- |".repeat(cells)}`];
}

const isRow = (line: string) => /^\s*\|.*\S/.test(line);

function closed(text: string): string {
  const shown = text.replace(/!?\[([^\]\n]*)(?:\]\([^)\n]*)?$/, "$1").replace(/<[a-z/!][^>\n]*$/i, "");
  const code = /(?<!`)(`+)(?!`)/g;
  const marks = [...shown.matchAll(code)].map((match) => match[1] ?? "");
  let open = "";
  for (const mark of marks) open = open === "" ? mark : open === mark ? "" : open;
  if (open) return endsWithMark(shown, open) ? shown.slice(0, -open.length) : shown + open;
  return emphasised(shown);
}

function emphasised(text: string): string {
  const paragraph = text.slice(text.lastIndexOf("\n\n") + 1).replace(/`[^`]*`/g, (code) => "x".repeat(code.length));
  let shown = text;
  for (const mark of ["~~", "**", "__"]) {
    if (paragraph.split(mark).length % 2 === 1) continue;
    if (endsWithMark(shown, mark)) return shown.slice(0, -mark.length).trimEnd();
    shown = shown.trimEnd() + mark;
  }
  // Only a mark that stands before a word opens: `17*23` is no beginning of anything.
  const last = /(^|[\s([{"'])\*(?![\s*])[^*]*$/.test(paragraph.replaceAll("**", ""));
  if (last && !shown.endsWith("*")) return `${shown.trimEnd()}*`;
  return shown.replace(/(?<![*\\])\*$/, "");
}

const endsWithMark = (text: string, mark: string) => text.trimEnd().endsWith(mark);
