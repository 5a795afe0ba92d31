/** The list of conversations: page by page, kept fresh while one of them is at work. */
import type { Client } from "@cantata/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { onSessionsChanged } from "./changes.ts";

export interface ListedSession {
  session_id: string;
  title: string | null;
  status: string | null;
  active_workflow_id: string | null;
  updated_at: string;
  graphs: readonly string[];
}

const PAGE = 40;
const BUSY_MS = 3_000;
const IDLE_MS = 30_000;
const RETRY_MS = 3_000;

interface Pages {
  sessions: readonly ListedSession[];
  nextCursor: string | null;
}

export interface SessionList extends Pages {
  isLoading: boolean;
  error: unknown;
  reload: () => Promise<void>;
  loadMore: () => Promise<void>;
}

/** While it is *paused* nothing is asked by itself. */
export function useSessions(client: Client, search: string, isPaused = false): SessionList {
  const [pages, setPages] = useState<Pages | null>(null);
  const [error, setError] = useState<unknown>(null);
  const latest = useRef(0);
  const length = useRef(0);
  length.current = pages?.sessions.length ?? 0;

  /** As much as is shown is read again, so that nothing jumps. */
  const reload = useCallback(async () => {
    const reading = ++latest.current;
    try {
      const limit = Math.min(200, Math.max(PAGE, length.current));
      const page = await client.sessions.list({ ...(search && { search }), limit });
      if (reading !== latest.current) return;
      setPages({ sessions: page.sessions, nextCursor: page.next_cursor });
      setError(null);
    } catch (refusal) {
      if (reading === latest.current) setError(refusal);
    }
  }, [client, search]);

  const cursor = pages?.nextCursor ?? null;
  const loadMore = useCallback(async () => {
    if (cursor === null) return;
    const reading = ++latest.current;
    try {
      const page = await client.sessions.list({ ...(search && { search }), cursor, limit: PAGE });
      if (reading !== latest.current) return;
      setPages((before) => ({
        sessions: [...(before?.sessions ?? []), ...page.sessions],
        nextCursor: page.next_cursor,
      }));
    } catch (refusal) {
      if (reading === latest.current) setError(refusal);
    }
  }, [client, search, cursor]);

  useEffect(() => {
    void reload();
    return onSessionsChanged(() => void reload());
  }, [reload]);

  const isBusy = pages?.sessions.some((session) => session.active_workflow_id !== null) ?? false;
  const pauseMs = error ? RETRY_MS : isBusy ? BUSY_MS : IDLE_MS;
  useEffect(() => {
    const readIfSeen = () => {
      if (!document.hidden && !isPaused) void reload();
    };
    const timer = setInterval(readIfSeen, pauseMs);
    document.addEventListener("visibilitychange", readIfSeen);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", readIfSeen);
    };
  }, [reload, pauseMs, isPaused]);

  return {
    sessions: pages?.sessions ?? [],
    nextCursor: cursor,
    isLoading: pages === null && error === null,
    error,
    reload,
    loadMore,
  };
}
