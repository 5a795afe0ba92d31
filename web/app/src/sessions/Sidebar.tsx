/** The conversations, and the way to a new one. */
import type { Client } from "@cantata/client";
import { useEffect, useId, useRef } from "react";
import { isAdmin } from "../access/access.ts";
import type { Principal } from "../access/door.ts";
import { Who } from "../access/Who.tsx";
import { Button, IconButton } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import { Mark } from "../parts/Mark.tsx";
import { faultOf } from "../shell/faults.ts";
import { hashOf } from "../shell/routes.ts";
import { ThemeChoice } from "../shell/ThemeChoice.tsx";
import { SessionRow } from "./SessionRow.tsx";
import type { SessionList } from "./useSessions.ts";
import "./sidebar.css";

interface SidebarProps {
  client: Client;
  list: SessionList;
  search: string;
  onSearch: (search: string) => void;
  currentId: string | null;
  isComposing: boolean;
  isAtOperations: boolean;
  /** null: the server asks nobody. */
  principal: Principal | null;
  onHide: () => void;
  /** Something was chosen: a drawer closes then. */
  onChosen: () => void;
  onDeleted: (sessionId: string) => void;
}

export function Sidebar(props: SidebarProps) {
  const { client, list, search, currentId, isComposing, isAtOperations, principal, onHide, onChosen, onDeleted } =
    props;
  const wanted = search.trim();
  const searchId = useId();

  return (
    <div className="sidebar">
      <div className="sidebar-top">
        <a className="sidebar-brand" href={hashOf({ name: "start" })} onClick={onChosen}>
          <Mark />
          Cantata
        </a>
        <IconButton icon="sidebar" label="Hide the conversations" onClick={onHide} />
      </div>
      <nav className="sidebar-links" aria-label="Begin">
        <a
          className="sidebar-link"
          href={hashOf({ name: "start" })}
          aria-current={currentId === null && !isComposing && !isAtOperations ? "page" : undefined}
          onClick={onChosen}
        >
          <Icon name="plus" /> New conversation
        </a>
        <a
          className="sidebar-link"
          href={hashOf({ name: "compose" })}
          aria-current={isComposing ? "page" : undefined}
          onClick={onChosen}
        >
          <Icon name="layers" /> Compose a workflow
        </a>
      </nav>
      <div className="sidebar-search" role="search">
        <Icon name="search" />
        <label className="hidden-text" htmlFor={searchId}>
          Search titles and messages
        </label>
        <input
          id={searchId}
          type="search"
          dir="auto"
          placeholder="Search"
          autoComplete="off"
          maxLength={200}
          value={search}
          onChange={(event) => props.onSearch(event.target.value)}
        />
      </div>
      <nav className="sidebar-list" aria-label="Conversations">
        {list.isLoading && <Loading />}
        {list.sessions.length > 0 && (
          <ul>
            {list.sessions.map((session) => (
              <SessionRow
                key={session.session_id}
                client={client}
                session={session}
                isCurrent={session.session_id === currentId}
                onChosen={onChosen}
                onDeleted={onDeleted}
              />
            ))}
          </ul>
        )}
        {!list.isLoading && list.sessions.length === 0 && (
          <p className="sidebar-empty">
            {list.error !== null
              ? faultOf(list.error).title
              : wanted
                ? `Nothing has “${wanted}” in it.`
                : "No conversations yet."}
          </p>
        )}
        {list.nextCursor && <More onWanted={list.loadMore} />}
      </nav>
      {principal && principal.method !== "local" && <Who principal={principal} />}
      <div className="sidebar-bottom">
        <ThemeChoice />
        {isAdmin(principal) && (
          <a
            className="sidebar-docs"
            href={hashOf({ name: "operations" })}
            aria-current={isAtOperations ? "page" : undefined}
            onClick={onChosen}
          >
            Operations
          </a>
        )}
        <a className="sidebar-docs" href="./docs" target="_blank" rel="noreferrer">
          API <Icon name="external" />
        </a>
      </div>
    </div>
  );
}

/** Reads the next page when it comes into view; by a press, too. */
function More({ onWanted }: { onWanted: () => Promise<void> }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const element = button.current;
    if (!element) return;
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting) void onWanted();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [onWanted]);
  return (
    <Button ref={button} kind="quiet" className="sidebar-more" onClick={() => void onWanted()}>
      Older conversations
    </Button>
  );
}

function Loading() {
  return (
    <div className="sidebar-loading" aria-hidden="true">
      {["80%", "62%", "71%", "50%"].map((width) => (
        <span key={width} style={{ width }} />
      ))}
    </div>
  );
}
