/** One step as a card: what it is, its fields, and what is in it. */
import type { ApprovalStep } from "@cantata/client";
import type { KeyboardEvent } from "react";
import { IconButton } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import { announce } from "../parts/LiveRegion.tsx";
import { Menu } from "../parts/Menu.tsx";
import { AgentFields } from "./AgentFields.tsx";
import { useEditing, useFaults } from "./editing.ts";
import { Field } from "./Field.tsx";
import { nameOf } from "./nodeNames.ts";
import { ShapeFields } from "./ShapeFields.tsx";
import {
  at,
  changed,
  childPath,
  childrenOf,
  inserted,
  isShape,
  kindOf,
  moved,
  newStep,
  placeOf,
  removed,
  type Kind,
  type Shape,
  type ShapeName,
  type Step,
} from "./specEdit.ts";
import { firstAgent, ICONS, KIND_WORDS, kindItems, stepItems } from "./stepMenus.ts";
import "./StepCard.css";

/** The id of the element that stands for a step. */
export const idOf = (path: string) => `compose-step-${path.replaceAll(".", "-") || "whole"}`;

/** The steps of a shape, one below the other; branches side by side where there is room. */
export function Steps({ path }: { path: string }) {
  const { spec, agents, edit, focus } = useEditing();
  const shape = at(spec, path) as Shape;
  const children = childrenOf(shape);
  const faults = useFaults(
    path,
    shape.type === "sequential" ? "steps" : shape.type === "parallel" ? "tasks" : "subAgents",
  );
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

const ADD_WORDS: Record<ShapeName, string> = {
  sequential: "Add a step",
  parallel: "Add a branch",
  hierarchical: "Add to the team",
};
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
        <IconButton
          icon="chevron"
          className="compose-up"
          label={`Move ${name} up (Alt+↑)`}
          disabled={index === 0}
          onClick={() => move(-1)}
        />
        <IconButton
          icon="chevron"
          className="compose-down"
          label={`Move ${name} down (Alt+↓)`}
          disabled={index === count - 1}
          onClick={() => move(1)}
        />
        <Menu
          label={`More for ${name}`}
          className="icon-button"
          align="end"
          items={stepItems(path, step, count, editing)}
        >
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

function ApprovalFields({ path, step }: { path: string; step: ApprovalStep }) {
  const { edit } = useEditing();
  return (
    <Field
      label="What the human is asked"
      hint="Approving goes on; declining ends the workflow."
      faults={useFaults(path, "prompt")}
      isWide
    >
      {(given) => (
        <textarea
          dir="auto"
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
