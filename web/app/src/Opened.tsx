/** What the address names: the start, a conversation, the composer or the operations. */
import type { Client, Run } from "@cantata/client";
import { lazy, Suspense, type ReactNode } from "react";
import type { Principal } from "./access/door.ts";
import { announce } from "./parts/LiveRegion.tsx";
import { Spinner } from "./parts/Spinner.tsx";
import type { Choices } from "./sessions/choices.ts";
import type { Told } from "./sessions/Conversation.tsx";
import { openStarted } from "./sessions/sending.ts";
import type { ListedSession } from "./sessions/useSessions.ts";
import { ErrorBoundary } from "./shell/ErrorBoundary.tsx";
import type { PanelName } from "./shell/panels.ts";
import type { Route } from "./shell/routes.ts";
import { StartPage } from "./start/StartPage.tsx";

/** Asked for at once, and not waited for: the start page is there before what shows runs. */
const conversation = import("./sessions/Conversation.tsx");
const Conversation = lazy(() => conversation.then((module) => ({ default: module.Conversation })));
const ComposePage = lazy(() => import("./compose/ComposePage.tsx"));
const OperationsPage = lazy(() => import("./operations/OperationsPage.tsx"));

interface OpenedProps {
  route: Route;
  client: Client;
  choices: Choices;
  hasDemo: boolean;
  isReachable: boolean;
  principal: Principal | null;
  /** The conversation as the list tells it, where it is in there. */
  listed: ListedSession | undefined;
  /** The run that is looked at, for a report when the page breaks. */
  shown: () => unknown;
  /** Stands first in the composer's header. */
  composerStart: ReactNode;
  onLeave: () => void;
  onTold: (told: Told) => void;
  onOpenPanel: (workflowId: string, panel: PanelName) => void;
}

export function Opened(props: OpenedProps) {
  const { route } = props;
  return (
    <ErrorBoundary
      of={`${route.name} ${route.name === "session" ? route.sessionId : ""}`}
      what="conversation"
      data={props.shown}
    >
      <Suspense fallback={<Waiting />}>
        <Place {...props} />
      </Suspense>
    </ErrorBoundary>
  );
}

function Place({ route, client, choices, hasDemo, isReachable, principal, listed, ...props }: OpenedProps) {
  switch (route.name) {
    case "start":
      return <StartPage client={client} choices={choices} hasDemo={hasDemo} />;
    case "operations":
      return <OperationsPage client={client} principal={principal} />;
    case "compose":
      return (
        <ComposePage
          client={client}
          models={choices.models}
          start={props.composerStart}
          onStarted={(run, title) => void composed(client, run, title)}
          onClose={props.onLeave}
        />
      );
    case "session":
      return (
        <Conversation
          key={route.sessionId}
          client={client}
          sessionId={route.sessionId}
          workflowId={route.workflowId}
          choices={choices}
          hasDemo={hasDemo}
          isReachable={isReachable}
          version={listed ? `${listed.updated_at} ${listed.active_workflow_id} ${listed.title}` : ""}
          onTold={props.onTold}
          onOpenPanel={props.onOpenPanel}
        />
      );
  }
}

/** A composed workflow's run is shown in the conversation that the server has made for it. */
async function composed(client: Client, run: Run, title: string): Promise<void> {
  try {
    await openStarted(client, run, title);
  } catch {
    announce("The workflow could not be started."); // the composer shows why
  }
}

function Waiting() {
  return (
    <div className="shell-waiting">
      <Spinner label="Loading" />
    </div>
  );
}
