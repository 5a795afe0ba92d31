/** Below the answer: what it took, and what can be done with it. */
import { memo, type ReactNode } from "react";
import type { Workflow } from "@cantata/client";
import { IconButton } from "../parts/Button.tsx";
import { Copy } from "../parts/Copy.tsx";
import { Icon } from "../parts/Icon.tsx";
import { figuresOf, tracesOf } from "./figures.ts";
import type { Say } from "./opinions.ts";
import { Thumbs } from "./Thumbs.tsx";
import "./Footer.css";

interface FooterProps {
  workflow: Workflow;
  answer: string;
  actions?: ReactNode;
  onRetry?: (() => void) | undefined;
  onOpenPanel?: ((tab: "graph" | "waterfall" | "usage") => void) | undefined;
  onFeedback?: Say | undefined;
}

export const Footer = memo(function Footer(props: FooterProps) {
  const { workflow, answer, actions, onRetry, onOpenPanel, onFeedback } = props;
  return (
    <footer className="run-footer">
      <div className="run-footer-actions">
        {actions}
        {answer && <Copy text={answer} label="Copy answer" />}
        <Copy icon="braces" text={() => JSON.stringify(workflow, null, 2)} label="Copy trace as JSON" />
        {onRetry && <IconButton icon="refresh" label="Answer again" onClick={onRetry} />}
        {onOpenPanel && <IconButton icon="graph" label="Show the graph" onClick={() => onOpenPanel("graph")} />}
        {onOpenPanel && (
          <IconButton icon="waterfall" label="Show the timeline" onClick={() => onOpenPanel("waterfall")} />
        )}
        {tracesOf(workflow).map(({ name, href }) => (
          <a key={name} className="run-trace" href={href} target="_blank" rel="noreferrer noopener">
            <Icon name="external" /> {name}
          </a>
        ))}
      </div>
      <Thumbs workflow={workflow} onSay={onFeedback} />
      <dl className="run-figures">
        {figuresOf(workflow).map(({ key, label, value }) => (
          <div key={key} title={label}>
            <dt className="hidden-text">{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </footer>
  );
});
