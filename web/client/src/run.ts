/** A run as its starter holds it: its events to loop over, its answer to wait for, and the way to stop it. */

import { follow } from "./follow.js";
import type { Connection, Tell } from "./options.js";
import { patienceOf } from "./patience.js";
import { isTerminal, type Place } from "./place.js";
import { CantataError } from "./problems.js";
import { runAt, type Server } from "./server.js";
import { begin, type Begun, type Start, type StartOptions } from "./begin.js";
import type { CantataEvent } from "./types.js";
import type { Workflow } from "./workflow.js";

type Events = AsyncGenerator<CantataEvent, void, undefined>;

const ENDED: Connection = { phase: "ended", attempt: 0 };

export class Run implements AsyncIterable<CantataEvent> {
  /** The id, as soon as the server has said it; rejects when the run cannot be started. */
  readonly workflowId: Promise<string>;
  /** How the page is connected now. */
  connection: Connection = { phase: "connecting", attempt: 0 };
  readonly #server: Server;
  readonly #options: StartOptions;
  readonly #begun: Promise<Begun>;
  /** Those that read now, as promises of their leaving. */
  readonly #readers = new Set<Promise<void>>();
  readonly #told: Set<Tell | undefined>;

  /** @internal */
  constructor(server: Server, start: Start | Place, options: StartOptions = {}) {
    this.#server = server;
    this.#options = options;
    this.#told = new Set([options.onConnection]);
    this.#begun = begin(server, start, options, this.#tell);
    this.workflowId = this.#begun.then(({ place }) => place.workflowId);
    this.workflowId.catch(() => {}); // nobody has to wait for it
  }

  /** Goes on where the loop before was left; leaving a loop closes the connection, and the run goes on. */
  [Symbol.asyncIterator](): Events {
    return this.events();
  }

  /** The same, for a reader that is stopped from outside. */
  events(signal?: AbortSignal): Events {
    return this.#read(true, signal);
  }

  /**
   * The whole workflow, once the run has ended. What waits for it reads the events by itself unless somebody does.
   * A run that asks a human has not ended.
   */
  get workflow(): Promise<Workflow> {
    return this.#toTheEnd();
  }

  /** The answer, once the run has ended; null where there is none, as of a cancelled run. Rejects when it failed. */
  get finalResponse(): Promise<string | null> {
    return this.workflow.then(({ error, final_response }) => {
      if (error) throw new CantataError(error.code, error.message, { isRetryable: error.retryable });
      return final_response;
    });
  }

  /** Stops the run and returns it as it ended; one that has ended by itself is returned as it is. */
  async cancel(reason = ""): Promise<Workflow> {
    const address = runAt(await this.workflowId, "/cancel");
    return this.#server.read<Workflow>("POST", address, { body: { reason } }).catch((error: CantataError) => {
      if (error.code !== "workflow_finished") throw error;
      return this.fetchWorkflow();
    });
  }

  /** Fetches the workflow as it is now. */
  async fetchWorkflow(): Promise<Workflow> {
    const address = runAt(await this.workflowId);
    const { signal } = this.#options;
    const patience = patienceOf(this.#server.options, () => {}, signal);
    return patience.persist(() => this.#server.read<Workflow>("GET", address, { signal }));
  }

  /** Calls `tell` whenever the connection changes, until the function that is returned is called. */
  onConnection(tell: Tell): () => void {
    this.#told.add(tell);
    return () => this.#told.delete(tell);
  }

  /** Reads from where the loop before was left; what is no loop does not move that place. Each has its own. */
  async *#read(isLoop: boolean, signal?: AbortSignal): Events {
    let leave!: () => void;
    const reader = new Promise<void>((resolve) => (leave = resolve));
    this.#readers.add(reader);
    try {
      const { place, take } = await this.#begun;
      const own = { ...place };
      const until = AbortSignal.any([this.#options.signal, signal].filter(Boolean) as AbortSignal[]);
      for await (const event of follow(this.#server, own, this.#tell, until, take?.())) {
        if (isLoop) place.seq = own.seq;
        if (isTerminal(event)) this.#tell(ENDED);
        yield event;
      }
      this.#tell(ENDED); // also where all had been seen before
    } finally {
      this.#readers.delete(reader);
      leave();
    }
  }

  /** Reads while nobody else does. What is read here, a later loop reads again. */
  async #toTheEnd(): Promise<Workflow> {
    await this.#begun;
    while (this.connection !== ENDED) {
      const [reader] = this.#readers;
      if (reader) await reader;
      else for await (const _ of this.#read(false));
    }
    return this.fetchWorkflow();
  }

  readonly #tell: Tell = (connection) => {
    if (this.connection === ENDED) return;
    this.connection = connection;
    for (const tell of this.#told) tell?.(connection);
  };
}
