/** What an agent thought and called, in one place: unfolded while it happens, one line afterwards. */
import { memo, useId } from "react";
import { Markdown } from "../markdown/Markdown.tsx";
import { Icon } from "../parts/Icon.tsx";
import { counted, duration } from "../parts/formats.ts";
import { CallCard } from "./CallCard.tsx";
import { useDisclosure } from "./disclosure.ts";
import type { Part, ThoughtPart, WorkItem } from "./items.ts";
import { Sign, Took } from "./Status.tsx";
import { ToolCard, type Nested } from "./ToolCard.tsx";
import { useFollow } from "./useFollow.ts";
import { calledAgent } from "./words.ts";
import "./Work.css";

export const Work = memo(function Work({ item, nested }: { item: WorkItem; nested: Nested }) {
  const [isOpen, toggle] = useDisclosure(item.isLive);
  const body = useId();
  const names = calledIn(item.parts);
  return (
    <div className="run-work" data-live={item.isLive || undefined}>
      <button
        type="button"
        className="run-row"
        aria-expanded={isOpen}
        aria-controls={isOpen ? body : undefined}
        onClick={toggle}
      >
        <span className="run-sign run-sign-neutral">
          <Icon name={item.parts.some((part) => part.kind === "thought") ? "brain" : "tool"} />
        </span>
        <span className={item.isLive ? "run-work-title run-shimmer" : "run-work-title"}>{titleOf(item)}</span>
        {!isOpen && names && <span className="run-hint">{names}</span>}
        {!isOpen && item.parts.some((part) => part.kind === "tool" && part.tool.status === "error") && (
          <span className="run-note run-note-danger">{failures(item.parts)}</span>
        )}
        {item.parts.some((part) => part.kind === "tool" && part.tool.status === "interrupted") && (
          <span className="run-note run-note-warn">waiting for you</span>
        )}
        <Icon name="chevron" className="run-chevron" />
      </button>
      {isOpen && (
        <div className="run-thread" id={body}>
          {item.parts.map((part) => (
            <Shown key={part.key} part={part} nested={nested} />
          ))}
        </div>
      )}
    </div>
  );
});

function titleOf({ parts, isLive, durationMs }: WorkItem): string {
  const hasThoughts = parts.some((part) => part.kind === "thought");
  const last = parts.at(-1);
  if (isLive) return last?.kind === "thought" ? "Thinking…" : "Working…";
  const tools = parts.filter((part) => part.kind === "tool").length;
  const time = durationMs === null ? "" : ` for ${duration(durationMs)}`;
  if (hasThoughts) return tools > 0 ? `Thought${time}, used ${counted(tools, "tool")}` : `Thought${time}`;
  if (tools > 0)
    return durationMs === null
      ? `Used ${counted(tools, "tool")}`
      : `Used ${counted(tools, "tool")} in ${duration(durationMs)}`;
  return parts.some((part) => part.kind === "call") ? "Decided" : "Worked";
}

function calledIn(parts: readonly Part[]): string {
  const names = parts.flatMap((part) =>
    part.kind === "tool" ? [part.tool.tool] : part.kind === "call" ? [namedCall(part.name)] : [],
  );
  return [...new Set(names)].join(", ");
}

const namedCall = (name: string) => (calledAgent(name) === name ? name : `→ ${calledAgent(name)}`);

const failures = (parts: readonly Part[]) =>
  `${parts.filter((part) => part.kind === "tool" && part.tool.status === "error").length} failed`;

function Shown({ part, nested }: { part: Part; nested: Nested }) {
  switch (part.kind) {
    case "thought":
      return <Thought part={part} />;
    case "tool":
      return <ToolCard part={part} nested={nested} />;
    case "call":
      return <CallCard part={part} />;
    case "node":
      return (
        <div className="run-row run-node">
          <Sign status={part.step.status} />
          <span>{part.step.name}</span>
          <Took ms={part.step.duration_ms} />
        </div>
      );
  }
}

/** A thought scrolls in itself. */
const Thought = memo(function Thought({ part }: { part: ThoughtPart }) {
  return (
    <div {...useFollow(part.text, part.isLive)} className="run-thought" tabIndex={0} role="group" aria-label="Thought">
      <Markdown text={part.text} isLive={part.isLive} />
    </div>
  );
});
