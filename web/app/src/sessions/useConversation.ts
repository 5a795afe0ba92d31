/** A conversation as the server tells it: read anew whenever a run of it begins or ends. */
import type { Client } from "@cantata/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { faultOf } from "../shell/faults.ts";
import type { PlacedRun, SaidMessage } from "./tree.ts";

export interface Conversation {
  title: string | null;
  head: string | null;
  active_workflow_id: string | null;
  workflows: readonly PlacedRun[];
  messages: readonly SaidMessage[];
}

export interface Reading {
  conversation: Conversation | null;
  error: unknown;
  /** Reads it again. Of two readings that overlap the later one counts. */
  reload: () => Promise<void>;
}

/** *isNew* tells that a first message is on its way: until it arrives the server knows of no such conversation. */
export function useConversation(client: Client, sessionId: string, isNew: boolean): Reading {
  const [conversation, setConversation] = useState<Conversation | null>(null);
  const [error, setError] = useState<unknown>(null);
  const latest = useRef(0);

  const reload = useCallback(async () => {
    const reading = ++latest.current;
    try {
      const [session, said] = await Promise.all([client.sessions.get(sessionId), client.sessions.messages(sessionId)]);
      if (reading !== latest.current) return;
      setConversation({ ...session, messages: said });
      setError(null);
    } catch (refusal) {
      if (reading === latest.current) setError(refusal);
    }
  }, [client, sessionId]);

  useEffect(() => {
    if (!isNew) void reload();
    return () => {
      latest.current += 1;
    };
  }, [reload]);

  const isUnknownYet = isNew && faultOf(error).code === "session_not_found";
  return { conversation, error: isUnknownYet ? null : error, reload };
}
