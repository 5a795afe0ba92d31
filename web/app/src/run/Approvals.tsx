/** What a run waits for: questions to be answered, all of them at once, or a pause to be ended. */
import { useEffect, useId, useMemo, useState } from "react";
import type { PendingInterrupt, Workflow } from "@cantata/client";
import { Markdown } from "../markdown/Markdown.tsx";
import { Button } from "../parts/Button.tsx";
import { counted } from "../parts/formats.ts";
import { Icon } from "../parts/Icon.tsx";
import { announce } from "../parts/LiveRegion.tsx";
import type { Answered } from "./answered.ts";
import { AskBody } from "./Ask.tsx";
import { questionOf, wordsOf, type Question, type Reply } from "./questions.ts";
import { Value } from "./Value.tsx";
import { spaced } from "./words.ts";

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
      const responses = Object.fromEntries(questions.map((question) => [question.id, question.answer(replies[question.id] ?? [])]));
      await onResume(responses, questions.map((question) => answeredOf(question, replies[question.id] ?? [])));
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
          {questions.length > 0 && <span className="run-nothing">{`${ready} of ${questions.length} answered. They are sent together.`}</span>}
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
  const said = replies.map((reply) => ("value" in reply ? reply.value : "text" in reply ? reply.text : undefined)).filter((told) => told !== undefined);
  const asked = question.asks.map((ask) => ask.text || ask.title).join("; ");
  return { id: question.id, node: question.node, question: asked, words, answer: said.length === 1 ? said[0] : said };
}

interface CardProps {
  question: Question;
  replies: Reply[] | null;
  isSending: boolean;
  isAlone: boolean;
  shown: string;
  onReply: (replies: Reply[]) => void;
  onChange: () => void;
}

/** The things to be decided, one below the other; the answer is complete with the last. */
function QuestionCard({ question, replies, isSending, isAlone, shown, onReply, onChange }: CardProps) {
  const [given, setGiven] = useState<Record<number, Reply>>({});
  const title = useId();

  function give(at: number, reply: Reply) {
    const now = { ...given, [at]: reply };
    setGiven(now);
    if (question.asks.every((_, index) => now[index])) onReply(question.asks.map((_, index) => now[index] as Reply));
  }

  return (
    <div className="run-ask" role="group" aria-labelledby={title}>
      {question.asks.map((ask, at) => (
        <div key={at} className="run-ask-one">
          <header>
            <span className="run-ask-title" id={at === 0 ? title : undefined}>
              {spaced(ask.title)}
            </span>
            {ask.title.toLowerCase() !== question.node && <span className="run-note">{spaced(question.node)}</span>}
          </header>
          {ask.text && <Markdown text={ask.text} />}
          {given[at] && (replies || question.asks.length > 1) ? (
            <p className="run-given">
              <Icon name="check" /> {wordsOf(given[at])}
              <button
                type="button"
                className="run-show-all"
                disabled={isSending}
                onClick={() => {
                  setGiven(({ [at]: _, ...others }) => others);
                  onChange();
                }}
              >
                Change
              </button>
            </p>
          ) : (
            <AskBody
              ask={ask}
              isSending={isSending}
              isAlone={isAlone && question.asks.length === 1}
              hasAbout={!isSame(ask.value, shown)}
              onReply={(reply) => give(at, reply)}
            />
          )}
        </div>
      ))}
    </div>
  );
}

const isSame = (value: unknown, shown: string) => typeof value === "string" && value.trim() === shown.trim();

/** What was answered, once it was. */
export function Given({ answered }: { answered: readonly Answered[] }) {
  const shown = answered.map((given) => (
    <div key={given.id} className="run-was-given" role="group" aria-label="Your answer">
      <p>
        <Icon name="user" />
        <span className="run-step-name">{given.words}</span>
        {isShort(given.answer) && <q>{String(given.answer)}</q>}
        <span className="run-hint">{given.question}</span>
      </p>
      {hasWords(given.answer) && !isShort(given.answer) && <Value value={given.answer} label="Your answer" />}
    </div>
  ));
  return <div className="run-items">{shown}</div>;
}

/** A mere yes or no is in the words already. */
const hasWords = (answer: unknown) => answer !== undefined && answer !== "" && !(Array.isArray(answer) && answer.length === 0);

const isShort = (answer: unknown) =>
  typeof answer === "number" || typeof answer === "boolean" || (typeof answer === "string" && answer !== "" && answer.length < 60 && !answer.includes("\n"));
