/** Time travel: what a run's state was after each of its steps, and how to go on from there in another way. */
import "./panels.css";
import type { Client, Workflow } from "@cantata/client";
import { useMemo, useState } from "react";
import { Badge } from "../parts/Badge.tsx";
import { Button } from "../parts/Button.tsx";
import { Copy } from "../parts/Copy.tsx";
import { counted, duration } from "../parts/formats.ts";
import { announce } from "../parts/LiveRegion.tsx";
import { Spinner } from "../parts/Spinner.tsx";
import { isRecord } from "../run/values.ts";
import { sentenceOf } from "../shell/faults.ts";
import { go } from "../shell/useRoute.ts";
import { momentsOf, wordFor, type Moment } from "./checkpoints.ts";
import { ForkForm } from "./ForkForm.tsx";
import { StateTree } from "./StateTree.tsx";
import { useCheckpoints } from "./useCheckpoints.ts";
import { isAtWork } from "./useNow.ts";
import "./CheckpointsPanel.css";

interface CheckpointsPanelProps {
  client: Client;
  workflow: Workflow;
  /** Whoever may only read sees the states, and starts nothing. */
  mayRun: boolean;
  /** Called when a run from a checkpoint has begun, and its conversation is open. */
  onStarted: () => void;
}

export default function CheckpointsPanel(props: CheckpointsPanelProps) {
  const { client, workflow } = props;
  const { checkpoints, error, more, retry } = useCheckpoints(client, workflow);
  const moments = useMemo(() => momentsOf(checkpoints ?? []), [checkpoints]);
  if (checkpoints === null) {
    return error ? <Fault error={error} onRetry={retry} /> : <Reading />;
  }
  return (
    <section className="panel-whole" aria-label="Checkpoints">
      <Origin client={client} workflow={workflow} />
      {error !== null && <Fault error={error} onRetry={retry} />}
      {moments.length === 0 ? (
        <p className="panel-empty">{wordsForNone(workflow)}</p>
      ) : (
        <div className="panel-scroll" tabIndex={0} role="region" aria-label="Checkpoints, newest first">
          <ol className="checkpoints">
            {moments.map((moment) => (
              <Row key={moment.checkpoint.checkpoint_id} moment={moment} {...props} />
            ))}
          </ol>
          {more && (
            <Button kind="quiet" onClick={more}>
              Show older ones
            </Button>
          )}
        </div>
      )}
      <p className="panel-hint">
        {counted(moments.length, "checkpoint")}
        {more ? " so far" : ""}. What runs again from one is a conversation of its own; this one stays as it is.
      </p>
    </section>
  );
}

function Row({ moment, client, workflow, mayRun, onStarted }: CheckpointsPanelProps & { moment: Moment }) {
  const { checkpoint, title, next, changes } = moment;
  const [isOpen, setIsOpen] = useState(false);
  const [asked] = checkpoint.interrupts;
  return (
    <li className="checkpoint" data-waits={asked !== undefined}>
      <details open={isOpen} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
        <summary>
          <span className="checkpoint-title">{title}</span>
          <span className="checkpoint-when" title={checkpoint.created_at}>
            {checkpoint.step !== null && checkpoint.step >= 0 && `step ${checkpoint.step} · `}
            {sinceBegin(checkpoint.created_at, workflow)}
          </span>
          <span className="checkpoint-next">
            {asked ? <Badge tone="warn">waits for an answer</Badge> : next.length === 0 ? "the end" : "then"}{" "}
            {next.join(", ")}
          </span>
          <Changes moment={moment} />
        </summary>
        {isOpen && (
          <div className="checkpoint-body">
            <div className="checkpoint-heading">
              <h3>State</h3>
              <Copy text={() => JSON.stringify(checkpoint.values, null, 2)} label="Copy the state as JSON" />
            </div>
            <StateTree value={checkpoint.values} label={`State after ${title}`} changes={changes} />
            {asked && (
              <>
                <h3>Asked</h3>
                <StateTree value={asked.value} label="What was asked" />
              </>
            )}
            {mayRun && <ForkForm client={client} workflow={workflow} checkpoint={checkpoint} onStarted={onStarted} />}
          </div>
        )}
      </details>
    </li>
  );
}

const MOST_NAMED = 3;

/** What is new in the state, so that the right checkpoint can be found without opening them. */
function Changes({ moment: { checkpoint, changes } }: { moment: Moment }) {
  if (!changes || changes.size === 0) return null;
  const values = isRecord(checkpoint.values) ? checkpoint.values : {};
  const named = [...changes].slice(0, MOST_NAMED);
  return (
    <span className="checkpoint-changes">
      {named.map(([name, change]) => (
        <span key={name}>
          {name} <em>{wordFor(change, values[name])}</em>
        </span>
      ))}
      {changes.size > named.length && <span>and {changes.size - named.length} more</span>}
    </span>
  );
}

/** Where a fork comes from. */
function Origin({ client, workflow }: { client: Client; workflow: Workflow }) {
  const origin = workflow.metadata["forked_from"];
  if (!isRecord(origin) || typeof origin["workflow_id"] !== "string") return null;
  const workflowId = origin["workflow_id"];
  const show = async () => {
    try {
      const { session_id: sessionId } = await client.workflows.get(workflowId);
      go({ name: "session", sessionId, workflowId });
    } catch (error) {
      announce(sentenceOf(error));
    }
  };
  return (
    <p className="side-note">
      Began at a checkpoint of another run.{" "}
      <button type="button" className="side-link" onClick={() => void show()}>
        Show that run
      </button>
    </p>
  );
}

function Fault({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <div className="panel-empty" role="alert">
      <p>{sentenceOf(error)}</p>
      <Button icon="refresh" onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}

function Reading() {
  return (
    <div className="panel-empty">
      <Spinner label="The checkpoints are loading." />
    </div>
  );
}

const wordsForNone = (workflow: Workflow) =>
  isAtWork(workflow) ? "Nothing has been saved yet." : "No checkpoint of this run is kept.";

function sinceBegin(createdAt: string, { started_at, created_at }: Workflow): string {
  const ms = Date.parse(createdAt) - Date.parse(started_at ?? created_at);
  return Number.isNaN(ms) ? "" : `+${duration(Math.max(0, ms))}`;
}
