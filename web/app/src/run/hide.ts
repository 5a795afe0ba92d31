/** The outline for those who do not want to see tools. */
import type { Item, StepItem } from "./items.ts";

/** Leaves out tool calls, and what is empty without them. */
export function withoutTools(items: readonly Item[]): Item[] {
  return items.flatMap((item): Item[] => {
    switch (item.kind) {
      case "work": {
        const parts = item.parts.filter((part) => part.kind === "thought" || part.kind === "node");
        return parts.length > 0 ? [{ ...item, parts }] : [];
      }
      case "step":
        return [stepWithout(item)];
      case "lanes":
        return [{ ...item, lanes: item.lanes.map(stepWithout) }];
      case "earlier":
        return [{ ...item, steps: item.steps.map(stepWithout) }];
      case "text":
        return [item];
    }
  });
}

const stepWithout = (item: StepItem): StepItem => ({
  ...item,
  items: withoutTools(item.items),
  earlier: item.earlier.map(stepWithout),
});
