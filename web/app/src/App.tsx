/** The page: the conversations, the one that is open, and what is shown beside it. */
import { createClient } from "@cantata/client";
import { useCallback, useDeferredValue, useEffect, useState } from "react";
import { door, mayRun, useAccess } from "./access/access.ts";
import type { Access } from "./access/door.ts";
import { SignInAgain, SignInPage } from "./access/SignIn.tsx";
import { LiveRegion } from "./parts/LiveRegion.tsx";
import { Opened } from "./Opened.tsx";
import { Sheet } from "./parts/Sheet.tsx";
import { peek } from "./sessions/board.ts";
import type { Told } from "./sessions/Conversation.tsx";
import { Sidebar } from "./sessions/Sidebar.tsx";
import { useChoices } from "./sessions/useChoices.ts";
import { useSessions } from "./sessions/useSessions.ts";
import { BASE } from "./shell/address.ts";
import { Banner, SignedOut } from "./shell/Banner.tsx";
import { isOffline } from "./shell/faults.ts";
import { Header, ShowSidebar } from "./shell/Header.tsx";
import type { PanelName } from "./shell/panels.ts";
import { prefer, usePreferences } from "./shell/preferences.ts";
import { SidePanel } from "./shell/SidePanel.tsx";
import { useMedia } from "./shell/useMedia.ts";
import { go, useRoute } from "./shell/useRoute.ts";
import "./shell/shell.css";

const client = createClient({ baseUrl: BASE, token: door.token });
const DEMO = "offline-demo";

const HEADINGS = { start: null, compose: "Compose a workflow", operations: "Operations" } as const;
const NOTHING: Told = { sessionId: "", title: null, latestId: null };

export function App() {
  const access = useAccess();
  if (access.phase === "asking") return null; // a moment, in which nothing need be drawn
  return access.phase === "out" ? <SignInPage methods={access.methods} /> : <Page access={access} />;
}

/** For whoever may be here. */
function Page({ access }: { access: Extract<Access, { phase: "in" | "over" }> }) {
  const route = useRoute();
  const preferences = usePreferences();
  const isNarrow = useMedia("(max-width: 760px)");
  const hasRoom = useMedia("(min-width: 1080px)");
  const [isDrawerOpen, setIsDrawerOpen] = useState(false);
  const [search, setSearch] = useState("");
  const isOver = access.phase === "over"; // then requests wait, and that is no outage
  const list = useSessions(client, useDeferredValue(search.trim()), isOver);
  const isReachable = isOver || !isOffline(list.error);
  const [isPutOff, setIsPutOff] = useState(false);
  const choices = useChoices(client, isReachable && route.name !== "compose" && !isOver);
  const [panel, setPanel] = useState<PanelName | null>(null);
  const [told, setTold] = useState(NOTHING);

  const isComposing = route.name === "compose";
  const isAtOperations = route.name === "operations";
  const isSidebarShown = !isNarrow && preferences.showSidebar;
  const sessionId = route.name === "session" ? route.sessionId : null;
  const chosenId = route.name === "session" ? (route.workflowId ?? null) : null;
  const { title, latestId } = told.sessionId === sessionId ? told : NOTHING;
  const workflowId = sessionId === null ? null : (chosenId ?? latestId);
  const listed = list.sessions.find((session) => session.session_id === sessionId);
  const model =
    choices.models.find(({ name }) => name === preferences.model) ?? choices.models.find((one) => one.is_default);
  const hasDemo = model?.name === DEMO;

  const heading = route.name === "session" ? (title ?? listed?.title ?? "Conversation") : HEADINGS[route.name];
  useTitle(heading);

  const openPanel = useCallback(
    (id: string, name: PanelName) => {
      setPanel(name);
      if (sessionId) go({ name: "session", sessionId, ...(id !== latestId && { workflowId: id }) }, { replace: true });
    },
    [sessionId, latestId],
  );

  const { reload } = list;
  useEffect(() => {
    if (isOver) return;
    setIsPutOff(false);
    void reload();
  }, [isOver, reload]);

  const showSidebar = () => (isNarrow ? setIsDrawerOpen(true) : prefer("showSidebar", true));
  const leave = useCallback(() => go({ name: "start" }, { replace: true }), []);

  const sidebar = (
    <Sidebar
      client={client}
      list={list}
      search={search}
      onSearch={setSearch}
      currentId={sessionId}
      isComposing={isComposing}
      isAtOperations={isAtOperations}
      principal={access.principal}
      onHide={() => (isNarrow ? setIsDrawerOpen(false) : prefer("showSidebar", false))}
      onChosen={() => setIsDrawerOpen(false)}
      onDeleted={(id) => id === sessionId && leave()}
    />
  );
  const side = sessionId && workflowId && panel && (
    <SidePanel
      client={client}
      workflowId={workflowId}
      isEarlier={chosenId !== null && chosenId !== latestId}
      panel={panel}
      mayRun={mayRun(access.principal)}
      onPanel={setPanel}
      onStarted={() => hasRoom || setPanel(null)}
      onLatest={() => go({ name: "session", sessionId }, { replace: true })}
      onClose={() => setPanel(null)}
    />
  );

  return (
    <div className="shell">
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault(); // the address after the # is a conversation's
          (document.getElementById("message") ?? document.getElementById("main"))?.focus();
        }}
      >
        Skip to the message
      </a>
      {isSidebarShown && (
        <aside className="shell-sidebar" aria-label="Conversations and settings">
          {sidebar}
        </aside>
      )}
      {isNarrow && isDrawerOpen && (
        <Sheet side="left" label="Conversations and settings" onClose={() => setIsDrawerOpen(false)}>
          {sidebar}
        </Sheet>
      )}
      <div className="shell-page">
        {isComposing ? (
          <h1 className="hidden-text">Compose a workflow</h1>
        ) : (
          <Header
            client={client}
            title={heading}
            sessionId={sessionId}
            activeId={listed?.active_workflow_id ?? null}
            workflowId={workflowId}
            panel={panel}
            isSidebarShown={isSidebarShown}
            isNarrow={isNarrow}
            onShowSidebar={showSidebar}
            onPanel={setPanel}
            onChanged={() => setTold({ ...told, title: null })}
            onDeleted={leave}
          />
        )}
        {isOver && isPutOff && <SignedOut onSignIn={() => setIsPutOff(false)} />}
        <Banner workflowId={latestId} isReachable={isReachable} onRetry={() => void list.reload()} />
        <main id="main" className="shell-main" tabIndex={-1}>
          <Opened
            route={route}
            client={client}
            choices={choices}
            hasDemo={hasDemo}
            isReachable={isReachable}
            principal={access.principal}
            listed={listed}
            shown={() => peek(workflowId)?.workflow}
            composerStart={!isSidebarShown && <ShowSidebar isNarrow={isNarrow} onClick={showSidebar} />}
            onLeave={leave}
            onTold={setTold}
            onOpenPanel={openPanel}
          />
        </main>
      </div>
      {side &&
        (hasRoom ? (
          <aside className="shell-side" aria-label="The run in other views">
            {side}
          </aside>
        ) : (
          <Sheet side="bottom" label="The run in other views" onClose={() => setPanel(null)}>
            {side}
          </Sheet>
        ))}
      {isOver && !isPutOff && <SignInAgain methods={access.methods} onClose={() => setIsPutOff(true)} />}
      <LiveRegion />
    </div>
  );
}

function useTitle(title: string | null) {
  useEffect(() => {
    document.title = title ? `${title} · Cantata` : "Cantata";
  }, [title]);
}
