/** Runs a run again from one of its checkpoints: as it went on from there, or with another input. */
import type { Checkpoint, Client, Workflow } from "@cantata/client";
import { useId, useState, type FormEvent } from "react";
import { Button } from "../parts/Button.tsx";
import { openStarted } from "../sessions/sending.ts";
import { faultOf, type Fault } from "../shell/faults.ts";
import { readInput, wordsOf, writtenInput } from "./checkpoints.ts";

interface ForkFormProps {
  client: Client;
  workflow: Workflow;
  checkpoint: Checkpoint;
  onStarted: () => void;
}

export function ForkForm({ client, workflow, checkpoint, onStarted }: ForkFormProps) {
  const isAtEnd = checkpoint.next.length === 0; // without an input there is nothing to do there
  const [hasInput, setHasInput] = useState(isAtEnd);
  const [written, setWritten] = useState(() => writtenInput(wordsOf(workflow.input)));
  const [fault, setFault] = useState<string | null>(null);
  const { isStarting, refusal, start } = useForking({ client, workflow, checkpoint, onStarted });
  const id = useId();

  function submit(event: FormEvent) {
    event.preventDefault();
    const read = hasInput ? readInput(written) : { input: undefined };
    setFault("fault" in read ? read.fault : null);
    if ("input" in read) void start(read.input);
  }

  return (
    <form className="checkpoint-fork" aria-label="Run again from here" onSubmit={submit}>
      {hasInput && (
        <label className="field">
          <span>Input</span>
          <textarea
            className="input"
            rows={3}
            dir="auto"
            spellCheck={false}
            value={written}
            aria-invalid={fault !== null || undefined}
            aria-describedby={`${id}-input`}
            onChange={(event) => {
              setWritten(event.target.value);
              setFault(null);
            }}
          />
          <small id={`${id}-input`} className={fault ? "panel-fault" : ""} role={fault ? "alert" : undefined}>
            {fault ?? "A text, or JSON. The graph begins anew with it, on this state."}
          </small>
        </label>
      )}
      {refusal && <Refused fault={refusal} />}
      <div className="checkpoint-fork-row">
        <Button kind="primary" icon="play" type="submit" disabled={isStarting}>
          {isStarting ? "Starting …" : "Run again from here"}
        </Button>
        {!isAtEnd && (
          <Button kind="quiet" aria-expanded={hasInput} onClick={() => setHasInput(!hasInput)}>
            {hasInput ? "Without another input" : "With another input"}
          </Button>
        )}
      </div>
    </form>
  );
}

function Refused({ fault }: { fault: Fault }) {
  return (
    <div className="panel-fault" role="alert">
      {[fault.detail, fault.advice].filter(Boolean).join(" ")}
      {fault.fields.map(({ path, message }) => (
        <p key={path}>
          <code>{path}</code> {message}
        </p>
      ))}
    </div>
  );
}

/** The new run is in a conversation of its own, which is opened once the server has taken it. */
function useForking({ client, workflow, checkpoint, onStarted }: ForkFormProps) {
  const [isStarting, setIsStarting] = useState(false);
  const [refusal, setRefusal] = useState<Fault | null>(null);

  /** Without an input it goes on as it did. */
  async function start(input: unknown) {
    setIsStarting(true);
    setRefusal(null);
    try {
      const run = client.workflows.fork(workflow.workflow_id, { checkpoint_id: checkpoint.checkpoint_id, input });
      await openStarted(client, run, writtenInput(wordsOf(input ?? workflow.input)));
      onStarted();
    } catch (error) {
      setRefusal(faultOf(error));
    }
    setIsStarting(false);
  }
  return { isStarting, refusal, start };
}
