/**
 * A run as a reader sees it: a tree in order, made of the flat lists of a folded workflow.
 *
 * A graph's steps stand below each other; those that ran side by side are lanes. A step with steps of its own is a
 * group. Where an agent goes round between its model and its tools, its steps say nothing to a reader: what it thought
 * and called becomes one piece of work, and what it said stands between. What a later attempt made void is put aside.
 */
import type { Reasoning, Tool, Workflow } from "@cantata/client";
import { answerOf } from "./answer.ts";
import { endOf, startOf, treeOf, type Entry, type SeenMessage, type SeenStep, type Tree } from "./entries.ts";
import type { CallPart, Item, Outline, StepItem, ThoughtPart } from "./items.ts";
import { rounds } from "./lanes.ts";
import { finished, Stream } from "./stream.ts";

export function outline(workflow: Workflow): Outline {
  const answer = answerOf(workflow);
  const isOver = ["completed", "failed", "cancelled"].includes(workflow.status);
  const teller = new Teller(workflow, treeOf(workflow), answer?.messageId ?? null, !isOver);
  const items = teller.level("", false);
  return { items, answer, isActive: !isOver && isActive(workflow) };
}

const isActive = (workflow: Workflow) =>
  workflow.tools.some((tool) => tool.status === "running") ||
  workflow.messages.some((message) => message.status === "running" && Boolean(message.content || message.thought));

class Teller {
  private readonly workflow: Workflow;
  private readonly tree: Tree;
  private readonly answerId: string | null;
  private readonly isLive: boolean;

  constructor(workflow: Workflow, tree: Tree, answerId: string | null, isLive: boolean) {
    this.workflow = workflow;
    this.tree = tree;
    this.answerId = answerId;
    this.isLive = isLive;
  }

  /** Tells what is under *span*. Under a void step everything is void: that is no news, and nothing is put aside. */
  level(span: string, isVoid: boolean): Item[] {
    const entries = this.tree.get(span) ?? [];
    const steps = entries.flatMap((found) => (found.type === "step" ? [found.entry] : []));
    const standing = steps.filter((step) => isVoid || !step.void);
    const earlier = this.attempts(steps, standing);
    const isLoop = standing.length === 1 || standing.some((step) => this.isTurn(step));
    const round = new Map(rounds(standing).flatMap((together) => together.map((step) => [step, together] as const)));
    const stream = new Stream();

    for (const found of entries) {
      if (found.type !== "step") {
        this.tellEntry(stream, found, entries);
      } else if (round.has(found.entry)) {
        const together = (round.get(found.entry) ?? []).toSorted(
          (one, other) => firstOf(earlier, one) - firstOf(earlier, other),
        );
        const areLanes = together.length > 1 && !(isLoop && together.every((step) => this.isBare(step)));
        if (!areLanes) this.tellStep(stream, found.entry, earlier.get(found.entry) ?? [], isLoop, isVoid);
        else if (round.get(found.entry)?.[0] === found.entry) {
          const lanes = together.map((step) => this.step(step, earlier.get(step) ?? [], isVoid));
          const last = Math.max(...together.map((step) => step.step));
          const join = standing.find((step) => step.step > last && !together.includes(step))?.name ?? null;
          stream.add({ kind: "lanes", key: `lanes:${together[0]?.span_id}`, lanes, join });
        }
      }
    }
    const lost = earlier.get(null) ?? [];
    if (lost.length > 0) stream.add({ kind: "earlier", key: `earlier:${lost[0]?.span_id}`, steps: this.voided(lost) });
    return finished(stream.items, this.isLive);
  }

  /** Tells a step as a row of its own, or only what is in it where its name would say nothing. */
  private tellStep(stream: Stream, step: SeenStep, earlier: SeenStep[], isLoop: boolean, isVoid: boolean): void {
    if (!isLoop || !this.isLeaf(step)) return stream.add(this.step(step, earlier, isVoid));
    if (earlier.length > 0) {
      stream.add({ kind: "earlier", key: `earlier:${step.span_id}`, steps: this.voided(earlier) });
    }
    const entries = this.tree.get(step.span_id) ?? [];
    if (entries.length === 0 && step.status !== "running") {
      stream.addPart({ kind: "node", key: step.span_id, step }, startOf(step), endOf(step));
    }
    for (const found of entries) this.tellEntry(stream, found, entries, step);
  }

  private step(step: SeenStep, earlier: SeenStep[], isVoid: boolean): StepItem {
    const items = this.level(step.span_id, isVoid || step.void);
    return {
      kind: "step",
      key: step.span_id,
      step,
      items,
      earlier: this.voided(earlier),
      asked: null,
      isAnswer: this.answers(step.span_id),
    };
  }

  private voided(steps: readonly SeenStep[]): StepItem[] {
    return steps.map((step) => this.step(step, [], true));
  }

  private tellEntry(stream: Stream, found: Entry, siblings: readonly Entry[], step?: SeenStep): void {
    if (found.type === "tool") this.tellTool(stream, found.entry, found.at);
    else if (found.type === "message") this.tellMessage(stream, found.entry, found.at, step);
    else if (found.type === "reasoning") {
      const isSpoken = siblings.some(
        (other) => other.type === "message" && other.entry.span_id === found.entry.span_id,
      );
      this.tellReasoning(stream, found.entry, found.at, isSpoken);
    }
  }

  private tellTool(stream: Stream, tool: Tool, at: number): void {
    const items = this.level(tool.span_id, tool.void);
    stream.addPart({ kind: "tool", key: tool.span_id, tool, items, isRetried: false }, at, endOf(tool));
  }

  private tellMessage(stream: Stream, message: SeenMessage, at: number, step?: SeenStep): void {
    if (message.thought.trim()) {
      const isLive = this.isLive && message.status === "running" && !message.content;
      const part: ThoughtPart = { kind: "thought", key: message.message_id, text: message.thought, isLive };
      stream.addPart(part, at, this.endOfThought(message, step));
    }
    if (message.content.trim() && message.message_id !== this.answerId) {
      stream.add({ kind: "text", key: message.message_id, message });
    }
  }

  /** Where a text follows, only who saw it begin knows: no fold of a server tells. */
  private endOfThought(message: SeenMessage, step?: SeenStep): number | undefined {
    if (message.text_at) return Date.parse(message.text_at);
    if (message.content || message.status === "running") return undefined;
    const call = this.workflow.reasoning.find((reasoning) => reasoning.span_id === message.span_id);
    return call ? endOf(call) : step && endOf(step);
  }

  private tellReasoning(stream: Stream, reasoning: Reasoning, at: number, isSpoken: boolean): void {
    if (!isSpoken && reasoning.thought.trim()) {
      const part: ThoughtPart = { kind: "thought", key: reasoning.span_id, text: reasoning.thought, isLive: false };
      stream.addPart(part, at, endOf(reasoning));
    }
    reasoning.tool_calls.forEach((call, index) => {
      if (
        this.workflow.tools.some(
          (tool) => tool.tool_call_id === call.id && tool.void === reasoning.void && (startOf(tool) ?? at) >= at,
        )
      )
        return;
      const state =
        reasoning.action === "delegate" ? "delegated" : this.isLive && !reasoning.void ? "pending" : "skipped";
      const part: CallPart = {
        kind: "call",
        key: `${reasoning.span_id}:${index}`,
        name: call.name,
        args: call.args,
        state,
        target: null,
      };
      stream.addPart(part, undefined, undefined, reasoning.agent);
    });
  }

  /** Pairs what is void with the attempt that stands; what has none is under `null`. */
  private attempts(steps: readonly SeenStep[], standing: readonly SeenStep[]): Map<SeenStep | null, SeenStep[]> {
    const found = new Map<SeenStep | null, SeenStep[]>();
    const stands = new Set(standing);
    const taken = new Map<SeenStep, number>();
    for (const step of steps) {
      if (stands.has(step) || (step.status === "interrupted" && this.isSilent(step.span_id))) continue;
      const later = standing.filter((other) => other.name === step.name && other.step > step.step);
      // Of several branches of one name, each attempt goes to the branch that has the fewest yet.
      const next = later.toSorted((one, other) => (taken.get(one) ?? 0) - (taken.get(other) ?? 0))[0] ?? null;
      if (next) taken.set(next, (taken.get(next) ?? 0) + 1);
      found.set(next, [...(found.get(next) ?? []), step]);
    }
    return found;
  }

  /** Nothing was thought, said or called in it: a human was asked at once. */
  private isSilent(span: string): boolean {
    return !this.tree.get(span)?.some((found) => found.type !== "step" || !this.isSilent(found.entry.span_id));
  }

  private isLeaf(step: SeenStep): boolean {
    return !this.tree.get(step.span_id)?.some((found) => found.type === "step");
  }

  /** An agent's turn: its node called tools, or decided that somebody is called. */
  private isTurn(step: SeenStep): boolean {
    if (!this.isLeaf(step)) return false;
    const entries = this.tree.get(step.span_id) ?? [];
    return entries.some(
      (found) => found.type === "tool" || (found.type === "reasoning" && found.entry.action !== "answer"),
    );
  }

  /** There is nothing in it but tools. */
  private isBare(step: SeenStep): boolean {
    return this.tree.get(step.span_id)?.every((found) => found.type === "tool") ?? true;
  }

  private answers(span: string): boolean {
    if (this.answerId === null) return false;
    const entries = this.tree.get(span) ?? [];
    return entries.some((found) =>
      found.type === "message" ? found.entry.message_id === this.answerId : this.answers(found.entry.span_id),
    );
  }
}

const firstOf = (earlier: ReadonlyMap<SeenStep | null, SeenStep[]>, step: SeenStep) =>
  earlier.get(step)?.[0]?.step ?? step.step;
