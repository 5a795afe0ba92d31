/** What the menus of steps offer: the kinds that there are, and what can be done with one. */
import type { IconName } from "../parts/Icon.tsx";
import type { MenuItem } from "../parts/Menu.tsx";
import type { Editing } from "./editing.ts";
import {
  childPath,
  childrenOf,
  duplicated,
  inserted,
  isShape,
  newStep,
  placeOf,
  reshaped,
  unwrapped,
  wrapped,
  type Kind,
  type ShapeName,
  type Step,
} from "./specEdit.ts";

export const ICONS: Record<Kind, IconName> = {
  agent: "bot",
  approval: "user",
  sequential: "menu",
  parallel: "waterfall",
  hierarchical: "graph",
};
export const KIND_WORDS: Record<Kind, string> = {
  agent: "Agent",
  approval: "Approval",
  sequential: "In turn",
  parallel: "Side by side",
  hierarchical: "Under a manager",
};
const SHAPES: ShapeName[] = ["sequential", "parallel", "hierarchical"];

const HINTS: Record<Kind, string> = {
  agent: "One agent’s turn",
  approval: "A human is asked, and the workflow waits",
  sequential: "Steps one after another",
  parallel: "Branches at once",
  hierarchical: "A manager that delegates",
};

export function kindItems(choose: (kind: Kind) => void): MenuItem[] {
  return (["agent", "approval", ...SHAPES] as Kind[]).map((kind) => ({
    key: kind,
    label: KIND_WORDS[kind],
    hint: HINTS[kind],
    icon: ICONS[kind],
    onSelect: () => choose(kind),
  }));
}

export const firstAgent = (agents: Editing["agents"]) =>
  (agents.find((one) => one.name === "writer") ?? agents[0])?.name ?? "";

/** All that can be done with a step beside moving and removing it. */
export function stepItems(path: string, step: Step, count: number, { edit, focus, agents, spec }: Editing): MenuItem[] {
  const { parent, index } = placeOf(path);
  const below = (kind: Kind) => {
    edit((whole) => inserted(whole, parent, index + 1, newStep(kind, firstAgent(agents))));
    focus(childPath(spec, parent, index + 1));
  };
  const items: MenuItem[] = [
    { key: "below", label: "Add a step after it", icon: "plus", onSelect: () => below("agent") },
    { key: "approval", label: "Add an approval after it", icon: "user", onSelect: () => below("approval") },
    {
      key: "copy",
      label: "Duplicate",
      icon: "copy",
      onSelect: () => {
        edit((whole) => duplicated(whole, path));
        focus(childPath(spec, parent, index + 1));
      },
    },
  ];
  if (isShape(step)) {
    for (const shape of SHAPES.filter((one) => one !== step.type)) {
      items.push({
        key: `as-${shape}`,
        section: "Turn it into",
        label: KIND_WORDS[shape],
        icon: ICONS[shape],
        onSelect: () => edit((whole) => reshaped(whole, path, shape)),
      });
    }
    if (childrenOf(step).length > 0 || count > 1) {
      items.push({
        key: "unwrap",
        section: "Turn it into",
        label: "Its steps alone",
        icon: "layers",
        onSelect: () => edit((whole) => unwrapped(whole, path)),
      });
    }
  }
  for (const shape of SHAPES) {
    items.push({
      key: `in-${shape}`,
      section: "Put it into",
      label: KIND_WORDS[shape],
      icon: ICONS[shape],
      onSelect: () => {
        edit((whole) => wrapped(whole, path, shape));
        focus(path);
      },
    });
  }
  return items;
}
