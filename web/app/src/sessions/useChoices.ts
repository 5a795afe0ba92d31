/** What can be asked, as the server lists it now. */
import type { Client } from "@cantata/client";
import { useEffect, useState } from "react";
import { choicesOf, NO_CHOICES, type Choices } from "./choices.ts";

/** Read while *isWanted*, and again each time that it turns true: after an outage, or after workflows were composed. */
export function useChoices(client: Client, isWanted: boolean): Choices {
  const [choices, setChoices] = useState(NO_CHOICES);
  useEffect(() => {
    if (!isWanted) return;
    let isCurrent = true;
    const read = async () => {
      const [graphs, workflows, models] = await Promise.all([
        client.graphs.list().catch(() => null),
        client.coordinator.workflows().catch(() => []),
        client.models().catch(() => []),
      ]);
      // Without graphs there was no answer at all, which is told elsewhere: what was known stays.
      if (isCurrent && graphs) setChoices(choicesOf(graphs, workflows, models));
    };
    void read();
    return () => {
      isCurrent = false;
    };
  }, [client, isWanted]);
  return choices;
}
