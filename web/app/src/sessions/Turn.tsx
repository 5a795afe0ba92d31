/** A question and what became of it. */
import type { Client, Run } from "@cantata/client";
import { memo, useRef } from "react";
import { Button } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import { faultOf } from "../shell/faults.ts";
import { BranchSwitch, type BranchKind } from "./BranchSwitch.tsx";
import { branchesOf, type ShownTurn } from "./shownTurns.ts";
import { TurnRun, type RunActions } from "./TurnRun.tsx";
import type { NotTaken } from "./useActions.ts";
import { useNear } from "./useNear.ts";
import { UserMessage } from "./UserMessage.tsx";

interface TurnProps {
  client: Client;
  turn: ShownTurn;
  number: number;
  run: Run | undefined;
  refusal: unknown;
  /** Another run comes first. */
  isWaiting: boolean;
  isLatest: boolean;
  /** It is wanted before it comes into view. */
  isWanted: boolean;
  on: RunActions;
  onInstead: (turn: ShownTurn, text: string | null) => void;
  onChoose: (workflowId: string, what: BranchKind) => void;
  onGiveBack: (turn: NotTaken) => void;
}

export const Turn = memo(function Turn(props: TurnProps) {
  const { turn, on, onInstead, onChoose } = props;
  const element = useRef<HTMLElement>(null);
  const isNear = useNear(element, props.isWanted || props.run !== undefined);
  const places = branchesOf(turn);
  const canRepeat = turn.workflowId !== null && turn.question?.messageId != null;
  return (
    <article className="turn" ref={element} id={turn.workflowId ? `turn-${turn.workflowId}` : undefined}>
      <h2 className="hidden-text" dir="auto">{`${props.number}. ${turn.question?.text.slice(0, 80) || turn.graph}`}</h2>
      {turn.question && (
        <UserMessage
          question={turn.question}
          place={places.question}
          versions={turn.questions.length}
          onEdit={canRepeat ? (text) => onInstead(turn, text) : null}
          onChoose={onChoose}
        />
      )}
      {props.refusal ? (
        <Refused
          error={props.refusal}
          onGiveBack={() =>
            props.onGiveBack({
              key: turn.key,
              text: turn.question?.text ?? "",
              attached: turn.question?.attached,
              graph: turn.graph,
            })
          }
        />
      ) : null}
      {props.isWaiting && turn.workflowId && (
        <p className="turn-queued">
          <Icon name="clock" /> Waits until the run before it has ended
          <Button kind="quiet" icon="x" onClick={() => on.onCancel(turn.workflowId ?? "")}>
            Withdraw
          </Button>
        </p>
      )}
      {!props.refusal && (
        <div hidden={props.isWaiting}>
          <TurnRun
            client={props.client}
            workflowId={turn.workflowId}
            run={props.run}
            isNear={isNear}
            isLatest={props.isLatest}
            canRepeat={canRepeat}
            on={on}
            actions={
              turn.answers.length > 1 && (
                <BranchSwitch what="answer" place={places.answer} length={turn.answers.length} onChoose={onChoose} />
              )
            }
          />
        </div>
      )}
    </article>
  );
});

/** The server did not take it. */
function Refused({ error, onGiveBack }: { error: unknown; onGiveBack: () => void }) {
  const fault = faultOf(error);
  return (
    <div className="turn-refused" role="alert">
      <Icon name="alert" />
      <div>
        <strong>{fault.title}</strong>
        <p>
          {fault.detail} {fault.advice}
        </p>
        {fault.fields.length > 0 && (
          <ul>
            {fault.fields.map(({ path, message }) => (
              <li key={path}>
                <code>{path}</code> {message}
              </li>
            ))}
          </ul>
        )}
        <Button icon="edit" onClick={onGiveBack}>
          Back to the message
        </Button>
      </div>
    </div>
  );
}
