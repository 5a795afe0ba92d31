/** A workflow in the making, with what was before: so that anything can be undone. */
import { isShape, type Shape } from "./specEdit.ts";
import { TEMPLATES } from "./templates.ts";

/** The stored workflow that the draft began as. */
export interface Stored {
  name: string;
  version: number | null;
  description: string;
  /** What inputs must fit: no version loses it. */
  input_schema: Record<string, unknown> | null;
  /** As it is stored, to tell whether anything changed. */
  spec: Shape;
}

export interface Draft {
  spec: Shape;
  input: string;
  model: string;
  stored: Stored | null;
}

export interface Drafts {
  now: Draft;
  past: readonly Draft[];
  future: readonly Draft[];
  /** What was edited last, and when: letters of one word are undone together. */
  last: { what: string; at: number };
}

const MOST_PAST = 100;
const TOGETHER_MS = 1_200;

export const begin = (now: Draft): Drafts => ({ now, past: [], future: [], last: { what: "", at: 0 } });

export const firstDraft = (): Draft => ({
  spec: TEMPLATES[0]!.spec,
  input: TEMPLATES[0]!.input,
  model: "",
  stored: null,
});

/** Goes on to *next*. Edits of the same thing in quick succession are one; the empty thing is never the same. */
export function edited(drafts: Drafts, next: Draft, what: string, at: number): Drafts {
  const isMore = what !== "" && what === drafts.last.what && at - drafts.last.at < TOGETHER_MS;
  const past = isMore ? drafts.past : [...drafts.past, drafts.now].slice(-MOST_PAST);
  return { now: next, past, future: [], last: { what, at } };
}

export function undone(drafts: Drafts): Drafts {
  const now = drafts.past.at(-1);
  if (now === undefined) return drafts;
  return { now, past: drafts.past.slice(0, -1), future: [drafts.now, ...drafts.future], last: { what: "", at: 0 } };
}

export function redone(drafts: Drafts): Drafts {
  const [now, ...future] = drafts.future;
  if (now === undefined) return drafts;
  return { now, past: [...drafts.past, drafts.now], future, last: { what: "", at: 0 } };
}

/** Notes that the draft is stored now, or no more: nothing that can be undone. */
export function marked(drafts: Drafts, stored: Stored | null): Drafts {
  const before = drafts.now.stored;
  const mark = (draft: Draft) => (draft.stored === before ? { ...draft, stored } : draft);
  return { ...drafts, now: mark(drafts.now), past: drafts.past.map(mark), future: drafts.future.map(mark) };
}

export const isChanged = ({ spec, stored }: Draft) =>
  stored === null || JSON.stringify(stored.spec) !== JSON.stringify(spec);

/** Reads a draft that was kept; what cannot be one is forgotten. */
export function readDraft(text: string | null): Draft | null {
  try {
    const { spec, input, model, stored } = JSON.parse(text ?? "null") as Draft;
    if (!isShape(spec) || typeof input !== "string" || typeof model !== "string") return null;
    return { spec, input, model, stored: stored && typeof stored.name === "string" ? stored : null };
  } catch {
    return null;
  }
}
