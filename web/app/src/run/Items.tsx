/** The way to the answer: steps below each other, lanes beside each other, work and words between them. */
import { memo, useId } from "react";
import { Markdown } from "../markdown/Markdown.tsx";
import { counted } from "../parts/formats.ts";
import { Icon } from "../parts/Icon.tsx";
import { Asked } from "./Asked.tsx";
import { useDisclosure } from "./disclosure.ts";
import { startOf } from "./entries.ts";
import type { EarlierItem, Item, LanesItem, StepItem, TextItem } from "./items.ts";
import { Sign, Took } from "./Status.tsx";
import type { Nested } from "./ToolCard.tsx";
import { useFollow } from "./useFollow.ts";
import { faultOf, firstWords } from "./values.ts";
import { spaced } from "./words.ts";
import { Work } from "./Work.tsx";
import "./Items.css";

export const Items = memo(function Items({ items, isNested = false }: { items: Item[]; isNested?: boolean }) {
  return (
    <div className={isNested ? "run-items run-items-nested" : "run-items"}>
      {items.map((item) => (
        <OneItem key={item.key} item={item} isNested={isNested} />
      ))}
    </div>
  );
});

/** The same function for all, so that what is drawn with it rests. */
const nested: Nested = (items) => <Items items={items} isNested />;

function OneItem({ item, isNested }: { item: Item; isNested: boolean }) {
  switch (item.kind) {
    case "work":
      return <Work item={item} nested={nested} />;
    case "text":
      return isNested ? <SaidWithin item={item} /> : <Said item={item} />;
    case "step":
      return <Step item={item} isOpenByItself={item.step.status === "running"} />;
    case "lanes":
      return <Lanes item={item} />;
    case "earlier":
      return <Earlier item={item} />;
  }
}

const Said = memo(function Said({ item: { message } }: { item: TextItem }) {
  return (
    <div className="run-said">
      <Markdown text={message.content} isLive={message.status === "running"} />
      {message.status === "cancelled" && <span className="run-note">Cut off here</span>}
    </div>
  );
});

/** Within a step a text is on the way to something: it keeps to its place, and scrolls there. */
function SaidWithin({ item }: { item: TextItem }) {
  const { message } = item;
  return (
    <div
      {...useFollow(message.content, message.status === "running")}
      className="run-said-box"
      tabIndex={0}
      role="group"
      aria-label={`What ${message.agent} said`}
    >
      <Said item={item} />
    </div>
  );
}

interface StepProps {
  item: StepItem;
  isOpenByItself: boolean;
  isLane?: boolean;
}

const Step = memo(function Step({ item, isOpenByItself, isLane = false }: StepProps) {
  const { step, items, earlier, asked } = item;
  const [isOpen, toggle] = useDisclosure(isOpenByItself);
  const body = useId();
  const error = faultOf(step.error);
  const isRunning = step.status === "running";
  const hasMore = items.length > 0 || asked !== null;
  const hint = isOpen ? "" : hintOf(item);
  const head = (
    <>
      <Sign status={step.status} />
      <span className="run-step-name">{spaced(step.name)}</span>
      {!isLane && (
        <span className="run-hint" dir="auto">
          {hint}
        </span>
      )}
      <Took ms={step.duration_ms} since={isRunning ? startOf(step) : undefined} />
      {hasMore && <Icon name="chevron" className="run-chevron" />}
    </>
  );
  return (
    <div
      className={isLane ? "run-step run-lane" : "run-step"}
      role="group"
      aria-label={`${isLane ? "Lane" : "Step"} ${spaced(step.name)}`}
      data-step={step.span_id}
      data-path={step.path.join("/")}
    >
      {hasMore ? (
        <button
          type="button"
          className="run-row"
          aria-expanded={isOpen}
          aria-controls={isOpen ? body : undefined}
          onClick={toggle}
        >
          {head}
        </button>
      ) : (
        <div className="run-row">{head}</div>
      )}
      {error && <p className="run-tool-error">{error}</p>}
      {earlier.length > 0 && <Attempts steps={earlier} />}
      {isLane && !isOpen && hint && (
        <p className="run-lane-hint" dir="auto">
          {hint}
        </p>
      )}
      {isOpen && hasMore && (
        <div className="run-thread" id={body}>
          {asked && <Task by={asked.by} args={asked.args} />}
          <Items items={items} isNested />
          {item.isAnswer && <p className="run-nothing">What it said is the answer below.</p>}
        </div>
      )}
    </div>
  );
});

function Task({ by, args }: { by: string; args: unknown }) {
  const [isOpen, toggle] = useDisclosure(false);
  return (
    <div className="run-tool">
      <button type="button" className="run-row" aria-expanded={isOpen} onClick={toggle}>
        <span className="run-sign run-sign-neutral">
          <Icon name="branch" />
        </span>
        <span className="run-hint">{by ? `asked by ${by}` : "asked"}</span>
        <Icon name="chevron" className="run-chevron" />
      </button>
      {isOpen && (
        <div className="run-tool-body">
          <Asked args={args} label="What it was asked" />
        </div>
      )}
    </div>
  );
}

const Lanes = memo(function Lanes({ item: { lanes, join } }: { item: LanesItem }) {
  const isRunning = lanes.some((lane) => lane.step.status === "running");
  return (
    <div className="run-lanes-frame" role="group" aria-label={`${lanes.length} lanes side by side`}>
      <div className="run-lanes" data-lanes={Math.min(lanes.length, 4)}>
        {lanes.map((lane) => (
          <Step key={lane.key} item={lane} isOpenByItself={isRunning} isLane />
        ))}
      </div>
      <p className="run-join">
        <Icon name="branch" />
        {joinWords(lanes, join)}
      </p>
    </div>
  );
});

function joinWords(lanes: readonly StepItem[], join: string | null): string {
  const all = counted(lanes.length, "lane");
  if (join) return `${all}, joined in ${spaced(join)}`;
  const waiting = lanes.filter((lane) => lane.step.status === "interrupted").length;
  if (waiting > 0) return `${waiting} of ${all} waiting for you`;
  return `${lanes.filter((lane) => lane.step.status !== "running").length} of ${all} done`;
}

function Earlier({ item }: { item: EarlierItem }) {
  return <Attempts steps={item.steps} />;
}

function Attempts({ steps }: { steps: StepItem[] }) {
  const [isOpen, toggle] = useDisclosure(false);
  const body = useId();
  return (
    <div className="run-earlier">
      <button
        type="button"
        className="run-row"
        aria-expanded={isOpen}
        aria-controls={isOpen ? body : undefined}
        onClick={toggle}
      >
        <span className="run-sign run-sign-neutral">
          <Icon name="refresh" />
        </span>
        <span className="run-hint">{earlierWords(steps)}</span>
        <Icon name="chevron" className="run-chevron" />
      </button>
      {isOpen && (
        <div className="run-thread run-void" id={body}>
          {steps.map((step) => (
            <Step key={step.key} item={step} isOpenByItself />
          ))}
        </div>
      )}
    </div>
  );
}

function earlierWords(steps: readonly StepItem[]): string {
  const said = counted(steps.length, "earlier attempt");
  const ends = new Set(steps.map((step) => step.step.status));
  if (ends.size !== 1) return said;
  const [end] = ends;
  return end === "error"
    ? `${said}, failed`
    : end === "interrupted"
      ? `${said}, up to the question`
      : end === "cancelled"
        ? `${said}, cut off`
        : said;
}

/** What a closed step shows of itself: its last words, or how much is in it. */
function hintOf(item: StepItem): string {
  if (item.isAnswer && item.items.every((inner) => inner.kind !== "text")) return "the answer below";
  const said = lastText(item.items);
  if (said) return firstWords(said);
  const steps = item.items.filter((inner) => inner.kind === "step" || inner.kind === "lanes").length;
  return steps > 0 ? counted(steps, "step") : "";
}

function lastText(items: readonly Item[]): string {
  for (const item of items.toReversed()) {
    const found =
      item.kind === "text"
        ? item.message.content
        : item.kind === "step"
          ? lastText(item.items)
          : item.kind === "lanes"
            ? lastText(item.lanes)
            : "";
    if (found) return found;
  }
  return "";
}
