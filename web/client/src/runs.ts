/**
 * A client that starts, follows and steers runs, and nothing else: the entry `@cantata/client/runs`, for pages that
 * should stay small.
 */

import type { ClientOptions } from "./options.js";
import { serverOf } from "./server.js";
import { runsOf } from "./steering.js";

export type { FollowOptions, ReadOptions, StartOptions } from "./begin.js";
export type { Backoff, ClientOptions, Connection } from "./options.js";
export { CantataError } from "./problems.js";
export type { Run } from "./run.js";
export type { MessageOptions } from "./steering.js";
export type { CantataEvent } from "./types.js";

export type Client = ReturnType<typeof createClient>;

/** Makes a client. Nothing is sent before something is asked. */
export const createClient = (options: ClientOptions = {}) => runsOf(serverOf(options));
