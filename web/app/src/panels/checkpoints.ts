/** The checkpoints of a run as a line of time: what each was saved after, what would come next, what it changed. */
import type { Checkpoint } from "@cantata/client";
import { isRecord } from "../run/values.ts";

export type Change = { kind: "new" } | { kind: "changed" } | { kind: "gone" } | { kind: "grown"; from: number };

export interface Moment {
  checkpoint: Checkpoint;
  /** What ran before it, as far as that is known. */
  title: string;
  /** What would run next; nothing at the end. */
  next: string[];
  /** Of the members of its state, against the checkpoint before it; null where that one is not known. */
  changes: ReadonlyMap<string, Change> | null;
}

const START = "__start__";
const NO_CHANGES: ReadonlyMap<string, Change> = new Map();

/** In the order in which they are given. */
export function momentsOf(checkpoints: readonly Checkpoint[]): Moment[] {
  const byId = new Map(checkpoints.map((checkpoint) => [checkpoint.checkpoint_id, checkpoint]));
  return checkpoints.map((checkpoint) => {
    const before = byId.get(checkpoint.parent_checkpoint_id ?? "");
    return {
      checkpoint,
      title: titleOf(checkpoint, before),
      next: checkpoint.next.map(nodeName),
      changes: before ? changesBetween(before.values, checkpoint.values) : null,
    };
  });
}

/** What became of the members of a state. A list that begins as it was has only grown. */
export function changesBetween(before: unknown, now: unknown): ReadonlyMap<string, Change> {
  if (!isRecord(before) || !isRecord(now)) return NO_CHANGES;
  const changes = new Map<string, Change>();
  for (const [name, value] of Object.entries(now)) {
    const change = name in before ? changeOf(before[name], value) : ({ kind: "new" } as const);
    if (change) changes.set(name, change);
  }
  for (const name of Object.keys(before)) if (!(name in now)) changes.set(name, { kind: "gone" });
  return changes;
}

/** A change in a word. */
export function wordFor(change: Change, value: unknown): string {
  return change.kind === "grown" && Array.isArray(value) ? `+${value.length - change.from}` : change.kind;
}

/**
 * The input that was written: JSON where it begins like a list, an object or a text in quotes, else the text as it is.
 */
export function readInput(written: string): { input: unknown } | { fault: string } {
  if (written.trim() === "") return { fault: "An input is needed." };
  if (!looksLikeJson(written)) return { input: written };
  try {
    return { input: JSON.parse(written) as unknown };
  } catch (error) {
    return { fault: `This is no JSON: ${(error as Error).message}. A text that begins so wants quotes.` };
  }
}

/** What is there to edit of a run's input: of a single message its words, for its files are not told again. */
export function wordsOf(input: unknown): unknown {
  const messages = isRecord(input) ? input["messages"] : undefined;
  if (!Array.isArray(messages) || messages.length !== 1 || !isRecord(messages[0])) return input;
  const { content } = messages[0];
  if (!Array.isArray(content)) return typeof content === "string" ? content : input;
  const words = content.filter(isRecord).map(({ text }) => text);
  return words.filter((text) => typeof text === "string").join("\n");
}

/** An input as it is written, so that it is read as what it was. */
export function writtenInput(input: unknown): string {
  if (input === null || input === undefined) return "";
  return typeof input === "string" && !looksLikeJson(input) ? input : JSON.stringify(input, null, 2);
}

const looksLikeJson = (text: string) => /^\s*[[{"]/.test(text);

const nodeName = (name: string) => (name === START ? "start" : name);

function titleOf({ source, step }: Checkpoint, before: Checkpoint | undefined): string {
  if (source === "input") return "Input";
  if (source === "update") return "State set from outside";
  const ran = before?.next.filter((name) => name !== START) ?? [];
  if (ran.length > 0) return ran.join(", ");
  return before?.next.includes(START) ? "Start" : `Step ${step ?? "?"}`;
}

function changeOf(before: unknown, now: unknown): Change | null {
  if (JSON.stringify(before) === JSON.stringify(now)) return null;
  if (!Array.isArray(before) || !Array.isArray(now) || now.length <= before.length) return { kind: "changed" };
  const isLonger = before.every((value, at) => JSON.stringify(value) === JSON.stringify(now[at]));
  return isLonger ? { kind: "grown", from: before.length } : { kind: "changed" };
}
