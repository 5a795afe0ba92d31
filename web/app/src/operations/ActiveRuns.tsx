/** What runs now: where it is, for how long, who watches, and the way to stop it. */
import type { Client } from "@cantata/client";
import { useState } from "react";
import { Button } from "../parts/Button.tsx";
import { Dialog } from "../parts/Dialog.tsx";
import { duration } from "../parts/formats.ts";
import { announce } from "../parts/LiveRegion.tsx";
import { sentenceOf } from "../shell/faults.ts";
import { hashOf } from "../shell/routes.ts";
import type { ActiveRun } from "./shapes.ts";
import "./table.css";

interface ActiveRunsProps {
  client: Client;
  runs: readonly ActiveRun[];
  active: number;
  /** Whose runs can be opened and stopped; null: everybody's. */
  ownerId: string | null;
  now: number;
  onChanged: () => void;
}

export function ActiveRuns({ client, runs, active, ownerId, now, onChanged }: ActiveRunsProps) {
  const [asked, ask] = useState<ActiveRun | null>(null);
  return (
    <section className="ops-section" aria-labelledby="ops-runs">
      <header className="ops-section-head">
        <h2 id="ops-runs">Active runs</h2>
        {active > runs.length && <span className="ops-note">{`${runs.length} of ${active}`}</span>}
      </header>
      {runs.length === 0 ? (
        <p className="ops-nothing">Nothing runs.</p>
      ) : (
        <div className="ops-scroll" tabIndex={0} role="group" aria-label="Active runs">
          <table>
            <thead>
              <tr>
                <th scope="col">Run</th>
                <th scope="col">Steps at work</th>
                <th scope="col" className="ops-number">
                  Time
                </th>
                <th scope="col" className="ops-number">
                  Events
                </th>
                <th scope="col" className="ops-number">
                  Readers
                </th>
                <th scope="col">Owner</th>
                <th scope="col">
                  <span className="hidden-text">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {runs.map((run) => {
                const isOwn = ownerId === null || run.owner === ownerId;
                return (
                  <tr key={run.workflow_id}>
                    <th scope="row">
                      <Name run={run} isOwn={isOwn} />
                    </th>
                    <td className="ops-steps">{stepsOf(run)}</td>
                    <td className="ops-number">{timeOf(run, now)}</td>
                    <td className="ops-number">{run.last_seq}</td>
                    <td className="ops-number">{run.readers}</td>
                    <td className="ops-owner" title={run.owner}>
                      {run.owner}
                    </td>
                    <td>
                      {isOwn && (
                        <Button
                          kind="quiet"
                          icon="stop"
                          aria-label={`Cancel ${run.graph}, ${run.workflow_id}`}
                          onClick={() => ask(run)}
                        >
                          Cancel
                        </Button>
                      )}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {asked && <CancelDialog client={client} run={asked} onClose={() => ask(null)} onChanged={onChanged} />}
    </section>
  );
}

function Name({ run, isOwn }: { run: ActiveRun; isOwn: boolean }) {
  const attempt = run.attempt > 1 ? ` attempt ${run.attempt}` : "";
  const id = <code>{shortId(run.workflow_id)}</code>;
  if (!isOwn || !run.session_id) {
    return (
      <span title={run.workflow_id}>
        {run.graph} {id}
        {attempt}
      </span>
    );
  }
  return (
    <a
      href={hashOf({ name: "session", sessionId: run.session_id, workflowId: run.workflow_id })}
      title={run.workflow_id}
    >
      {run.graph} {id}
      {attempt}
    </a>
  );
}

/** An id's end tells runs apart; its beginning is the time. */
export const shortId = (id: string): string => `…${id.slice(-6)}`;

function stepsOf({ steps, progress }: ActiveRun): string {
  const names = steps.map((path) => path.join(" / ")).join(", ");
  const percent = progress === null ? "" : `${Math.round(progress)} %`;
  return [names, percent].filter(Boolean).join(" · ") || "–";
}

function timeOf(run: ActiveRun, now: number): string {
  const since = Date.parse(run.started_at ?? run.created_at);
  const seconds = Math.max(0, Math.floor((now - since) / 1_000));
  return seconds === 0 ? "0 s" : duration(seconds * 1_000);
}

interface CancelDialogProps {
  client: Client;
  run: ActiveRun;
  onClose: () => void;
  onChanged: () => void;
}

function CancelDialog({ client, run, onClose, onChanged }: CancelDialogProps) {
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function cancel() {
    setIsBusy(true);
    try {
      await client.workflows.cancel(run.workflow_id, "Stopped by whoever runs the server.");
      announce("The run was cancelled.");
      onChanged();
      onClose();
    } catch (refusal) {
      setError(refusal);
      setIsBusy(false);
    }
  }

  return (
    <Dialog
      title="Cancel the run?"
      onClose={onClose}
      actions={
        <>
          <Button autoFocus onClick={onClose}>
            Let it run
          </Button>
          <Button kind="danger" icon="stop" disabled={isBusy} onClick={() => void cancel()}>
            Cancel the run
          </Button>
        </>
      }
    >
      <p>
        {run.graph} <code>{run.workflow_id}</code>, of {run.owner}, ends where it is. What it has said stays.
      </p>
      {error !== null && (
        <p className="refusal" role="alert">
          {sentenceOf(error)}
        </p>
      )}
    </Dialog>
  );
}
