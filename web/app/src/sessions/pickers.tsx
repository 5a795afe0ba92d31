/** Who is asked, and by which model the answer is made. */
import { Icon } from "../parts/Icon.tsx";
import { Menu, type MenuItem } from "../parts/Menu.tsx";
import { inputKind, type ListedGraph } from "./inputs.ts";
import type { Choices, ListedModel } from "./choices.ts";

interface GraphPickerProps {
  choices: Choices;
  /** null: not known yet. */
  graph: string | null;
  onChoose: (name: string) => void;
}

export function GraphPicker({ choices, graph, onChoose }: GraphPickerProps) {
  const items = [...choices.graphs]
    .sort((one, other) => Number(choices.workflows.has(one.name)) - Number(choices.workflows.has(other.name)))
    .map((listed) => graphItem(listed, choices.workflows.has(listed.name), graph, onChoose));
  return (
    <Menu label={graph === null ? "Agent or workflow" : `Agent or workflow: ${graph}`} className="picker" items={items}>
      <Icon name={graph !== null && choices.workflows.has(graph) ? "layers" : "bot"} />
      <span className="picker-name">{graph ?? "…"}</span>
      <Icon name="chevron-down" />
    </Menu>
  );
}

function graphItem(
  graph: ListedGraph,
  isWorkflow: boolean,
  current: string | null,
  onChoose: (name: string) => void,
): MenuItem {
  const kind = inputKind(graph);
  const hint = kind.kind === "broken" ? `Could not be loaded: ${kind.reason}` : graph.description;
  return {
    key: graph.name,
    label: graph.name,
    hint: kind.kind === "members" ? `${hint} Asks for ${kind.members.map(({ name }) => name).join(", ")}.` : hint,
    section: isWorkflow ? "Workflows" : "Agents",
    isChosen: graph.name === current,
    isDisabled: kind.kind === "broken",
    onSelect: () => onChoose(graph.name),
  };
}

interface ModelPickerProps {
  models: readonly ListedModel[];
  model: string;
  onChoose: (name: string) => void;
}

export function ModelPicker({ models, model, onChoose }: ModelPickerProps) {
  const chosen = models.find(({ name }) => name === model) ?? models.find((listed) => listed.is_default);
  if (!chosen) return null;
  const items = models.map((listed) => ({
    key: listed.name,
    label: listed.name,
    hint: listed.is_default ? `${listed.provider} · the server's default` : listed.provider,
    isChosen: listed === chosen,
    onSelect: () => onChoose(listed.name),
  }));
  return (
    <Menu label={`Model: ${chosen.name}`} className="picker" items={items}>
      <Icon name="brain" />
      <span className="picker-name">{chosen.name}</span>
      <Icon name="chevron-down" />
    </Menu>
  );
}
