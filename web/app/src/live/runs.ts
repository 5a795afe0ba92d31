/** The runs that are looked at, each read once however many parts show it. What has ended is kept, not asked again. */
import { createRunStore, type Client, type Run, type RunSnapshot } from "@cantata/client";
import { LiveRun } from "./liveRun.ts";
import { paced } from "./pace.ts";
import { page } from "./page.ts";

const KEPT = 100; // ended runs

interface Held {
  live: LiveRun;
  users: number;
}

export class Runs {
  private readonly client: Client;
  private readonly held = new Map<string | Run, Held>();
  private readonly ended = new Map<string, RunSnapshot>();

  constructor(client: Client) {
    this.client = client;
  }

  /** What is known of a run that has ended, without asking. */
  known(workflowId: string): RunSnapshot | undefined {
    return this.ended.get(workflowId);
  }

  /** Follows *source* until `release` is called as often as this. */
  hold(source: string | Run): LiveRun {
    const held = this.held.get(source) ?? { live: this.open(source), users: 0 };
    held.users += 1;
    this.held.set(source, held);
    return held.live;
  }

  release(source: string | Run): void {
    const held = this.held.get(source);
    if (!held || --held.users > 0) return;
    this.held.delete(source);
    this.keep(held.live);
    held.live.close();
  }

  private open(source: string | Run): LiveRun {
    const { client } = this;
    return new LiveRun(
      {
        first: () =>
          createRunStore(typeof source === "string" ? { client, workflowId: source } : source, { schedule: paced() }),
        again: (known) => {
          const workflowId = typeof source === "string" ? source : known.workflow_id;
          if (!workflowId) return null;
          const from = known.last_seq > 0 ? { from: known } : {};
          return createRunStore({ client, workflowId, ...from }, { schedule: paced() });
        },
      },
      page,
    );
  }

  private keep(live: LiveRun): void {
    const snapshot = live.getSnapshot();
    if (!live.isOver) return;
    this.ended.set(snapshot.workflow.workflow_id, snapshot);
    const [oldest] = this.ended.keys();
    if (this.ended.size > KEPT && oldest !== undefined) this.ended.delete(oldest);
  }
}

const of = new WeakMap<Client, Runs>();

/** The runs of one server. */
export function runsOf(client: Client): Runs {
  const runs = of.get(client) ?? new Runs(client);
  of.set(client, runs);
  return runs;
}
