/** How a run ended, unless it ended well. */
import type { Workflow } from "@cantata/client";
import { Button } from "../parts/Button.tsx";
import { RunBadge } from "./Status.tsx";
import { Value } from "./Value.tsx";
import "./End.css";

interface EndProps {
  workflow: Workflow;
  hasAnswer: boolean;
  onRetry?: (() => void) | undefined;
}

export function End({ workflow, hasAnswer, onRetry }: EndProps) {
  if (workflow.status === "completed") return hasAnswer ? null : <Output value={workflow.output} />;
  return workflow.status === "cancelled" ? (
    <Stopped workflow={workflow} onRetry={onRetry} />
  ) : (
    <Failure workflow={workflow} onRetry={onRetry} />
  );
}

function Output({ value }: { value: unknown }) {
  if (value === null || value === undefined) return null;
  return (
    <div className="run-output">
      <p className="run-nothing">It gave no text. This is its output:</p>
      <Value value={value} label="Output" />
    </div>
  );
}

function Stopped({ workflow, onRetry }: Omit<EndProps, "hasAnswer">) {
  return (
    <p className="run-stopped">
      <RunBadge status="cancelled" />
      {stoppedWords(workflow.cancelled)}
      {onRetry && (
        <Button kind="quiet" icon="refresh" onClick={onRetry}>
          Retry
        </Button>
      )}
    </p>
  );
}

function stoppedWords(cancelled: Workflow["cancelled"]): string {
  if (cancelled?.by === "disconnect") return "Nobody was watching any more.";
  return cancelled?.reason && cancelled.reason !== "cancelled by request" ? cancelled.reason : "";
}

function Failure({ workflow, onRetry }: Omit<EndProps, "hasAnswer">) {
  const { error, recovery_suggestions: suggestions, failed_node: node } = workflow;
  return (
    <section className="run-failure" aria-label="The run failed">
      <header>
        <RunBadge status="failed" />
        <code>{error?.code}</code>
        {node && <span className="run-note">{`in ${node}`}</span>}
      </header>
      <p>{error?.message}</p>
      {suggestions.length > 0 && (
        <ul>
          {suggestions.map((suggestion) => (
            <li key={suggestion}>{suggestion}</li>
          ))}
        </ul>
      )}
      {error?.retryable && onRetry && (
        <Button icon="refresh" onClick={onRetry}>
          Retry
        </Button>
      )}
    </section>
  );
}
