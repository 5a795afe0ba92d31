/**
 * A run as a page draws it: the workflow so far, which grows with the events, and the connection. Events are gathered
 * and folded once for each frame that the browser draws.
 */

import type { Connection } from "./options.js";
import { asError } from "./problems.js";
import { reduce } from "./reduce.js";
import { Run } from "./run.js";
import type { Client } from "./runs.js";
import type { CantataEvent } from "./types.js";
import { initialWorkflow, isFinal, type Workflow } from "./workflow.js";

export interface RunSnapshot {
  readonly workflow: Workflow;
  readonly connection: Connection;
}

export interface RunStore {
  /** Calls `listener` after each change, until the function that is returned is called. */
  subscribe(listener: () => void): () => void;
  /** Returns the same object until something changes. */
  getSnapshot(): RunSnapshot;
  cancel(reason?: string): Promise<Workflow>;
  /** Stops reading; the run goes on. */
  close(): void;
}

/** A run by its id. Reading goes on from the workflow `from`, where one is at hand, else from what the server tells. */
export interface StoredRun {
  client: Pick<Client, "workflows">;
  workflowId: string;
  from?: Workflow | undefined;
}

export interface StoreOptions {
  /** When to show what has come: by default with the browser's next frame, in hidden pages four times a second. */
  schedule?: ((show: () => void) => void) | undefined;
}

/**
 * Follows a run that was started, or one by its id, from what is known of it already. Reading begins with the next turn
 * of the event loop, so that a store which is closed at once, as React does to try a component, asks for nothing.
 */
export function createRunStore(source: Run | StoredRun, { schedule = nextFrame }: StoreOptions = {}): RunStore {
  const reading = new AbortController();
  const listeners = new Set<() => void>();
  let snapshot: RunSnapshot = {
    workflow: source instanceof Run ? initialWorkflow("") : (source.from ?? initialWorkflow(source.workflowId)),
    connection: source instanceof Run ? source.connection : { phase: "connecting", attempt: 0 },
  };
  let { workflow, connection } = snapshot;
  let arrived: CantataEvent[] = [];
  let isScheduled = false;

  const show = (): void => {
    isScheduled = false;
    if (reading.signal.aborted) return;
    workflow = arrived.reduce(reduce, workflow);
    arrived = [];
    if (workflow === snapshot.workflow && connection === snapshot.connection) return;
    snapshot = { workflow, connection };
    for (const listener of listeners) listener();
  };
  const showSoon = (): void => {
    if (!isScheduled) schedule(show);
    isScheduled = true;
  };
  const connected = (now: Connection): void => {
    connection = now;
    showSoon();
  };
  /** Goes on from the whole workflow where events are missing: removed by retention, or told before this began. */
  const rebase = (whole: Workflow): number => {
    [workflow, arrived] = [whole, []];
    showSoon();
    return whole.last_seq;
  };

  async function read(followed: Run, after: number): Promise<void> {
    const unwatch = followed.onConnection(connected);
    reading.signal.addEventListener("abort", unwatch);
    let reached = after;
    for await (const event of followed.events(reading.signal)) {
      if (event.type === "stream_gap" || (event.seq ?? 0) > reached + 1)
        reached = rebase(await followed.fetchWorkflow());
      reached = Math.max(reached, event.seq ?? 0);
      arrived.push(event);
      showSoon();
    }
    if (!isFinal(arrived.reduce(reduce, workflow).status)) rebase(await followed.fetchWorkflow());
  }

  async function begin(): Promise<void> {
    await undefined;
    if (reading.signal.aborted) return;
    try {
      if (source instanceof Run) return await read(source, 0);
      const { client, workflowId, from } = source;
      const after = rebase(from ?? (await client.workflows.get(workflowId, { signal: reading.signal })));
      if (isFinal(workflow.status)) return connected({ phase: "ended", attempt: 0 });
      await read(client.workflows.follow(workflowId, { after }), after);
    } catch (error) {
      if (!reading.signal.aborted) connected({ phase: "failed", attempt: connection.attempt, error: asError(error) });
    }
  }

  void begin();
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => snapshot,
    cancel: (reason) =>
      source instanceof Run ? source.cancel(reason) : source.client.workflows.cancel(source.workflowId, reason),
    close: () => reading.abort(),
  };
}

/** A hidden page draws no frames. */
function nextFrame(show: () => void): void {
  let isShown = false;
  const once = (): void => {
    if (!isShown) show();
    isShown = true;
  };
  const hasFrames = typeof requestAnimationFrame === "function";
  if (hasFrames) requestAnimationFrame(once);
  setTimeout(once, hasFrames ? 250 : 16);
}
