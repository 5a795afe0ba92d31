/** The checkpoints of a run as the server tells them: read anew while it is at work, and whenever its status changes. */
import type { Checkpoint, Client, Workflow } from "@cantata/client";
import { useEffect, useRef, useState } from "react";
import { isAtWork } from "./useNow.ts";

const PAGE = 50;
const MOST = 1_000; // what the server gives at once
const AGAIN_MS = 2_000; // between looks at a run that is at work

export interface Checkpoints {
  /** Newest first; null until they are read. */
  checkpoints: readonly Checkpoint[] | null;
  error: unknown;
  /** Given where there may be older ones. */
  more: (() => void) | null;
  retry: () => void;
}

/** Of one run for as long as it is used: another run wants another component. */
export function useCheckpoints(client: Client, workflow: Workflow): Checkpoints {
  const { workflow_id: id, status } = workflow;
  const [checkpoints, setCheckpoints] = useState<readonly Checkpoint[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [limit, setLimit] = useState(PAGE);
  const [attempt, setAttempt] = useState(0);
  const latest = useRef(workflow);
  latest.current = workflow;
  const isKnown = workflow.graph !== ""; // before its first event the server may not have heard of the run

  useEffect(() => {
    if (!isKnown) return;
    const reading = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      const seq = latest.current.last_seq;
      try {
        const told = await client.workflows.history(id, { limit, signal: reading.signal });
        if (reading.signal.aborted) return;
        setCheckpoints(told);
        setError(null);
      } catch (failure) {
        if (!reading.signal.aborted) setError(failure);
        return;
      }
      lookAgain(seq);
    };
    const lookAgain = (seq: number) => {
      if (!isAtWork(latest.current)) return;
      const hasNews = () => latest.current.last_seq > seq && !document.hidden;
      timer = setTimeout(() => (hasNews() ? void read() : lookAgain(seq)), AGAIN_MS);
    };
    void read();
    return () => {
      reading.abort();
      clearTimeout(timer);
    };
  }, [client, id, status, limit, attempt, isKnown]);

  const mayHaveMore = checkpoints !== null && checkpoints.length >= limit && limit < MOST;
  return {
    checkpoints,
    error,
    more: mayHaveMore ? () => setLimit(Math.min(MOST, limit * 4)) : null,
    retry: () => {
      setError(null);
      setAttempt(attempt + 1);
    },
  };
}
