/** One conversation: its turns on one branch, and the box to go on with. */
import type { Client } from "@cantata/client";
import { useEffect, useRef, useState } from "react";
import { Button } from "../parts/Button.tsx";
import { DemoNote } from "../shell/Banner.tsx";
import { FaultPage } from "../shell/FaultPage.tsx";
import { isOffline } from "../shell/faults.ts";
import type { PanelName } from "../shell/panels.ts";
import { prefer, usePreferences } from "../shell/preferences.ts";
import { graphToGoOnWith, type Choices } from "./choices.ts";
import { useEscape, useRefreshOnEnd, useReloadOn, useReveal, useScrollTo } from "./effects.ts";
import { MessageBox, type MessageBoxHandle } from "./MessageBox.tsx";
import { send } from "./sending.ts";
import type { ShownTurn } from "./shownTurns.ts";
import { Turn } from "./Turn.tsx";
import { useActions, type Actions } from "./useActions.ts";
import { useStick } from "./useStick.ts";
import { useTurns, type Turns } from "./useTurns.ts";
import "./conversation.css";

/** What others have to know of the conversation that is open. */
export interface Told {
  sessionId: string;
  title: string | null;
  /** Its last run. */
  latestId: string | null;
}

interface ConversationProps {
  client: Client;
  sessionId: string;
  /** The run that the address names: it is scrolled to. */
  workflowId: string | undefined;
  choices: Choices;
  /** Changes when the list tells that something happened in it, perhaps in another tab. */
  version: string;
  hasDemo: boolean;
  isReachable: boolean;
  onTold: (told: Told) => void;
  onOpenPanel: (workflowId: string, panel: PanelName) => void;
}

export function Conversation(props: ConversationProps) {
  const { client, sessionId, choices, onTold, onOpenPanel } = props;
  const told = useTurns(client, sessionId);
  const { conversation, error, reload, turns, active, activeId, statusOf, sent } = told;
  const stick = useStick();
  const box = useRef<MessageBoxHandle>(null);
  const [chosenGraph, setGraph] = useState<string | null>(null);
  const actions = useActions({ client, sessionId, turns: told, stick, box, onGraph: setGraph, onOpenPanel });
  const { model } = usePreferences();
  const graph = chosenGraph ?? graphToGoOnWith(turns.at(-1)?.graph ?? (conversation ? null : undefined), choices);

  const [first] = turns;
  const title = conversation?.title ?? (first?.question?.text || first?.question?.attached?.[0]?.name || null);
  const latestId = turns.findLast((turn) => turn.workflowId !== null)?.workflowId ?? null;
  useEffect(() => onTold({ sessionId, title, latestId }), [sessionId, title, latestId, onTold]);
  useEffect(() => {
    if (!matchMedia("(pointer: coarse)").matches) box.current?.focus();
  }, [sessionId]);
  useEffect(() => {
    if (props.isReachable && isOffline(error)) void reload();
  }, [props.isReachable, error, reload]);
  useReloadOn(props.version, reload);
  useRefreshOnEnd(told.statuses, told.refresh);
  useEscape(active.some((turn) => ["queued", "running"].includes(statusOf(turn))) ? activeId : null, actions.stop);
  useScrollTo(props.workflowId, turns.length > 0, stick.hold);
  useReveal(stick.release);

  const unsent = sent.find((one) => one.workflowId === null && one.error === null && one.sending !== null);
  const stop = activeId ? () => actions.stop(activeId) : unsent ? () => actions.giveBack(unsent) : undefined;

  if (error && !conversation && turns.length === 0) return <FaultPage error={error} onRetry={() => void reload()} />;
  return (
    <div className="conversation">
      <div className={`conversation-scroller ${stick.isSticking ? "is-sticking" : ""}`} ref={stick.scroller}>
        <div className="conversation-turns" ref={stick.content}>
          {turns.length === 0 && graph === null && <Skeleton />}
          <TurnList client={client} told={told} actions={actions} wantedId={props.workflowId} />
        </div>
      </div>
      <div className="conversation-end">
        {!stick.isSticking && (
          <Button
            className="conversation-jump"
            icon="arrow-down"
            onClick={() => {
              stick.jump();
              box.current?.focus(); // the button goes, and the focus would be nowhere
            }}
          >
            Jump to latest
          </Button>
        )}
        {actions.refusal && (
          <p className="conversation-refusal">
            {actions.refusal}
            <Button kind="quiet" onClick={actions.forgive}>
              Close
            </Button>
          </p>
        )}
        <MessageBox
          ref={box}
          draftKey={sessionId}
          choices={choices}
          graph={graph}
          model={model}
          onGraph={setGraph}
          onModel={(name) => prefer("model", name)}
          onSend={(wanted) => {
            actions.forgive();
            stick.jump();
            send(client, { ...wanted, sessionId, model, choices });
          }}
          onStop={stop}
          hint={hintFor(active.map(statusOf))}
          placeholder={activeId ? "Queue a message" : "Reply"}
        />
        {props.hasDemo && <DemoNote />}
      </div>
    </div>
  );
}

interface TurnListProps {
  client: Client;
  told: Turns;
  actions: Actions;
  wantedId: string | undefined;
}

function TurnList({ client, told, actions, wantedId }: TurnListProps) {
  const { turns, active, sent } = told;
  const isWanted = (turn: ShownTurn, index: number) => index >= turns.length - 2 || turn.workflowId === wantedId;
  return turns.map((turn, index) => {
    const sending = sent.find((one) => one.key === turn.key);
    return (
      <Turn
        key={turn.key}
        client={client}
        turn={turn}
        number={index + 1}
        run={sending?.run}
        refusal={sending?.error ?? null}
        isWaiting={active.includes(turn) && turn !== active[0]}
        isLatest={index === turns.length - 1}
        isWanted={isWanted(turn, index)}
        on={actions.on}
        onInstead={actions.instead}
        onChoose={actions.choose}
        onGiveBack={actions.giveBack}
      />
    );
  });
}

function hintFor(statuses: readonly string[]): string {
  const waiting = statuses.length - 1;
  if (statuses.length === 0) return "";
  if (waiting > 0) return `${waiting} ${waiting === 1 ? "message waits" : "messages wait"} for its turn`;
  return statuses[0] === "interrupted" ? "An answer is needed above" : "Esc stops";
}

function Skeleton() {
  return (
    <div className="conversation-skeleton" aria-hidden="true">
      <span />
      <span />
      <span />
      <span />
    </div>
  );
}
