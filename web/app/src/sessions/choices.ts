/** What can be asked: the graphs of the server, and the workflows that were stored there under a name. */
import type { ListedGraph } from "./inputs.ts";

export interface ListedModel {
  name: string;
  provider: string;
  is_default: boolean;
}

export interface ListedWorkflow {
  name: string;
  description: string;
  origin: string;
  input_schema: unknown;
}

export interface Choices {
  graphs: readonly ListedGraph[];
  models: readonly ListedModel[];
  /** The names of those graphs that coordinate others. */
  workflows: ReadonlySet<string>;
}

export const NO_CHOICES: Choices = { graphs: [], models: [], workflows: new Set() };

/** Puts together what the server lists. A stored workflow is run by its name like any graph, but is listed apart. */
export function choicesOf(
  graphs: readonly ListedGraph[],
  workflows: readonly ListedWorkflow[],
  models: readonly ListedModel[],
): Choices {
  const known = new Set(graphs.map(({ name }) => name));
  const stored = workflows
    .filter(({ name, origin }) => origin === "stored" && !known.has(name))
    .map(({ name, description, input_schema }) => ({ name, description, input_schema, error: null }));
  return { graphs: [...graphs, ...stored], models, workflows: new Set(workflows.map(({ name }) => name)) };
}
