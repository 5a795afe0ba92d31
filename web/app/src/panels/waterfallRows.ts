/** The rows of a waterfall: spans as a tree, cut to what was asked for. */
import type { Workflow } from "@cantata/client";
import { grouped } from "./grouped.ts";
import { spansOf, type Span, type SpanKind } from "./spans.ts";

export interface Row {
  span: Span;
  level: number;
  hasChildren: boolean;
  isOpen: boolean;
}

export interface Wanted {
  /** Words that must all be in a row's name, note, agent, model, path or status. */
  text: string;
  hideVoid: boolean;
  /** The ids of rows whose children are not shown. */
  closed: ReadonlySet<string>;
}

const PLAIN = new Set(["model", "tools"]); // what LangChain's agents call the steps around one call

export function rowsOf(spans: readonly Span[], wanted: Wanted): Row[] {
  const shown = wanted.hideVoid ? spans.filter((span) => !span.isVoid) : spans;
  const ids = new Set(shown.map((span) => span.id));
  const tree = grouped(shown, (span) => (span.parent !== null && ids.has(span.parent) ? span.parent : null));
  const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
  const rows: Row[] = [];
  const visit = (span: Span, level: number): boolean => {
    const children = tree.get(span.id) ?? [];
    const isFiltering = words.length > 0;
    const isOpen = isFiltering || !wanted.closed.has(span.id);
    const place = rows.push({ span, level, hasChildren: children.length > 0, isOpen });
    const found = isOpen && children.map((child) => visit(child, level + 1)).some(Boolean);
    const isWanted = !isFiltering || found || fits(span, words);
    if (!isWanted) rows.length = place - 1;
    return isWanted;
  };
  for (const root of tree.get(null) ?? []) visit(root, 0);
  return rows;
}

function fits(span: Span, words: string[]): boolean {
  const text = [span.name, span.note, span.agent, span.model, span.kind, span.status, ...span.path]
    .join(" ")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The spans of a run; a step around one model call or one tool, which says nothing more, is left out. */
export function waterfallOf(workflow: Workflow): Span[] {
  const spans = spansOf(workflow);
  const children = grouped(spans, (span) => span.parent);
  const hidden = new Map<string, string | null>();
  for (const span of spans) {
    const inside = children.get(span.id) ?? [];
    const isPlain = span.kind === "step" && PLAIN.has(span.name) && span.attempt === 1 && span.error === null;
    if (isPlain && inside.length > 0 && inside.every((one) => one.kind !== "step")) hidden.set(span.id, span.parent);
  }
  return spans
    .filter((span) => !hidden.has(span.id))
    .map((span) =>
      span.parent !== null && hidden.has(span.parent) ? { ...span, parent: hidden.get(span.parent) ?? null } : span,
    );
}

export const KIND_WORDS: Record<SpanKind, string> = { step: "step", model: "model call", tool: "tool" };
