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

/** Before the server has answered. */
export const NO_CHOICES: Choices = { graphs: [], models: [], workflows: new Set() };

export const FIRST_GRAPH = "assistant";

/**
 * Whom a conversation goes on with: the one that answered last, unless the server lists it no more. *latest* is null in
 * a conversation without answers, and undefined while the conversation is not known; then nobody can be named yet.
 */
export function graphToGoOnWith(latest: string | null | undefined, choices: Choices): string | null {
  if (latest === undefined) return null;
  const canBeAsked = choices === NO_CHOICES || choices.graphs.some(({ name }) => name === latest);
  return latest !== null && canBeAsked ? latest : FIRST_GRAPH;
}

/**
 * The model to ask for; undefined for the server's own choice. One that was picked once may be gone: another key, another
 * server. Without a list nobody can tell.
 */
export function modelToAsk(picked: string, { models }: Choices): string | undefined {
  const isOffered = models.length === 0 || models.some(({ name }) => name === picked);
  return (isOffered && picked) || undefined;
}

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
