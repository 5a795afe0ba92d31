/** The bar that starts runs: what goes in, which model, and go. */
import { CantataError, type Client, type Model, type Run } from "@cantata/client";
import { useState } from "react";
import { Button } from "../parts/Button.tsx";
import type { Draft } from "./draft.ts";
import { faultsOf, type Fault } from "./faults.ts";
import { requestOf, titleOf } from "./requests.ts";
import type { Edit } from "./useDraft.ts";
import "./RunBar.css";

interface RunBarProps {
  draft: Draft;
  models: readonly Model[];
  run: ReturnType<typeof useRunning>;
  edit: Edit;
  isReady: boolean;
}

export function RunBar({ draft, models, run, edit, isReady }: RunBarProps) {
  return (
    <form
      className="compose-run"
      aria-label="Run the workflow"
      onSubmit={(event) => {
        event.preventDefault();
        void run.start();
      }}
    >
      {run.error && (
        <p className="compose-fault" role="alert">
          {run.error}
        </p>
      )}
      <label className="compose-input">
        <span className="hidden-text">Input</span>
        <textarea
          dir="auto"
          className="input"
          rows={2}
          placeholder="What goes into the workflow"
          value={draft.input}
          onChange={(event) => edit((now) => ({ ...now, input: event.target.value }), "input")}
        />
      </label>
      <label className="compose-model">
        <span className="hidden-text">Model</span>
        <select
          className="input"
          value={draft.model}
          onChange={(event) => edit((now) => ({ ...now, model: event.target.value }))}
        >
          <option value="">{models.find((one) => one.is_default)?.name ?? "Default model"}</option>
          {draft.model && !models.some((one) => one.name === draft.model) && <option>{draft.model}</option>}
          {models
            .filter((one) => !one.is_default)
            .map((one) => (
              <option key={one.name}>{one.name}</option>
            ))}
        </select>
      </label>
      <Button
        kind="primary"
        icon="play"
        type="submit"
        disabled={run.isStarting || !isReady || draft.input.trim() === ""}
        title="Ctrl+Enter"
      >
        {run.isStarting ? "Starting …" : "Run"}
      </Button>
    </form>
  );
}

interface Running {
  client: Client;
  draft: Draft;
  onStarted: (run: Run, title: string) => void;
}

/** Starts runs; the page stays until the server has taken one. */
export function useRunning({ client, draft, onStarted }: Running) {
  const [isStarting, setIsStarting] = useState(false);
  const [refused, setRefused] = useState<{ of: Draft; error: string; faults: Fault[] } | null>(null);
  const current = refused?.of === draft ? refused : null;
  async function start() {
    if (isStarting || draft.input.trim() === "") return;
    setIsStarting(true);
    try {
      const { shape, body } = requestOf(draft.spec, draft.input, draft.model);
      const begin = client.coordinator[shape] as (body: unknown) => Run;
      const run = begin(body);
      await run.workflowId;
      onStarted(run, titleOf(draft.spec, draft.input, draft.stored?.name ?? null));
    } catch (failure) {
      const faults = failure instanceof CantataError ? faultsOf(failure.problem) : [];
      setRefused({ of: draft, error: failure instanceof Error ? failure.message : String(failure), faults });
    }
    setIsStarting(false);
  }
  return {
    start,
    isStarting,
    error: current?.error ?? null,
    faults: current && current.faults.length > 0 ? current.faults : null,
  };
}
