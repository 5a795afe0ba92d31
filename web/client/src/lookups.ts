/** The parts of the client that only look, and those that change what is stored: one request each. */

import { path, type Server } from "./server.js";
import type {
  Agent,
  Definition,
  Drawing,
  Graph,
  MessageNode,
  Model,
  SessionList,
  Spec,
  Stats,
  WholeDefinition,
} from "./shapes.js";
import type {
  DefinitionBody,
  EditBody,
  HierarchicalBody,
  NamedBody,
  NewVersionBody,
  ParallelBody,
  SequentialBody,
  SessionBody,
  ShownMessage,
  VariantBody,
  WholeSession,
} from "./types.js";
import type { Run, Start, StartOptions } from "./run.js";

/** What every look-up takes. */
export interface Asking {
  signal?: AbortSignal | undefined;
}

type Begin = (start: Start, options?: StartOptions) => Run;

export const sessionsOf = (server: Server, begin: Begin) => ({
  /** Lists conversations, the newest activity first; `search` looks into titles and messages. */
  list: ({
    search,
    signal,
    ...page
  }: Asking & { search?: string | undefined; cursor?: string | undefined; limit?: number | undefined } = {}) =>
    server.json<SessionList>("GET", "/api/sessions", { query: { q: search || undefined, ...page }, signal }),

  get: (id: string, { signal }: Asking = {}) => server.json<WholeSession>("GET", path`/api/sessions/${id}`, { signal }),

  /** Gives a title; null gives the default back. */
  rename: (id: string, title: string | null) =>
    server.json<WholeSession>("PATCH", path`/api/sessions/${id}`, { body: { title } satisfies SessionBody }),

  /** Goes back to another branch: the next message goes on after the one that is named. */
  goTo: (id: string, messageId: string) =>
    server.json<WholeSession>("PATCH", path`/api/sessions/${id}`, { body: { head: messageId } satisfies SessionBody }),

  /** Removes a conversation with its runs. */
  delete: (id: string) => server.json<void>("DELETE", path`/api/sessions/${id}`),

  /** Lists the messages in order of time: of all branches, or of one, which is named by `active` or by its end. */
  messages: async (id: string, { branch, signal }: Asking & { branch?: string | undefined } = {}) =>
    (
      await server.json<{ messages: ShownMessage[] }>("GET", path`/api/sessions/${id}/messages`, {
        query: { branch },
        signal,
      })
    ).messages,

  /** The same as trees: siblings say something else in each other's place. */
  tree: async (id: string, { signal }: Asking = {}) =>
    (
      await server.json<{ messages: MessageNode[] }>("GET", path`/api/sessions/${id}/messages`, {
        query: { view: "tree" },
        signal,
      })
    ).messages,

  /** Says something else in place of a user's message, in a branch that begins before it. */
  edit: (id: string, messageId: string, body: EditBody, options?: StartOptions) =>
    begin({ path: path`/api/sessions/${id}/messages/${messageId}/edit`, body }, options),

  /** Asks for another answer. */
  regenerate: (id: string, messageId: string, body: VariantBody = {}, options?: StartOptions) =>
    begin({ path: path`/api/sessions/${id}/messages/${messageId}/regenerate`, body }, options),

  /** Names the document of a whole conversation, for a link. */
  exportUrl: (id: string, format: "json" | "markdown" = "markdown") =>
    server.address(path`/api/sessions/${id}/export`, { format }),

  /** Fetches that document. */
  export: async (id: string, format: "json" | "markdown" = "markdown", { signal }: Asking = {}) =>
    (await server.ask("GET", path`/api/sessions/${id}/export`, { query: { format }, signal })).blob(),
});

export const coordinatorOf = (server: Server, begin: Begin) => {
  const runs =
    <Body>(shape: string) =>
    (body: Body, options?: StartOptions) =>
      begin({ path: `/api/coordinator/${shape}`, body }, options);
  return {
    /** Lists what a step can name. */
    agents: async ({ signal }: Asking = {}) =>
      (await server.json<{ agents: Agent[] }>("GET", "/api/coordinator/agents", { signal })).agents,
    /** Lists the workflows that have a name. */
    workflows: async ({ signal }: Asking = {}) =>
      (await server.json<{ workflows: Definition[] }>("GET", "/api/coordinator/workflows", { signal })).workflows,
    /** Shows one with its versions and its drawing. */
    get: (name: string, { signal }: Asking = {}) =>
      server.json<WholeDefinition>("GET", path`/api/coordinator/workflows/${name}`, { signal }),
    stats: ({ signal }: Asking = {}) => server.json<Stats>("GET", "/api/coordinator/stats", { signal }),
    resetStats: () => server.json<Stats>("POST", "/api/coordinator/stats/reset"),
    sequential: runs<SequentialBody>("sequential"),
    parallel: runs<ParallelBody>("parallel"),
    hierarchical: runs<HierarchicalBody>("hierarchical"),
    /** Runs a workflow by its name. */
    run: runs<NamedBody>("workflow"),
    /** Draws a workflow without running it. */
    draw: (spec: Spec, { signal }: Asking = {}) =>
      server.json<Drawing>("POST", "/api/coordinator/drawing", { body: { spec }, signal }),
    /** Stores a workflow under a name that is free. */
    store: (body: DefinitionBody) => server.json<Definition>("POST", "/api/coordinator/workflows", { body }),
    /** Makes a new version. */
    change: (name: string, body: NewVersionBody) =>
      server.json<Definition>("PUT", path`/api/coordinator/workflows/${name}`, { body }),
    /** Takes the name away: what runs goes on. */
    retire: (name: string) => server.json<void>("DELETE", path`/api/coordinator/workflows/${name}`),
  };
};

export const graphsOf = (server: Server) => ({
  list: async ({ signal }: Asking = {}) =>
    (await server.json<{ graphs: Graph[] }>("GET", "/api/graphs", { signal })).graphs,
  drawing: (name: string, { signal }: Asking = {}) =>
    server.json<Drawing>("GET", path`/api/graphs/${name}/drawing`, { signal }),
});

/** Lists models that a request may name, the default first. There may be more. */
export const modelsOf =
  (server: Server) =>
  async ({ signal }: Asking = {}): Promise<Model[]> =>
    (await server.json<{ models: Model[] }>("GET", "/api/models", { signal })).models;
