/** A run as React state. */

import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import type { Run } from "./run.js";
import type { Client } from "./runs.js";
import { createRunStore, type RunSnapshot, type RunStore, type StoreOptions } from "./store.js";
import type { Workflow } from "./workflow.js";

export interface UsedWorkflow extends Partial<RunSnapshot> {
  /** Stops the run; the workflow shows it when it has stopped. */
  cancel(reason?: string): Promise<Workflow> | undefined;
}

/**
 * Follows a run: one that was just started, or any one by its id. Without one there is nothing to show yet.
 *
 * Leaving the page stops reading, not the run. `schedule` is read when a run is first followed.
 */
export function useWorkflow(
  client: Pick<Client, "workflows">,
  source: Run | string | null | undefined,
  { schedule }: StoreOptions = {},
): UsedWorkflow {
  const [store, setStore] = useState<RunStore>();
  useEffect(() => {
    if (!source) return;
    const made = createRunStore(typeof source === "string" ? { client, workflowId: source } : source, { schedule });
    setStore(made);
    return () => {
      made.close();
      setStore(undefined);
    };
  }, [client, source]);
  const subscribe = useCallback((listener: () => void) => store?.subscribe(listener) ?? (() => {}), [store]);
  const snapshot = useSyncExternalStore(
    subscribe,
    () => store?.getSnapshot(),
    () => undefined,
  );
  const cancel = useCallback((reason?: string) => store?.cancel(reason), [store]);
  return { ...snapshot, cancel };
}
