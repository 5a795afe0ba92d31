/** A run as React state. */
import type { Client, Connection, Run, Workflow } from "@cantata/client";
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import type { LiveRun } from "./liveRun.ts";
import { runsOf } from "./runs.ts";

export interface UsedRun {
  workflow: Workflow | null;
  connection: Connection | null;
  /** Tries again after the connection was given up. */
  reconnect: () => void;
}

/**
 * Follows the run that was just started, else the one of that id; nothing without either.
 *
 * A started run is followed by its own stream for as long as the same object is given, also once its id is known.
 */
export function useRun(client: Client, workflowId: string | null, startedRun?: Run | null): UsedRun {
  const source = startedRun ?? workflowId;
  const runs = runsOf(client);
  const known = typeof source === "string" ? runs.known(source) : undefined;
  const [live, setLive] = useState<{ run: LiveRun; source: string | Run } | null>(null);

  useEffect(() => {
    if (!source || known) return;
    setLive({ run: runs.hold(source), source });
    return () => {
      setLive(null);
      runs.release(source);
    };
  }, [runs, source, known]);

  const run = live?.source === source ? live.run : null;
  const subscribe = useCallback((listener: () => void) => run?.subscribe(listener) ?? (() => {}), [run]);
  const snapshot = useSyncExternalStore(subscribe, () => run?.getSnapshot() ?? known ?? null);
  return {
    workflow: snapshot && snapshot.workflow.workflow_id ? snapshot.workflow : null,
    connection: snapshot?.connection ?? null,
    reconnect: useCallback(() => run?.reconnect(), [run]),
  };
}
