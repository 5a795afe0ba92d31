/** The runs that are on the page, as they stand: for those parts that show one of them somewhere else. */
import type { Connection, Workflow } from "@cantata/client";
import { useSyncExternalStore } from "react";

export interface Shown {
  workflow: Workflow;
  connection: Connection | null;
  /** Connects again, after it was given up. */
  retry: () => void;
}

const shown = new Map<string, Shown>();
const listeners = new Set<() => void>();

export function show(workflowId: string, state: Shown | null): void {
  if (state === null) shown.delete(workflowId);
  else shown.set(workflowId, state);
  for (const listener of listeners) listener();
}

/** A live run changes with every frame: *select* takes what is needed, and only its changes are followed. */
export function useShown<Part>(workflowId: string | null, select: (shown: Shown | null) => Part): Part {
  return useSyncExternalStore(subscribe, () => select(peek(workflowId)));
}

/** The run as it stands, for those who are not to follow it. */
export function peek(workflowId: string | null): Shown | null {
  return workflowId === null ? null : (shown.get(workflowId) ?? null);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
