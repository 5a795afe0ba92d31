/** The run of a turn: joined to the server once it comes into view, and shown by RunView. */
import type { Client, Feedback, Run, Workflow } from "@cantata/client";
import { memo, useEffect, useMemo, type ReactNode } from "react";
import { RunView } from "../run/RunView.tsx";
import { useRun } from "../live/useRun.ts";
import { Spinner } from "../parts/Spinner.tsx";
import { ErrorBoundary } from "../shell/ErrorBoundary.tsx";
import { usePreferences } from "../shell/preferences.ts";
import type { PanelName } from "../shell/panels.ts";
import { show } from "./board.ts";

export interface RunActions {
  onCancel: (workflowId: string) => void;
  onResume: (workflowId: string, responses: Record<string, unknown>) => Promise<void>;
  onRetry: (workflowId: string) => void;
  onOpenPanel: (workflowId: string, panel: PanelName) => void;
  /** Its status, whenever that changes. */
  onStatus: (workflowId: string, status: string) => void;
}

interface TurnRunProps {
  client: Client;
  workflowId: string | null;
  /** What this page sent; else the run is found by its id. */
  run: Run | undefined;
  /** Until it comes near the view nothing is asked for. */
  isNear: boolean;
  isLatest: boolean;
  /** Another answer can be asked for: the server has told which message it would be to. */
  canRepeat: boolean;
  actions: ReactNode;
  on: RunActions;
}

export const TurnRun = memo(function TurnRun(props: TurnRunProps) {
  const { client, workflowId, run, isNear, isLatest, canRepeat, actions, on } = props;
  const { hideTools } = usePreferences();
  const { workflow, connection, reconnect } = useRun(client, isNear ? workflowId : null, isNear ? run : null);
  const status = workflow?.status;

  useEffect(() => {
    if (workflowId && workflow) show(workflowId, { workflow, connection, retry: reconnect });
  }, [workflowId, workflow, connection, reconnect]);
  useEffect(() => {
    if (workflowId) return () => show(workflowId, null);
  }, [workflowId]);
  useEffect(() => {
    if (workflowId && status && isTold(workflow)) on.onStatus(workflowId, status);
  }, [workflowId, status, on]);

  const handlers = useMemo(() => handlersFor(client, workflowId, canRepeat, on), [client, workflowId, canRepeat, on]);
  const settings = useMemo(() => ({ hideTools }), [hideTools]);

  if (!workflow) return <Waiting />;
  return (
    <ErrorBoundary of={workflow.workflow_id} what="run" data={() => workflow}>
      <RunView
        workflow={workflow}
        connection={connection}
        isLatest={isLatest}
        actions={actions}
        settings={settings}
        {...handlers}
      />
    </ErrorBoundary>
  );
});

/** The same functions for as long as the run is the same: they are no reason to draw it anew. */
function handlersFor(client: Client, workflowId: string | null, canRepeat: boolean, on: RunActions) {
  const id = workflowId ?? "";
  return {
    onCancel: () => on.onCancel(id),
    onResume: (responses: Record<string, unknown>) => on.onResume(id, responses),
    onFeedback: (feedback: Feedback | null) => client.workflows.feedback(id, feedback),
    ...(canRepeat && { onRetry: () => on.onRetry(id) }),
    onOpenPanel: (panel: PanelName) => on.onOpenPanel(id, panel),
  };
}

/** Before its first event a workflow only has a name. */
const isTold = (workflow: Workflow | null) => workflow !== null && workflow.last_seq > 0;

function Waiting() {
  return (
    <div className="turn-waiting">
      <Spinner />
    </div>
  );
}
