/** A tool call: one line when it is done, everything about it when it is opened. */
import { memo, useId, type ReactNode } from "react";
import { Copy } from "../parts/Copy.tsx";
import { Icon } from "../parts/Icon.tsx";
import { useDisclosure } from "./disclosure.ts";
import { startOf } from "./entries.ts";
import type { Item, ToolPart } from "./items.ts";
import { Progress, Sign, Took } from "./Status.tsx";
import { Value } from "./Value.tsx";
import { faultOf, pretty, summary } from "./values.ts";
import { lookOfPart } from "./words.ts";
import "./ToolCard.css";

/** Draws what a tool set going. It is handed down: a card need not know of everything that there may be in it. */
export type Nested = (items: Item[]) => ReactNode;

export const ToolCard = memo(function ToolCard({ part, nested }: { part: ToolPart; nested: Nested }) {
  const { tool, items, isRetried } = part;
  const isRunning = tool.status === "running";
  const [isOpen, toggle] = useDisclosure(isRunning && items.length > 0);
  const body = useId();
  const error = faultOf(tool.error);
  return (
    <div className="run-tool" data-status={tool.status}>
      <button
        type="button"
        className="run-row"
        aria-expanded={isOpen}
        aria-controls={isOpen ? body : undefined}
        onClick={toggle}
      >
        <Sign status={tool.status} />
        <span className="run-tool-name">{tool.tool}</span>
        <span className="run-hint" dir="auto">
          {summary(tool.args)}
        </span>
        {isRetried && <span className="run-note">tried again</span>}
        <Took ms={tool.duration_ms} since={isRunning ? startOf(tool) : undefined} />
        <Icon name="chevron" className="run-chevron" />
      </button>
      {isRunning && (tool.progress != null || tool.progress_message) && (
        <Progress
          percent={tool.progress ?? null}
          message={tool.progress_message ?? ""}
          label={`Progress of ${tool.tool}`}
        />
      )}
      {error && !isOpen && <p className="run-tool-error">{error}</p>}
      {isOpen && (
        <div className="run-tool-body" id={body}>
          <Section title="Arguments" copied={tool.args}>
            <Value value={tool.args} label={`Arguments of ${tool.tool}`} />
          </Section>
          {items.length > 0 && <Section title="What it set going">{nested(items)}</Section>}
          {error ? (
            <Section title="Error">
              <p className="run-tool-error">{error}</p>
              <p className="run-nothing">
                {isRetried ? "The agent called it again afterwards." : "It was not called again."}
              </p>
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
