/** A call that is no tool's: of another agent, or one that the model has written and that has not begun. */
import { memo } from "react";
import { Icon } from "../parts/Icon.tsx";
import { Asked } from "./Asked.tsx";
import { useDisclosure } from "./disclosure.ts";
import type { CallPart } from "./items.ts";
import { isRecord, summary } from "./values.ts";
import { calledAgent } from "./words.ts";

export const CallCard = memo(function CallCard({ part }: { part: CallPart }) {
  const [isOpen, toggle] = useDisclosure(false);
  const agent = calledAgent(part.name);
  const isDelegated = part.state === "delegated";
  return (
    <div className="run-tool">
      <button type="button" className="run-row" aria-expanded={isOpen} onClick={toggle}>
        <span className="run-sign run-sign-neutral" title={WORDS[part.state]}>
          <Icon name={isDelegated ? "branch" : part.state === "pending" ? "clock" : "x"} />
          <span className="hidden-text">{WORDS[part.state]}. </span>
        </span>
        <span className="run-tool-name">{isDelegated ? `asks ${agent}` : part.name}</span>
        <span className="run-hint" dir="auto">
          {summary(isRecord(part.args) && "task" in part.args ? part.args.task : part.args)}
        </span>
        {!isDelegated && <span className="run-note">{WORDS[part.state].toLowerCase()}</span>}
        <Icon name="chevron" className="run-chevron" />
      </button>
      {isOpen && (
        <div className="run-tool-body">
          <Asked args={part.args} label={`What ${agent} is asked`} />
          {part.target && (
            <button
              type="button"
              className="run-show-all"
              onClick={(event) => goTo(event.currentTarget, part.target ?? "")}
            >
              Go to what {agent} did
            </button>
          )}
        </div>
      )}
    </div>
  );
});

/** Brings a step into sight, and puts the focus where it can be unfolded. */
function goTo(from: HTMLElement, step: string): void {
  const found = from.closest(".run")?.querySelector<HTMLElement>(`[data-step="${CSS.escape(step)}"]`);
  found?.scrollIntoView({ block: "center", behavior: "smooth" });
  found?.querySelector<HTMLElement>("button")?.focus({ preventScroll: true });
}

const WORDS: Record<CallPart["state"], string> = {
  pending: "About to start",
  delegated: "Delegated",
  skipped: "Not run",
};
