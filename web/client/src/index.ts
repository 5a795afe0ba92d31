/** Everything but the hook of `@cantata/client/react`. */

export type { FollowOptions, ReadOptions, StartOptions } from "./begin.js";
export { createClient, type Client } from "./client.js";
export type { Backoff, ClientOptions, Connection } from "./options.js";
export { CantataError } from "./problems.js";
export { reduce } from "./reduce.js";
export { Run } from "./run.js";
export type { Asking } from "./server.js";
export type * from "./shapes.js";
export type { MessageOptions } from "./steering.js";
export { createRunStore, type RunSnapshot, type RunStore, type StoredRun, type StoreOptions } from "./store.js";
export type * from "./types.js";
export { initialWorkflow, isFinal } from "./workflow.js";
export type { Message, Reasoning, Status, Step, Tool, Workflow } from "./workflow.js";
export type { WorkflowFilter } from "./workflows.js";
