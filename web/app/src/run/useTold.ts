/** Tells those who listen instead of looking: the answer by sentences while it comes, and what became of the run. */
import { useEffect, useRef } from "react";
import type { Workflow } from "@cantata/client";
import { announce } from "../parts/LiveRegion.tsx";
import { endOfSentences } from "../parts/sentences.ts";
import type { Answer } from "./answer.ts";

const WORDS: Partial<Record<Workflow["status"], string>> = {
  interrupted: "The run waits for you.",
  failed: "The run failed.",
  cancelled: "Stopped.",
};

/** Nothing is told of a run that had ended before it was seen. */
export function useTold(workflow: Workflow, answer: Answer | null, isLatest: boolean): void {
  const { status, workflow_id: id } = workflow;
  const seen = useRef({ id: "", wasLive: false, said: 0, status });
  const text = answer?.text ?? "";
  useEffect(() => {
    if (seen.current.id !== id)
      seen.current = { id, wasLive: false, said: status === "running" ? 0 : text.length, status };
    const now = seen.current;
    if (!isLatest) return;
    if (status === "running") now.wasLive = true;
    if (!now.wasLive) return;

    const rest = text.slice(now.said);
    const end = status === "completed" ? rest.length : endOfSentences(rest);
    if (end > 0) announce(rest.slice(0, end));
    now.said = Math.min(now.said, text.length) + end;

    const words = WORDS[status];
    if (words && now.status !== status)
      announce(status === "failed" ? `${words} ${workflow.error?.message ?? ""}` : words);
    now.status = status;
  }, [id, status, text, isLatest, workflow.error]);
}
