/** What a run waits for: questions to be answered, all of them at once, or a pause to be ended. */
import { useEffect, useMemo, useState } from "react";
import type { PendingInterrupt, Workflow } from "@cantata/client";
import { Button } from "../parts/Button.tsx";
import { counted } from "../parts/formats.ts";
import { Icon } from "../parts/Icon.tsx";
import { announce } from "../parts/LiveRegion.tsx";
import type { Answered } from "./answered.ts";
import { QuestionCard } from "./QuestionCard.tsx";
import { questionOf, wordsOf, type Question, type Reply } from "./questions.ts";
import { spaced } from "./words.ts";
import "./Approvals.css";

interface ApprovalsProps {
  workflow: Workflow;
  /** The text above the questions: what is asked about need not be shown twice. */
  shown: string;
  onResume: (responses: Record<string, unknown>, answered: Answered[]) => Promise<unknown> | void;
}

export function Approvals({ workflow, shown, onResume }: ApprovalsProps) {
  const { interrupts, interrupt_cause: cause, interrupt_nodes: nodes } = workflow;
  const [state, setState] = useState<"open" | "sending" | string>("open");
  const [drafts, setDrafts] = useState<Record<string, Reply[]>>({});
  const questions = useMemo(() => interrupts.map((interrupt: PendingInterrupt) => questionOf(interrupt)), [interrupts]);

  useEffect(() => {
    setState("open");
    setDrafts({});
  }, [interrupts]);

  async function send(replies: Record<string, Reply[]>) {
    setState("sending");
    try {
      const responses = Object.fromEntries(
        questions.map((question) => [question.id, question.answer(replies[question.id] ?? [])]),
      );
      await onResume(
        responses,
        questions.map((question) => answeredOf(question, replies[question.id] ?? [])),
      );
      announce("Your answer was sent.");
    } catch (error) {
      setState(error instanceof Error ? error.message : "The answer was not taken.");
    }
  }

  function reply(question: Question, replies: Reply[]) {
    const now = { ...drafts, [question.id]: replies };
    setDrafts(now);
    if (questions.length === 1) void send(now);
  }

  const isSending = state === "sending";
  const ready = questions.filter((question) => drafts[question.id]).length;
  return (
    <section className="run-asks" aria-label="Waiting for you" aria-busy={isSending}>
      <header className="run-asks-head">
        <Icon name="pause" />
        <div>{headline(cause, questions.length, nodes ?? [])}</div>
      </header>
      {questions.map((question) => (
        <QuestionCard
          key={question.id}
          question={question}
          replies={drafts[question.id] ?? null}
          isSending={isSending}
          isAlone={questions.length === 1}
          shown={shown}
          onReply={(replies) => reply(question, replies)}
          onChange={() => setDrafts(({ [question.id]: _, ...others }) => others)}
        />
      ))}
      {questions.length !== 1 && (
        <footer className="run-asks-foot">
          <Button kind="primary" disabled={isSending || ready < questions.length} onClick={() => void send(drafts)}>
            {questions.length === 0 ? "Continue" : `Send ${counted(questions.length, "answer")}`}
          </Button>
          {questions.length > 0 && (
            <span className="run-nothing">{`${ready} of ${questions.length} answered. They are sent together.`}</span>
          )}
        </footer>
      )}
      {state !== "open" && !isSending && (
        <p className="run-tool-error" role="alert">
          {state}
        </p>
      )}
    </section>
  );
}

function headline(cause: Workflow["interrupt_cause"], questions: number, nodes: readonly string[]): string {
  if (cause === "budget") return "The budget is used up. Go on?";
  if (questions > 1) return `${counted(questions, "question")} for you`;
  if (questions === 1) return "Waiting for you";
  return nodes.length > 0 ? `Paused before ${nodes.map(spaced).join(", ")}` : "Paused";
}

function answeredOf(question: Question, replies: readonly Reply[]): Answered {
  const words = [...new Set(replies.map(wordsOf))].join(", ");
  const said = replies
    .map((reply) => ("value" in reply ? reply.value : "text" in reply ? reply.text : undefined))
    .filter((told) => told !== undefined);
  const asked = question.asks.map((ask) => ask.text || ask.title).join("; ");
  return { id: question.id, node: question.node, question: asked, words, answer: said.length === 1 ? said[0] : said };
}
