/** A tool call: one line when it is done, everything about it when it is opened. */
import { memo, useId, type ReactNode } from "react";
import { Copy } from "../parts/Copy.tsx";
import { Icon } from "../parts/Icon.tsx";
import { useDisclosure } from "./disclosure.ts";
import { startOf } from "./entries.ts";
import { Items } from "./Items.tsx";
import type { CallPart, ToolPart } from "./items.ts";
import { Sign, Took } from "./Status.tsx";
import { Value } from "./Value.tsx";
import { isRecord, pretty, summary } from "./values.ts";
import { lookOfPart } from "./words.ts";

export const ToolCard = memo(function ToolCard({ part }: { part: ToolPart }) {
  const { tool, items, isRetried } = part;
  const isRunning = tool.status === "running";
  const [isOpen, toggle] = useDisclosure(isRunning && items.length > 0);
  const body = useId();
  const error = faultOf(tool.error);
  return (
    <div className="run-tool" data-status={tool.status}>
      <button type="button" className="run-row" aria-expanded={isOpen} aria-controls={isOpen ? body : undefined} onClick={toggle}>
        <Sign status={tool.status} />
        <span className="run-tool-name">{tool.tool}</span>
        <span className="run-hint">{summary(tool.args)}</span>
        {isRetried && <span className="run-note">tried again</span>}
        <Took ms={tool.duration_ms} since={isRunning ? startOf(tool) : undefined} />
        <Icon name="chevron" className="run-chevron" />
      </button>
      {isRunning && (tool.progress != null || tool.progress_message) && (
        <Progress percent={tool.progress ?? null} message={tool.progress_message ?? ""} label={`Progress of ${tool.tool}`} />
      )}
      {error && !isOpen && <p className="run-tool-error">{error}</p>}
      {isOpen && (
        <div className="run-tool-body" id={body}>
          <Section title="Arguments" copied={tool.args}>
            <Value value={tool.args} label={`Arguments of ${tool.tool}`} />
          </Section>
          {items.length > 0 && (
            <Section title="What it set going">
              <Items items={items} isNested />
            </Section>
          )}
          {error ? (
            <Section title="Error">
              <p className="run-tool-error">{error}</p>
              <p className="run-nothing">{isRetried ? "The agent called it again afterwards." : "It was not called again."}</p>
            </Section>
          ) : (
            !isRunning && (
              <Section title={tool.status === "ok" ? "Result" : lookOfPart(tool.status).word} copied={tool.output}>
                <Value value={tool.output} label={`Result of ${tool.tool}`} />
              </Section>
            )
          )}
        </div>
      )}
    </div>
  );
});

function Section({ title, copied, children }: { title: string; copied?: unknown; children: ReactNode }) {
  return (
    <div className="run-section">
      <header>
        <span>{title}</span>
        {copied != null && copied !== "" && <Copy text={() => pretty(copied)} label={`Copy ${title.toLowerCase()}`} />}
      </header>
      {children}
    </div>
  );
}

/** A call of another agent, or one that the model has written and that has not begun. */
export const CallCard = memo(function CallCard({ part }: { part: CallPart }) {
  const [isOpen, toggle] = useDisclosure(false);
  const agent = part.name.replace(/^(?:delegate|transfer|hand_?off)_to_/, "");
  const isDelegated = part.state === "delegated";
  return (
    <div className="run-tool">
      <button type="button" className="run-row" aria-expanded={isOpen} onClick={toggle}>
        <span className="run-sign run-sign-neutral" title={WORDS[part.state]}>
          <Icon name={isDelegated ? "branch" : part.state === "pending" ? "clock" : "x"} />
          <span className="hidden-text">{WORDS[part.state]}. </span>
        </span>
        <span className="run-tool-name">{isDelegated ? `asks ${agent}` : part.name}</span>
        <span className="run-hint">{summary(isRecord(part.args) && "task" in part.args ? part.args.task : part.args)}</span>
        {!isDelegated && <span className="run-note">{WORDS[part.state].toLowerCase()}</span>}
        <Icon name="chevron" className="run-chevron" />
      </button>
      {isOpen && (
        <div className="run-tool-body">
          <Asked args={part.args} label={`What ${agent} is asked`} />
          {part.target && (
            <button type="button" className="run-show-all" onClick={(event) => goTo(event.currentTarget, part.target ?? "")}>
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

const WORDS: Record<CallPart["state"], string> = { pending: "About to start", delegated: "Delegated", skipped: "Not run" };

/** What an agent was asked by another: words, rather than JSON, where it is words. */
export function Asked({ args, label }: { args: unknown; label: string }) {
  const task = isRecord(args) ? args.task : undefined;
  const reason = isRecord(args) ? (args.reason ?? args.why) : undefined;
  return (
    <>
      {typeof reason === "string" && <p className="run-nothing">{reason}</p>}
      <Value value={typeof task === "string" ? task : args} label={label} />
    </>
  );
}

export function Progress({ percent, message, label }: { percent: number | null; message: string; label: string }) {
  return (
    <div className="run-progress">
      {percent !== null && (
        <div className="run-bar" role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(percent)}>
          <span style={{ inlineSize: `${Math.min(100, Math.max(0, percent))}%` }} />
        </div>
      )}
      {message && <span className="run-hint">{message}</span>}
    </div>
  );
}

export function faultOf(error: unknown): string | null {
  if (!isRecord(error)) return typeof error === "string" ? error : null;
  const { type, message } = error;
  return [type, message].filter((said) => typeof said === "string" && said).join(": ") || null;
}
