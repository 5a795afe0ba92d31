/** One step as a card: what it is, its fields, and what is in it. */
import type { ApprovalStep } from "@cantata/client";
import type { KeyboardEvent } from "react";
import { IconButton } from "../parts/Button.tsx";
import { Icon, type IconName } from "../parts/Icon.tsx";
import { announce } from "../parts/LiveRegion.tsx";
import { Menu, type MenuItem } from "../parts/Menu.tsx";
import { AgentFields } from "./AgentFields.tsx";
import { useEditing, useFaults, type Editing } from "./editing.ts";
import { Field } from "./Field.tsx";
import { nameOf } from "./nodeNames.ts";
import { ShapeFields } from "./ShapeFields.tsx";
import {
  at,
  changed,
  childPath,
  childrenOf,
  duplicated,
  inserted,
  isShape,
  kindOf,
  moved,
  newStep,
  placeOf,
  removed,
  reshaped,
  unwrapped,
  wrapped,
  type Kind,
  type Shape,
  type ShapeName,
  type Step,
} from "./specEdit.ts";

const ICONS: Record<Kind, IconName> = { agent: "bot", approval: "user", sequential: "menu", parallel: "waterfall", hierarchical: "graph" };
const KIND_WORDS: Record<Kind, string> = {
  agent: "Agent",
  approval: "Approval",
  sequential: "In turn",
  parallel: "Side by side",
  hierarchical: "Under a manager",
};
const SHAPES: ShapeName[] = ["sequential", "parallel", "hierarchical"];

/** The id of the element that stands for a step. */
export const idOf = (path: string) => `compose-step-${path.replaceAll(".", "-") || "whole"}`;

/** The steps of a shape, one below the other; branches side by side where there is room. */
export function Steps({ path }: { path: string }) {
  const { spec, agents, edit, focus } = useEditing();
  const shape = at(spec, path) as Shape;
  const children = childrenOf(shape);
  const faults = useFaults(path, shape.type === "sequential" ? "steps" : shape.type === "parallel" ? "tasks" : "subAgents");
  const add = (kind: Kind) => {
    edit((whole) => inserted(whole, path, childrenOf(at(whole, path)!).length, newStep(kind, firstAgent(agents))));
    focus(childPath(spec, path, children.length));
  };
  return (
    <div className="compose-steps" data-shape={shape.type}>
      <ol>
        {children.map((_, index) => (
          <li key={index}>
            <StepCard path={childPath(spec, path, index)} index={index} count={children.length} />
          </li>
        ))}
      </ol>
      {faults.length > 0 && <p className="compose-fault">{faults.join(" ")}</p>}
      <Menu label={ADD_WORDS[shape.type]} className="button button-plain compose-add" items={kindItems(add)}>
        <Icon name="plus" />
        {ADD_WORDS[shape.type]}
      </Menu>
    </div>
  );
}

const ADD_WORDS: Record<ShapeName, string> = { sequential: "Add a step", parallel: "Add a branch", hierarchical: "Add to the team" };
const HINTS: Record<Kind, string> = {
  agent: "One agent’s turn",
  approval: "A human is asked, and the workflow waits",
  sequential: "Steps one after another",
  parallel: "Branches at once",
  hierarchical: "A manager that delegates",
};

function kindItems(choose: (kind: Kind) => void): MenuItem[] {
  return (["agent", "approval", ...SHAPES] as Kind[]).map((kind) => ({
    key: kind,
    label: KIND_WORDS[kind],
    hint: HINTS[kind],
    icon: ICONS[kind],
    onSelect: () => choose(kind),
  }));
}

const firstAgent = (agents: Editing["agents"]) => (agents.find((one) => one.name === "writer") ?? agents[0])?.name ?? "";

const HEADINGS = ["h3", "h4", "h5", "h6"] as const; // by the depth of a step

interface StepCardProps {
  path: string;
  index: number;
  count: number;
}

function StepCard({ path, index, count }: StepCardProps) {
  const editing = useEditing();
  const { spec, selected, faults, edit, select, focus } = editing;
  const step = at(spec, path) as Step;
  const kind = kindOf(step);
  const name = nameOf(step);
  const Title = HEADINGS[Math.min(HEADINGS.length, path.split(".").length / 2) - 1]!;
  const own = faults.get(path) ?? [];
  const unplaced = own.filter((fault) => fault.path === "");
  const label = `${KIND_WORDS[kind]} ${name}, ${index + 1} of ${count}`;

  function move(by: number) {
    const next = moved(spec, path, by);
    if (next.path === path) return;
    edit((whole) => moved(whole, path, by).spec);
    focus(next.path);
    announce(`${name} is now number ${placeOf(next.path).index + 1} of ${count}.`);
  }

  function onKeyDown(event: KeyboardEvent) {
    const by = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
    if (!by || !event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    move(by);
  }

  return (
    <section
      id={idOf(path)}
      className="compose-card"
      data-kind={kind}
      data-selected={selected === path}
      data-faulty={own.length > 0}
      aria-label={label}
      tabIndex={-1}
      onKeyDown={onKeyDown}
      onFocus={(event) => {
        event.stopPropagation();
        select(path);
      }}
    >
      <header>
        <span className="compose-number">{index + 1}</span>
        <Icon name={ICONS[kind]} />
        <Title className="compose-title">
          {name} {kind !== "agent" && name !== kind && <small>{KIND_WORDS[kind].toLowerCase()}</small>}
        </Title>
        <IconButton icon="chevron" className="compose-up" label={`Move ${name} up (Alt+↑)`} disabled={index === 0} onClick={() => move(-1)} />
        <IconButton icon="chevron" className="compose-down" label={`Move ${name} down (Alt+↓)`} disabled={index === count - 1} onClick={() => move(1)} />
        <Menu label={`More for ${name}`} className="icon-button" align="end" items={actions(path, step, count, editing)}>
          <Icon name="more" />
        </Menu>
        <IconButton
          icon="x"
          label={`Remove ${name}`}
          onClick={() => {
            edit((whole) => removed(whole, path));
            focus(count > 1 ? childPath(spec, placeOf(path).parent, Math.min(index, count - 2)) : placeOf(path).parent);
            announce(`${name} is removed.`);
          }}
        />
      </header>
      {unplaced.length > 0 && <p className="compose-fault">{unplaced.map((fault) => fault.message).join(" ")}</p>}
      <div className="compose-body">
        {kind === "agent" && <AgentFields path={path} />}
        {kind === "approval" && <ApprovalFields path={path} step={step as ApprovalStep} />}
        {isShape(step) && (
          <>
            <ShapeFields path={path} />
            <Steps path={path} />
          </>
        )}
      </div>
    </section>
  );
}

/** All that can be done with a step beside moving and removing it. */
function actions(path: string, step: Step, count: number, { edit, focus, agents, spec }: Editing): MenuItem[] {
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
      items.push({ key: "unwrap", section: "Turn it into", label: "Its steps alone", icon: "layers", onSelect: () => edit((whole) => unwrapped(whole, path)) });
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

function ApprovalFields({ path, step }: { path: string; step: ApprovalStep }) {
  const { edit } = useEditing();
  return (
    <Field label="What the human is asked" hint="Approving goes on; declining ends the workflow." faults={useFaults(path, "prompt")} isWide>
      {(given) => (
        <textarea
          {...given}
          className="input"
          rows={2}
          value={step.prompt}
          onChange={(event) => edit((whole) => changed(whole, path, { prompt: event.target.value }), `${path} prompt`)}
        />
      )}
    </Field>
  );
}
