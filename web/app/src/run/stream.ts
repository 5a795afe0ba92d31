/** A level of an outline in the making: what belongs together is put together. */
import type { CallPart, Item, Part, StepItem, WorkItem } from "./items.ts";
import { calledAgent } from "./words.ts";

/** The items of a level in the making; thoughts and calls that follow each other are put together. */
export class Stream {
  readonly items: Item[] = [];
  private readonly times = new Map<WorkItem, { from: number; to: number }>();

  add(item: Item): void {
    this.items.push(item);
  }

  addPart(part: Part, from?: number, to?: number, agent?: string): void {
    const last = this.items.at(-1);
    const work: WorkItem =
      last?.kind === "work"
        ? last
        : { kind: "work", key: `work:${part.key}`, parts: [], isLive: false, durationMs: null };
    if (work !== last) this.items.push(work);
    const before = work.parts.at(-1);
    if (part.kind === "thought" && before?.kind === "thought") {
      work.parts[work.parts.length - 1] = {
        ...part,
        key: before.key,
        text: `${before.text.trimEnd()}\n\n${part.text}`,
      };
    } else {
      work.parts.push(part);
    }
    if (part.kind === "call") caller.set(part, agent ?? "");
    this.measure(work, from, to);
  }

  private measure(work: WorkItem, from?: number, to?: number): void {
    if (from === undefined) return;
    const times = this.times.get(work) ?? { from, to: from };
    times.to = Math.max(times.to, to ?? Infinity); // with one end that nobody knows, nobody knows the whole
    this.times.set(work, times);
    work.durationMs = Number.isFinite(times.to) ? times.to - times.from : null;
  }
}

/** Who made a call: needed only until the step that it caused is found. */
const caller = new WeakMap<CallPart, string>();

/** Ties the items of a level together: calls to the steps they caused, failures to what came after. */
export function finished(items: Item[], isLive: boolean): Item[] {
  const waiting: CallPart[] = [];
  items.forEach((item, index) => {
    if (item.kind === "work") {
      waiting.push(...item.parts.filter((part) => part.kind === "call"));
      settle(item, items, index, isLive);
    } else if (item.kind === "step") {
      tie(item, waiting);
    } else if (item.kind === "lanes") {
      for (const lane of item.lanes) tie(lane, waiting);
    }
  });
  return items;
}

function tie(item: StepItem, waiting: CallPart[]): void {
  const at = waiting.findIndex((call) => calledAgent(call.name) === item.step.name);
  const [call] = at < 0 ? [] : waiting.splice(at, 1);
  if (!call) return;
  call.target = item.key;
  call.state = "delegated";
  item.asked = { kind: "asked", by: caller.get(call) ?? "", args: call.args };
}

function settle(work: WorkItem, items: readonly Item[], index: number, isLive: boolean): void {
  const tools = items
    .slice(index)
    .flatMap((item) => (item.kind === "work" ? item.parts.filter((part) => part.kind === "tool") : []));
  for (const part of work.parts) {
    if (part.kind !== "tool" || part.tool.status !== "error") continue;
    part.isRetried = tools.slice(tools.indexOf(part) + 1).some((later) => later.tool.tool === part.tool.tool);
  }
  const isOpen = work.parts.some((part) =>
    part.kind === "thought"
      ? part.isLive
      : part.kind === "tool"
        ? part.tool.status === "running"
        : part.kind === "call" && part.state === "pending",
  );
  work.isLive = isLive && isOpen;
}
