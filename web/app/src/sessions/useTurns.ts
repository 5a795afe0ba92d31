/** The turns of a conversation on the branch that is shown: as the server tells them, and as they were just sent. */
import type { Client } from "@cantata/client";
import { useCallback, useEffect, useMemo, useState } from "react";
import { sessionsChanged } from "./changes.ts";
import { tidy, useOutbox, type Sent } from "./outbox.ts";
import { shownTurns, type ShownTurn } from "./shownTurns.ts";
import { isActive } from "./states.ts";
import { newestTip, tipOf } from "./tree.ts";
import { useConversation, type Reading } from "./useConversation.ts";

export interface Turns extends Reading {
  sent: readonly Sent[];
  turns: readonly ShownTurn[];
  /** What is at work or waits, the first of them first. */
  active: readonly ShownTurn[];
  /** The run to stop; it may be on another branch. */
  activeId: string | null;
  statuses: ReadonlyMap<string, string>;
  statusOf: (turn: ShownTurn) => string;
  onStatus: (workflowId: string, status: string) => void;
  /** Shows the branch through that run. */
  setTip: (workflowId: string) => void;
  /** Reads the session again, and has the list do so. */
  refresh: () => void;
}

export function useTurns(client: Client, sessionId: string): Turns {
  const sent = useOutbox(sessionId);
  const reading = useConversation(client, sessionId, sent.length > 0);
  const { conversation, reload } = reading;
  const [chosenTip, setTip] = useState<string | null>(null);
  const [statuses, setStatuses] = useState<ReadonlyMap<string, string>>(new Map());

  const turns = useMemo(() => {
    if (!conversation) return shownTurns(null, sent);
    const { workflows: runs, messages } = conversation;
    const isKnown = chosenTip !== null && runs.some((run) => run.workflow_id === chosenTip);
    const tip = isKnown ? tipOf(chosenTip, runs) : newestTip(conversation, messages);
    return shownTurns({ runs, messages, tip }, sent);
  }, [conversation, sent, chosenTip]);

  const refresh = useCallback(() => {
    void reload();
    sessionsChanged();
  }, [reload]);

  const onStatus = useCallback((workflowId: string, status: string) => {
    setStatuses((before) => (before.get(workflowId) === status ? before : new Map(before).set(workflowId, status)));
  }, []);

  useEffect(() => tidy(sessionId), [sessionId]);

  const named = sent.findLast((one) => one.workflowId !== null)?.workflowId;
  useEffect(() => {
    if (!named) return;
    setTip(named);
    refresh();
  }, [named, refresh]);

  const statusOf = (turn: ShownTurn) => (turn.workflowId && statuses.get(turn.workflowId)) || turn.status;
  const active = turns.filter((turn) => turn.workflowId !== null && isActive(statusOf(turn)));
  const elsewhere = conversation?.active_workflow_id ?? null;
  const hasEnded = elsewhere !== null && !isActive(statuses.get(elsewhere) ?? "running");
  const activeId = active[0]?.workflowId ?? (hasEnded ? null : elsewhere);

  return { ...reading, sent, turns, active, activeId, statuses, statusOf, onStatus, setTip, refresh };
}
