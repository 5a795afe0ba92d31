/** A run as its starter holds it: its events to loop over, its answer to wait for, and the way to stop it. */

import { Patience } from "./backoff.js";
import { Stream, type Connection, type Tell } from "./connection.js";
import { follow, isTerminal, type Place } from "./follow.js";
import { CantataError } from "./problems.js";
import { path, type Server } from "./server.js";
import type { CantataEvent } from "./types.js";
import type { Workflow } from "./workflow.js";

export interface ReadOptions {
  /** Aborting it stops reading. The run goes on: `cancel` stops that. */
  signal?: AbortSignal | undefined;
  onConnection?: Tell | undefined;
}

export interface FollowOptions extends ReadOptions {
  /** Begin after the event with this number. */
  after?: number | undefined;
}

export interface StartOptions extends ReadOptions {
  /** Names the request, so that repeating it starts nothing; one is made up unless it is given. */
  idempotencyKey?: string | undefined;
}

/** A request that starts a run, or goes on with one after an event. */
export interface Start {
  path: string;
  body: unknown;
  after?: number;
}

interface Begun {
  place: Place;
  first?: Stream | undefined;
  unread?: ReturnType<typeof setTimeout>;
}

const WITHOUT_STREAM = { Prefer: "respond-async", Accept: "application/json" };

/** How long the stream that a start was answered with waits for a reader: a browser has six connections in all. */
const UNREAD_MS = 2_000;

export class Run implements AsyncIterable<CantataEvent> {
  /** The id, as soon as the server has said it; rejects when the run cannot be started. */
  readonly workflowId: Promise<string>;
  /** How the page is connected now. */
  connection: Connection = { phase: "connecting", attempt: 0 };
  readonly #begun: Promise<Begun>;
  readonly #over: Promise<void>;
  #settle!: { resolve: () => void; reject: (error: unknown) => void };
  #isOver = false;
  #readers = 0;
  #isAwaited = false;
  #isDraining = false;
  readonly #told = new Set<Tell>();
  readonly #signal: AbortSignal;

  /** @internal */
  constructor(
    private readonly server: Server,
    begin: Start | (() => Promise<Start>) | Place,
    private readonly options: StartOptions,
  ) {
    this.#signal = options.signal ?? new AbortController().signal;
    this.#over = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    this.#begun = "workflowId" in begin ? Promise.resolve({ place: begin }) : this.#start(begin);
    this.workflowId = this.#begun.then(({ place }) => place.workflowId);
    // Nobody has to wait for any of them.
    this.#over.catch(() => {});
    this.workflowId.catch(this.#settle.reject);
  }

  /** Goes on where the loop before was left; leaving a loop closes the connection, and the run goes on. */
  [Symbol.asyncIterator](): AsyncGenerator<CantataEvent, void, undefined> {
    return this.events();
  }

  /** The same, for a reader that is stopped from outside. */
  async *events(signal?: AbortSignal): AsyncGenerator<CantataEvent, void, undefined> {
    this.#readers += 1;
    try {
      const begun = await this.#begun;
      yield* this.#read(begun.place, signal);
    } finally {
      this.#readers -= 1;
      void this.#drain();
    }
  }

  /**
   * The whole workflow, once the run has ended. What waits for it reads the events by itself unless somebody does.
   * A run that asks a human has not ended.
   */
  get workflow(): Promise<Workflow> {
    this.#isAwaited = true;
    void this.#drain();
    return this.#over.then(() => this.fetchWorkflow());
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
    const address = path`/api/workflows/${await this.workflowId}/cancel`;
    try {
      return await this.server.json<Workflow>("POST", address, { body: { reason } });
    } catch (error) {
      if (error instanceof CantataError && error.code === "workflow_finished") return this.fetchWorkflow();
      throw error;
    }
  }

  /** Fetches the workflow as it is now. */
  async fetchWorkflow(): Promise<Workflow> {
    const address = path`/api/workflows/${await this.workflowId}`;
    const patience = new Patience(this.server.options, () => {}, this.#signal);
    return patience.persist(() => this.server.json<Workflow>("GET", address, { signal: this.#signal }));
  }

  /** Calls `tell` whenever the connection changes, until the function that is returned is called. */
  onConnection(tell: Tell): () => void {
    this.#told.add(tell);
    return () => this.#told.delete(tell);
  }

  /**
   * Sends the request until it is answered. Its key makes sure that only one run comes of it. Where streams do not get
   * through, the run is started without one.
   */
  async #start(asked: Start | (() => Promise<Start>)): Promise<Begun> {
    const { idempotencyKey = newKey() } = this.options;
    const patience = new Patience(this.server.options, this.#tell, this.#signal);
    const { path, body, after } = typeof asked === "function" ? await patience.persist(asked) : asked;
    return patience.persist(async () => {
      const first = await Stream.open(this.server, "POST", path, {
        body,
        query: { after },
        headers: { "Idempotency-Key": idempotencyKey, ...(patience.hasNoStream && WITHOUT_STREAM) },
        signal: this.#signal,
      });
      const workflowId = first.response.headers.get("X-Workflow-Id") ?? "";
      const place = { workflowId, seq: after ?? 0 };
      if (first.response.status === 202) return { place, first: void first.close() };
      const begun: Begun = { place, first };
      begun.unread = setTimeout(() => {
        first.close();
        begun.first = undefined;
      }, UNREAD_MS);
      return begun;
    });
  }

  async *#read(place: Place, signal?: AbortSignal): AsyncGenerator<CantataEvent, void, undefined> {
    const begun = await this.#begun;
    const { first } = begun;
    begun.first = undefined;
    clearTimeout(begun.unread);
    const until = signal ? AbortSignal.any([this.#signal, signal]) : this.#signal;
    const patience = new Patience(this.server.options, this.#tell, until);
    try {
      for await (const event of follow({
        server: this.server,
        place,
        patience,
        tell: this.#tell,
        first,
        signal: until,
      })) {
        if (isTerminal(event)) this.#end();
        yield event;
      }
      if (this.connection.phase !== "ended") this.#end(); // all had been seen before
    } catch (error) {
      if (!signal?.aborted) this.#settle.reject(error);
      throw error;
    }
  }

  #end(): void {
    this.#isOver = true;
    this.#tell({ phase: "ended", attempt: 0 });
    this.#settle.resolve();
  }

  /** Reads for those who wait, where nobody reads. What it reads, a later loop reads again. */
  async #drain(): Promise<void> {
    try {
      const { place } = await this.#begun;
      if (!this.#isAwaited || this.#isOver || this.#isDraining || this.#readers) return;
      this.#isDraining = true;
      for await (const _ of this.#read({ ...place }));
    } catch {
      // Whoever waits is told.
    }
  }

  readonly #tell: Tell = (connection) => {
    this.connection = connection;
    this.options.onConnection?.(connection);
    for (const tell of this.#told) tell(connection);
  };
}

/** Makes up a key; `crypto.randomUUID` is for pages from a safe origin only. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
