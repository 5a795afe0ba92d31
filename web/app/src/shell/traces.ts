/** A run as one document: how it stands, and every event of it. */
import type { CantataEvent, Client, Workflow } from "@cantata/client";

export interface Trace {
  workflow: Workflow;
  events: CantataEvent[];
}

const PAGE = 1_000;

export async function traceOf(client: Client, workflowId: string): Promise<Trace> {
  const workflow = await client.workflows.get(workflowId);
  const events: CantataEvent[] = [];
  let after = 0;
  for (let hasMore = true; hasMore;) {
    const page = await client.workflows.events(workflowId, { after, limit: PAGE });
    events.push(...page.events);
    const last = page.events.at(-1)?.seq ?? after;
    hasMore = page.has_more && last > after;
    after = last;
  }
  return { workflow, events };
}
