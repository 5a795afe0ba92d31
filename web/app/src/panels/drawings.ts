/** Drawings as they come from the server: a run's graph never changes, so each is asked for once. */
import type { Client, Drawing } from "@cantata/client";

const MOST_KEPT = 40;
const kept = new Map<string, Promise<Drawing>>();

export function drawingOf(client: Client, workflowId: string): Promise<Drawing> {
  const known = kept.get(workflowId);
  if (known) return known;
  const asked = client.workflows.drawing(workflowId);
  kept.set(workflowId, asked);
  asked.catch(() => kept.delete(workflowId)); // so that it can be asked for again
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
  return asked;
}
