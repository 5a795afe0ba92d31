/** One question of a run: the things to be decided, one below the other; the answer is complete with the last. */
import { useId, useState } from "react";
import { Markdown } from "../markdown/Markdown.tsx";
import { Icon } from "../parts/Icon.tsx";
import { AskBody } from "./Ask.tsx";
import { wordsOf, type Question, type Reply } from "./questions.ts";
import { spaced } from "./words.ts";

interface CardProps {
  question: Question;
  replies: Reply[] | null;
  isSending: boolean;
  isAlone: boolean;
  shown: string;
  onReply: (replies: Reply[]) => void;
  onChange: () => void;
}

export function QuestionCard({ question, replies, isSending, isAlone, shown, onReply, onChange }: CardProps) {
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
