/** The parts of the client that only look, and those that change what is stored: one request each. */

import type { StartOptions } from "./begin.js";
import { look, path, queryOf, remove } from "./look.js";
import { Run } from "./run.js";
import type { Asking, Server } from "./server.js";
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

type Format = "json" | "markdown";

export const sessionsOf = (server: Server) => {
  const change = (id: string, body: SessionBody) =>
    server.read<WholeSession>("PATCH", path`/api/sessions/${id}`, { body });
  const messages = async <Message>(id: string, asking?: object): Promise<Message[]> =>
    (await look<{ messages: Message[] }>(server, path`/api/sessions/${id}/messages`, asking)).messages;
  return {
    /** Lists conversations, the newest activity first; `search` looks into titles and messages. */
    list: ({
      search,
      ...page
    }: Asking & { search?: string | undefined; cursor?: string | undefined; limit?: number | undefined } = {}) =>
      look<SessionList>(server, "/api/sessions", { q: search || undefined, ...page }),

    get: (id: string, asking?: Asking) => look<WholeSession>(server, path`/api/sessions/${id}`, asking),

    /** Gives a title; null gives the default back. */
    rename: (id: string, title: string | null) => change(id, { title }),

    /** Goes back to another branch: the next message goes on after the one that is named. */
    goTo: (id: string, messageId: string) => change(id, { head: messageId }),

    /** Removes a conversation with its runs. */
    delete: (id: string) => remove(server, path`/api/sessions/${id}`),

    /** Lists the messages in order of time: of all branches, or of one, which is named by `active` or by its end. */
    messages: (id: string, asking?: Asking & { branch?: string | undefined }) => messages<ShownMessage>(id, asking),

    /** The same as trees: siblings say something else in each other's place. */
    tree: (id: string, asking?: Asking) => messages<MessageNode>(id, { view: "tree", ...asking }),

    /** Says something else in place of a user's message, in a branch that begins before it. */
    edit: (id: string, messageId: string, body: EditBody, options?: StartOptions) =>
      new Run(server, { path: path`/api/sessions/${id}/messages/${messageId}/edit`, body }, options),

    /** Asks for another answer. */
    regenerate: (id: string, messageId: string, body: VariantBody = {}, options?: StartOptions) =>
      new Run(server, { path: path`/api/sessions/${id}/messages/${messageId}/regenerate`, body }, options),

    /** Names the document of a whole conversation, for a link. */
    exportUrl: (id: string, format: Format = "markdown") =>
      (server.options.baseUrl ?? "").replace(/\/$/, "") + path`/api/sessions/${id}/export` + queryOf({ format }),

    /** Fetches that document. */
    export: async (id: string, format: Format = "markdown", asking: Asking = {}) => {
      const address = path`/api/sessions/${id}/export` + queryOf({ format });
      const { response, wait, close } = await server.open("GET", address, asking);
      return wait(response.blob()).finally(close);
    },
  };
};

const COORDINATOR = "/api/coordinator/";
const STORED = `${COORDINATOR}workflows`;

export const coordinatorOf = (server: Server) => {
  const runs =
    <Body extends object>(shape: string) =>
    (body: Body, options?: StartOptions) =>
      new Run(server, { path: COORDINATOR + shape, body }, options);
  return {
    /** Lists what a step can name. */
    agents: async (asking?: Asking) => (await look<{ agents: Agent[] }>(server, `${COORDINATOR}agents`, asking)).agents,
    /** Lists the workflows that have a name. */
    workflows: async (asking?: Asking) => (await look<{ workflows: Definition[] }>(server, STORED, asking)).workflows,
    /** Shows one with its versions and its drawing. */
    get: (name: string, asking?: Asking) => look<WholeDefinition>(server, STORED + path`/${name}`, asking),
    stats: (asking?: Asking) => look<Stats>(server, `${COORDINATOR}stats`, asking),
    resetStats: () => server.read<Stats>("POST", `${COORDINATOR}stats/reset`),
    sequential: runs<SequentialBody>("sequential"),
    parallel: runs<ParallelBody>("parallel"),
    hierarchical: runs<HierarchicalBody>("hierarchical"),
    /** Runs a workflow by its name. */
    run: runs<NamedBody>("workflow"),
    /** Draws a workflow without running it. */
    draw: (spec: Spec, { signal }: Asking = {}) =>
      server.read<Drawing>("POST", `${COORDINATOR}drawing`, { body: { spec }, signal }),
    /** Stores a workflow under a name that is free. */
    store: (body: DefinitionBody) => server.read<Definition>("POST", STORED, { body }),
    /** Makes a new version. */
    change: (name: string, body: NewVersionBody) => server.read<Definition>("PUT", STORED + path`/${name}`, { body }),
    /** Takes the name away: what runs goes on. */
    retire: (name: string) => remove(server, STORED + path`/${name}`),
  };
};

export const graphsOf = (server: Server) => ({
  list: async (asking?: Asking) => (await look<{ graphs: Graph[] }>(server, "/api/graphs", asking)).graphs,
  drawing: (name: string, asking?: Asking) => look<Drawing>(server, path`/api/graphs/${name}/drawing`, asking),
});

/** Lists models that a request may name, the default first. There may be more. */
export const modelsOf =
  (server: Server) =>
  async (asking?: Asking): Promise<Model[]> =>
    (await look<{ models: Model[] }>(server, "/api/models", asking)).models;
