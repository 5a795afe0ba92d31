/** One run, live and afterwards: the way to the answer, the answer, what it asks or why it failed, and what it took. */
import "./run.css";
import { memo, useCallback, useMemo, useRef, useState, type ReactNode } from "react";
import type { Connection, Workflow } from "@cantata/client";
import { Markdown } from "../markdown/Markdown.tsx";
import { counted, duration } from "../parts/formats.ts";
import { Icon } from "../parts/Icon.tsx";
import type { Answer } from "./answer.ts";
import { recall, remember, type Answered } from "./answered.ts";
import { Approvals } from "./Approvals.tsx";
import { useDisclosure } from "./disclosure.ts";
import { End } from "./End.tsx";
import { Footer } from "./Footer.tsx";
import { Given } from "./Given.tsx";
import { withoutTools } from "./hide.ts";
import { Items } from "./Items.tsx";
import type { Item, Outline } from "./items.ts";
import type { Say } from "./opinions.ts";
import { outline } from "./outline.ts";
import { share } from "./share.ts";
import { Sources } from "./Sources.tsx";
import { Elapsed, Progress, RunBadge } from "./Status.tsx";
import { useTold } from "./useTold.ts";
import "./RunView.css";

export interface RunViewProps {
  workflow: Workflow;
  connection: Connection | null;
  /** The last run of its conversation: the one that is read out while it comes. */
  isLatest: boolean;
  onCancel?: () => void;
  /** May return a promise: if it is rejected, the question stays open and says why. */
  onResume: (responses: Record<string, unknown>) => Promise<unknown> | void;
  onRetry?: () => void;
  onOpenPanel?: (tab: "graph" | "waterfall" | "usage") => void;
  /** Left out where the run is another's. */
  onFeedback?: Say;
  /** What else can be done with the answer. */
  actions?: ReactNode;
  settings: { hideTools: boolean };
}

export const RunView = memo(function RunView(props: RunViewProps) {
  const { workflow, isLatest, onResume, onRetry, onOpenPanel, actions, settings } = props;
  const told = useOutline(workflow, settings.hideTools);
  const [answered, answer] = useAnswered(workflow.workflow_id, onResume);
  useTold(workflow, told.answer, isLatest);
  const { status } = workflow;
  const isLive = status === "running" || status === "queued";
  const isOver = !isLive && status !== "interrupted";
  const given = answered.filter(({ id }) => !workflow.interrupts.some((open) => open.id === id));
  return (
    <div className="run" role="group" aria-label="Answer" aria-busy={isLive} data-status={status}>
      {isLive && workflow.progress !== null && (
        <Progress percent={workflow.progress} message="" label="Progress of the run" />
      )}
      <Way items={told.items} isOver={isOver} ms={workflow.execution_time_ms} />
      {given.length > 0 && <Given answered={given} />}
      {told.answer && <Said answer={told.answer} />}
      {isLive && <Waiting workflow={workflow} isQuiet={!told.isActive} connection={props.connection} />}
      {status === "interrupted" && <Approvals workflow={workflow} shown={told.answer?.text ?? ""} onResume={answer} />}
      {isOver && <End workflow={workflow} hasAnswer={told.answer !== null} onRetry={onRetry} />}
      {isOver ? (
        <Footer
          workflow={workflow}
          answer={told.answer?.text ?? ""}
          actions={actions}
          onRetry={status === "cancelled" || workflow.error?.retryable ? undefined : onRetry}
          onOpenPanel={onOpenPanel}
          onFeedback={props.onFeedback}
        />
      ) : (
        actions && <div className="run-footer">{actions}</div>
      )}
    </div>
  );
});

/** The outline, in which what did not change since the last time is the same object. */
function useOutline(workflow: Workflow, hideTools: boolean): Outline {
  const before = useRef<Outline>(null);
  return useMemo(() => {
    const now = outline(workflow);
    before.current = share(before.current, hideTools ? { ...now, items: withoutTools(now.items) } : now);
    return before.current;
  }, [workflow, hideTools]);
}

function useAnswered(workflowId: string, onResume: RunViewProps["onResume"]) {
  const [answered, setAnswered] = useState<Answered[]>(() => recall(workflowId));
  const answer = useCallback(
    async (responses: Record<string, unknown>, answers: Answered[]) => {
      await onResume(responses);
      setAnswered(remember(workflowId, answers));
    },
    [workflowId, onResume],
  );
  return [answered, answer] as const;
}

const MANY_ITEMS = 9;

/** A long way is one line once it has been gone. */
function Way({ items, isOver, ms }: { items: Item[]; isOver: boolean; ms: number | null }) {
  const [isOpen, toggle] = useDisclosure(!isOver || items.length <= MANY_ITEMS);
  if (items.length === 0) return null;
  return (
    <div className="run-way" role="group" aria-label="How it was done">
      {isOver && items.length > MANY_ITEMS && (
        <button type="button" className="run-row" aria-expanded={isOpen} onClick={toggle}>
          <span className="run-sign run-sign-neutral">
            <Icon name="layers" />
          </span>
          <span className="run-work-title">
            {`Worked${ms === null ? "" : ` for ${duration(ms)}`}, ${counted(items.length, "part")}`}
          </span>
          <Icon name="chevron" className="run-chevron" />
        </button>
      )}
      {isOpen && <Items items={items} />}
    </div>
  );
}

const Said = memo(function Said({ answer }: { answer: Answer }) {
  return (
    <div className="run-answer" data-live={answer.isLive || undefined}>
      <Markdown text={answer.text} isLive={answer.isLive} />
      {!answer.isLive && <Sources text={answer.text} />}
    </div>
  );
});

/** While nothing else can be seen to move. */
function Waiting({
  workflow,
  isQuiet,
  connection,
}: {
  workflow: Workflow;
  isQuiet: boolean;
  connection: Connection | null;
}) {
  const isCut = connection?.phase === "reconnecting" || connection?.phase === "failed";
  if (workflow.status === "queued" && workflow.last_seq <= 1) {
    return (
      <p className="run-waiting">
        <RunBadge status="queued" /> It begins as soon as it is its turn.
      </p>
    );
  }
  if (!isQuiet || isCut) return null;
  const since = workflow.started_at ? Date.parse(workflow.started_at) : undefined;
  return (
    <p className="run-waiting">
      <span className="run-shimmer">{workflow.steps.length === 0 ? "Starting…" : "Working…"}</span>
      {since !== undefined && <Elapsed since={since} />}
    </p>
  );
}
