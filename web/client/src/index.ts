/** Everything but the hook of `@cantata/client/react`. */

export type { Backoff } from "./backoff.js";
export { createClient, type Client, type MessageOptions } from "./client.js";
export type { Connection } from "./connection.js";
export type { Asking } from "./lookups.js";
export { CantataError } from "./problems.js";
export { reduce } from "./reduce.js";
export { Run, type FollowOptions, type ReadOptions, type StartOptions } from "./run.js";
export type { ClientOptions } from "./server.js";
export type * from "./shapes.js";
export { createRunStore, type RunSnapshot, type RunStore, type StoredRun, type StoreOptions } from "./store.js";
export type * from "./types.js";
export { initialWorkflow, isFinal } from "./workflow.js";
export type { Message, Reasoning, Status, Step, Tool, Workflow } from "./workflow.js";
export type { WorkflowFilter } from "./workflows.js";
