/** What a human answered, once it was answered. */
import { Icon } from "../parts/Icon.tsx";
import type { Answered } from "./answered.ts";
import { Value } from "./Value.tsx";

export function Given({ answered }: { answered: readonly Answered[] }) {
  const shown = answered.map((given) => (
    <div key={given.id} className="run-was-given" role="group" aria-label="Your answer">
      <p>
        <Icon name="user" />
        <span className="run-step-name">{given.words}</span>
        {isShort(given.answer) && <q dir="auto">{String(given.answer)}</q>}
        <span className="run-hint" dir="auto">
          {given.question}
        </span>
      </p>
      {hasWords(given.answer) && !isShort(given.answer) && <Value value={given.answer} label="Your answer" />}
    </div>
  ));
  return <div className="run-items">{shown}</div>;
}

/** A mere yes or no is in the words already. */
const hasWords = (answer: unknown) =>
  answer !== undefined && answer !== "" && !(Array.isArray(answer) && answer.length === 0);

const isShort = (answer: unknown) =>
  typeof answer === "number" ||
  typeof answer === "boolean" ||
  (typeof answer === "string" && answer !== "" && answer.length < 60 && !answer.includes("\n"));
