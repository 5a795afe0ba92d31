/** What the reader thinks of an answer: two thumbs, and words to them. Without *onSay* it is another's, to look at. */
import { useRef, useState } from "react";
import type { Feedback, Workflow } from "@cantata/client";
import { IconButton } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import { announce } from "../parts/LiveRegion.tsx";
import { lazily } from "../markdown/lazily.ts";
import { sentenceOf } from "../shell/faults.ts";
import { opinions, useOpinion, type Say } from "./opinions.ts";
import "./Thumbs.css";

const useCommentBox = lazily(() => import("./CommentBox.tsx"));

const THUMBS = [
  { score: 1, icon: "thumb-up", label: "Good answer", past: "Found good" },
  { score: 0, icon: "thumb-down", label: "Bad answer", past: "Found bad" },
] as const;

export function Thumbs({ workflow, onSay }: { workflow: Workflow; onSay?: Say | undefined }) {
  const said = useOpinion(workflow.workflow_id);
  const feedback = said ? said.feedback : workflow.feedback;
  if (!onSay) return feedback && <Verdict feedback={feedback} />;
  return <Judging workflow={workflow} feedback={feedback} fault={said?.fault} onSay={onSay} />;
}

interface JudgingProps {
  workflow: Workflow;
  feedback: Feedback | null;
  fault: unknown;
  onSay: Say;
}

function Judging({ workflow, feedback, fault, onSay }: JudgingProps) {
  const [open, setOpen] = useState<"no" | "offered" | "wanted">("no");
  const opener = useRef<HTMLButtonElement>(null);
  const isOpen = feedback !== null && open !== "no";
  const box = useCommentBox(isOpen);

  const say = async (next: Feedback | null, thanks: string) => {
    const isTaken = await opinions.say(workflow.workflow_id, workflow.feedback, next, onSay);
    if (isTaken) announce(thanks);
    return isTaken;
  };
  const press = (score: number) => {
    const isBack = feedback?.score === score;
    setOpen(isBack ? "no" : "offered");
    if (isBack) void say(null, "Taken back.");
    else void say({ score, comment: null }, "Thank you. You can add a comment.");
  };
  const close = () => {
    opener.current?.focus();
    setOpen("no");
  };

  return (
    <>
      <div className="run-footer-actions" role="group" aria-label="Your feedback">
        {THUMBS.map(({ score, icon, label }) => (
          <IconButton
            key={score}
            icon={icon}
            label={label}
            aria-pressed={feedback?.score === score}
            className="run-thumb"
            onClick={() => press(score)}
          />
        ))}
        {feedback && (
          <IconButton
            ref={opener}
            icon="edit"
            label={feedback.comment ? "Change your comment" : "Add a comment"}
            aria-expanded={isOpen}
            onClick={() => (isOpen ? close() : setOpen("wanted"))}
          />
        )}
      </div>
      {fault ? (
        <p className="run-feedback run-feedback-fault" role="alert">
          <Icon name="alert" /> Your feedback was not saved. {sentenceOf(fault)}
        </p>
      ) : null}
      {isOpen && box && (
        <box.CommentBox
          comment={feedback.comment ?? ""}
          takesFocus={open === "wanted"}
          onSend={async (comment) => {
            if (await say({ score: feedback.score, comment: comment || null }, "Your comment is saved.")) close();
          }}
          onClose={close}
        />
      )}
    </>
  );
}

function Verdict({ feedback }: { feedback: Feedback }) {
  const thumb = THUMBS.find(({ score }) => score === feedback.score) ?? THUMBS[1];
  return (
    <p className="run-verdict" dir="auto">
      <Icon name={thumb.icon} /> {thumb.past}
      {feedback.comment && <q>{feedback.comment}</q>}
    </p>
  );
}
