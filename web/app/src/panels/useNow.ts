/** The server's time, as long as something runs. */
import type { Workflow } from "@cantata/client";
import { useEffect, useRef, useState } from "react";
import { createClock } from "./clock.ts";
import type { Span } from "./spans.ts";

export const isAtWork = (workflow: Workflow) => workflow.status === "running" || workflow.status === "queued";

/** Moves on every *everyMs* while the workflow is at work; then it is the moment of its last sign of life. */
export function useNow(workflow: Workflow, spans: readonly Span[], everyMs: number): number {
  const clock = useRef(createClock());
  const [local, setLocal] = useState(() => Date.now());
  const isLive = isAtWork(workflow);
  const told = spans.reduce((latest, span) => Math.max(latest, span.end ?? span.start), 0);
  if (told > 0) clock.current.see(told, Date.now());
  useEffect(() => {
    if (!isLive) return;
    const timer = setInterval(() => setLocal(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [isLive, everyMs]);
  return isLive ? clock.current.now(Math.max(local, Date.now() - everyMs)) : told;
}
