/** What can be done in a conversation. Each is the same function for as long as it does the same: so turns rest. */
import type { Client } from "@cantata/client";
import { useCallback, useMemo, useRef, useState, type RefObject } from "react";
import { announce } from "../parts/LiveRegion.tsx";
import { sentenceOf } from "../shell/faults.ts";
import type { PanelName } from "../shell/panels.ts";
import type { BranchKind } from "./BranchSwitch.tsx";
import { sessionsChanged } from "./changes.ts";
import { useFocusOnBranch } from "./effects.ts";
import type { MessageBoxHandle } from "./MessageBox.tsx";
import { drop, post, type Sent } from "./outbox.ts";
import type { ShownTurn } from "./shownTurns.ts";
import { headOf, tipOf } from "./tree.ts";
import type { RunActions } from "./TurnRun.tsx";
import type { Stick } from "./useStick.ts";
import type { Turns } from "./useTurns.ts";

interface Place {
  client: Client;
  sessionId: string;
  turns: Turns;
  stick: Stick;
  box: RefObject<MessageBoxHandle | null>;
  onGraph: (name: string) => void;
  onOpenPanel: (workflowId: string, panel: PanelName) => void;
}

export type NotTaken = Pick<Sent, "key" | "text" | "attached" | "graph">;

export interface Actions {
  stop: (workflowId: string) => void;
  /** Puts what was not taken back into the box, for the same reader. */
  giveBack: (turn: NotTaken) => void;
  /** Asks *text* in place of the turn's question, or with null the same again. */
  instead: (turn: ShownTurn, text: string | null) => void;
  choose: (workflowId: string, what: BranchKind) => void;
  on: RunActions;
  /** Why the last of them was refused. */
  refusal: string | null;
  forgive: () => void;
}

export function useActions({ client, sessionId, turns: told, stick, box, onGraph, onOpenPanel }: Place): Actions {
  const { conversation, turns, onStatus, setTip } = told;
  const { jump, release } = stick;
  const [refusal, setRefusal] = useState<string | null>(null);
  const forgive = useCallback(() => setRefusal(null), []);
  const focusWanted = useFocusOnBranch(turns);
  const latest = useRef(turns);
  latest.current = turns;

  const attempt = useCallback((action: Promise<unknown>) => {
    setRefusal(null);
    action.catch((error: unknown) => {
      const sentence = sentenceOf(error);
      setRefusal(sentence);
      announce(sentence);
    });
  }, []);

  const stop = useCallback(
    (workflowId: string) => {
      announce("Stopping.");
      attempt(client.workflows.cancel(workflowId));
    },
    [attempt, client],
  );

  const giveBack = useCallback(
    ({ key, text, attached, graph }: NotTaken) => {
      drop(key);
      onGraph(graph);
      box.current?.fill(text, attached);
      box.current?.focus();
    },
    [box, onGraph],
  );

  const instead = useCallback(
    (turn: ShownTurn, text: string | null) => {
      const messageId = turn.question?.messageId;
      if (!messageId || !turn.workflowId) return;
      const run =
        text === null
          ? client.sessions.regenerate(sessionId, messageId, { if_busy: "enqueue" })
          : client.sessions.edit(sessionId, messageId, { content: text, if_busy: "enqueue" });
      const place = { insteadOf: turn.workflowId, questionId: text === null ? messageId : null };
      const { text: asked = "", attached } = turn.question ?? {};
      post({ sessionId, text: text ?? asked, attached, graph: turn.graph, run, ...place });
      box.current?.focus();
      jump();
    },
    [client, sessionId, box, jump],
  );

  const choose = useCallback(
    (workflowId: string, what: BranchKind) => {
      if (!conversation) return;
      release();
      focusWanted.current = { workflowId, what };
      setTip(workflowId);
      const head = headOf(tipOf(workflowId, conversation.workflows), conversation.messages);
      if (head) attempt(client.sessions.goTo(sessionId, head).then(sessionsChanged));
    },
    [conversation, attempt, client, sessionId, release, focusWanted, setTip],
  );

  const on = useMemo<RunActions>(
    () => ({
      onCancel: stop,
      // What follows comes through the stream that is open already; a refusal is told where the question stands.
      onResume: async (workflowId, responses) => {
        await client.workflows.resume(workflowId, responses).workflowId;
      },
      onRetry: (workflowId) => {
        const turn = latest.current.find((one) => one.workflowId === workflowId);
        if (turn) instead(turn, null);
      },
      onOpenPanel,
      onStatus,
    }),
    [stop, client, instead, onOpenPanel, onStatus],
  );

  return { stop, giveBack, instead, choose, on, refusal, forgive };
}
