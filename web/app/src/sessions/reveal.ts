/** Asks the conversation that is open to show a step of one of its runs. */

type Show = (workflowId: string, path: readonly string[]) => void;

const listeners = new Set<Show>();

export function reveal(workflowId: string, path: readonly string[]): void {
  for (const show of listeners) show(workflowId, path);
}

export function onReveal(show: Show): () => void {
  listeners.add(show);
  return () => listeners.delete(show);
}
