/** What an outline is made of. */
import type { Tool } from "@cantata/client";
import type { Answer } from "./answer.ts";
import type { SeenMessage, SeenStep } from "./entries.ts";

export interface Outline {
  items: Item[];
  answer: Answer | null;
  /** Whether something that can be seen is on its way: a thought, a text, a tool. */
  isActive: boolean;
}

export type Item = WorkItem | TextItem | StepItem | LanesItem | EarlierItem;

/** Thoughts and tool calls that follow each other. */
export interface WorkItem {
  kind: "work";
  key: string;
  parts: Part[];
  isLive: boolean;
  durationMs: number | null;
}

export type Part = ThoughtPart | ToolPart | CallPart | NodePart;

export interface ThoughtPart {
  kind: "thought";
  key: string;
  text: string;
  isLive: boolean;
}

export interface ToolPart {
  kind: "tool";
  key: string;
  tool: Tool;
  /** What the tool set going: an agent within it. */
  items: Item[];
  /** It failed, and was called again afterwards. */
  isRetried: boolean;
}

/** A call that is no tool's: of another agent, or one that has not begun. */
export interface CallPart {
  kind: "call";
  key: string;
  name: string;
  args: unknown;
  state: "pending" | "delegated" | "skipped";
  /** The step that it set going. */
  target: string | null;
}

/** A node between thoughts and tools that did something of its own. */
export interface NodePart {
  kind: "node";
  key: string;
  step: SeenStep;
}

/** What was said on the way. */
export interface TextItem {
  kind: "text";
  key: string;
  message: SeenMessage;
}

export interface StepItem {
  kind: "step";
  key: string;
  step: SeenStep;
  items: Item[];
  earlier: StepItem[];
  /** The call that caused it. */
  asked: Asked | null;
  /** It said the answer, which is shown below. */
  isAnswer: boolean;
}

export interface Asked {
  kind: "asked";
  by: string;
  args: unknown;
}

export interface LanesItem {
  kind: "lanes";
  key: string;
  lanes: StepItem[];
  /** The step in which the lanes come together, once it has begun. */
  join: string | null;
}

/** Attempts whose work nobody took up again yet. */
export interface EarlierItem {
  kind: "earlier";
  key: string;
  steps: StepItem[];
}
