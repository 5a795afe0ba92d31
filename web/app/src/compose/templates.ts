/** Workflows to begin with: one for each shape, of agents that come with the server. */
import type { ShapeName, Shape } from "./specEdit.ts";

export interface Template {
  name: ShapeName;
  title: string;
  hint: string;
  input: string;
  spec: Shape;
}

export const TEMPLATES: readonly Template[] = [
  {
    name: "sequential",
    title: "In turn",
    hint: "Each step works on what the one before gave.",
    input: "The history of coffee",
    spec: {
      type: "sequential",
      steps: [{ agent: "researcher" }, { agent: "writer", method: "draft" }, { agent: "reviewer" }],
    },
  },
  {
    name: "parallel",
    title: "Side by side",
    hint: "All get the same input at once; one node brings their answers together.",
    input: "The history of the lighthouse",
    spec: {
      type: "parallel",
      tasks: [
        { agent: "researcher", method: "explain", name: "expert" },
        { agent: "researcher", method: "doubt", name: "sceptic" },
        { agent: "writer", method: "draft" },
      ],
      aggregate: "concat",
    },
  },
  {
    name: "hierarchical",
    title: "Under a manager",
    hint: "A manager says who gets which task, until it can answer.",
    input: "A report about tea",
    spec: {
      type: "hierarchical",
      master: { name: "assistant" },
      subAgents: [
        { name: "researcher" },
        { name: "writer", method: "report" },
        { name: "reviewer", method: "critique" },
      ],
      max_rounds: 3,
    },
  },
];
