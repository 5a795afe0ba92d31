/** What there is to compose with: agents, and workflows that have a name. */
import type { Agent, Client, Definition } from "@cantata/client";
import { useCallback, useEffect, useState } from "react";

export function useOffered(client: Client) {
  const [agents, setAgents] = useState<Agent[]>([]);
  const [definitions, setDefinitions] = useState<Definition[]>([]);
  const [error, setError] = useState<string | null>(null);
  const [times, setTimes] = useState(0);
  useEffect(() => {
    const asking = new AbortController();
    const { signal } = asking;
    Promise.all([client.coordinator.agents({ signal }), client.coordinator.workflows({ signal })]).then(
      ([foundAgents, foundDefinitions]) => {
        setAgents(foundAgents);
        setDefinitions(foundDefinitions);
        setError(null);
      },
      (failure: Error) => signal.aborted || setError(failure.message),
    );
    return () => asking.abort();
  }, [client, times]);
  return { agents, definitions, error, reload: useCallback(() => setTimes((before) => before + 1), []) };
}
