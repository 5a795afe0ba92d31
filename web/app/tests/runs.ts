/** Real runs, recorded from a server; texts are cut, and what steps put out is left out. */
import { readFileSync } from "node:fs";
import { initialWorkflow, reduce, type CantataEvent, type Workflow } from "@cantata/client";
import type { Item, Outline } from "../src/run/items.ts";
import { outline } from "../src/run/outline.ts";

interface Recorded {
  workflow: Workflow;
  events?: CantataEvent[];
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`./fixtures/runs/${name}.json`, import.meta.url), "utf8")) as Recorded;

/** The run as the server tells it afterwards. */
export const run = (name: string): Workflow => read(name).workflow;

/** The run after its first *count* events, or after all of them. */
export function live(name: string, count?: number): Workflow {
  const { workflow, events = [] } = read(name);
  return events.slice(0, count).reduce(reduce, initialWorkflow(workflow.workflow_id));
}

/** The run after the first event for which *isMeant* holds. */
export function until(name: string, isMeant: (event: CantataEvent) => boolean): Workflow {
  const { events = [] } = read(name);
  return live(name, events.findIndex(isMeant) + 1);
}

/** The run after each of its events. */
export function moments(name: string): Workflow[] {
  const { workflow, events = [] } = read(name);
  let now = initialWorkflow(workflow.workflow_id);
  return events.map((event) => (now = reduce(now, event)));
}

/** An outline in words, one line an item. */
export function drawn(told: Outline): string[] {
  const answer = told.answer ? [`answer (${told.answer.source})`] : [];
  return [...linesOf(told.items), ...answer];
}

function linesOf(items: readonly Item[]): string[] {
  return items.flatMap(lines);
}

const within = (items: readonly Item[]) => linesOf(items).map((line) => `  ${line}`);

function lines(item: Item): string[] {
  switch (item.kind) {
    case "work":
      return item.parts.flatMap((part): string[] => {
        switch (part.kind) {
          case "thought":
            return ["thought"];
          case "tool":
            return [
              `tool ${part.tool.tool} ${part.tool.status}${part.isRetried ? ", retried" : ""}`,
              ...within(part.items),
            ];
          case "call":
            return [`call ${part.name} ${part.state}${part.target ? ", found" : ""}`];
          case "node":
            return [`node ${part.step.name}`];
        }
      });
    case "text":
      return [`text: ${item.message.content.trim().split("\n")[0]?.slice(0, 24)}`];
    case "step":
      return [
        ...item.earlier.flatMap((step) => [`earlier ${step.step.name} ${step.step.status}`]),
        [
          `step ${item.step.name} ${item.step.status}`,
          item.asked && `asked by ${item.asked.by}`,
          item.isAnswer && "answers",
        ]
          .filter(Boolean)
          .join(", "),
        ...within(item.items),
      ];
    case "lanes":
      return [`lanes, joined in ${item.join}`, ...item.lanes.flatMap((lane) => within([lane]))];
    case "earlier":
      return item.steps.map((step) => `earlier ${step.step.name} ${step.step.status}`);
  }
}

export const shown = (name: string): string[] => drawn(outline(run(name)));
