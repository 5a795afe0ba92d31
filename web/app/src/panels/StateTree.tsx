/** A state to look into: members that open, with what is new in it marked. */
import { useState, type ReactNode } from "react";
import { bytes, counted } from "../parts/formats.ts";
import { cut, isRecord, summary } from "../run/values.ts";
import { wordFor, type Change } from "./checkpoints.ts";
import "./StateTree.css";

const LINE = 90; // characters of what is shown closed
const MOST_CHARS = 20_000; // of one text
const MOST_ITEMS = 50; // at first

interface StateTreeProps {
  value: unknown;
  label: string;
  changes?: ReadonlyMap<string, Change> | null;
}

export function StateTree({ value, label, changes }: StateTreeProps) {
  const isEmpty = isRecord(value) && Object.keys(value).length === 0;
  if (isEmpty) return <p className="state-nothing">Nothing yet.</p>;
  const gone = [...(changes ?? [])].filter(([, { kind }]) => kind === "gone").map(([name]) => name);
  return (
    <div className="state" role="group" aria-label={label}>
      {isRecord(value) ? <Members value={value} changes={changes} /> : <Text value={value} />}
      {gone.length > 0 && <p className="state-nothing">Gone: {gone.join(", ")}</p>}
    </div>
  );
}

function Members({ value, changes, from }: { value: object; changes?: StateTreeProps["changes"]; from?: number }) {
  const [most, setMost] = useState(MOST_ITEMS);
  const members = Object.entries(value) as [string, unknown][];
  return (
    <ul>
      {members.slice(0, most).map(([name, member]) => (
        <Member key={name} name={name} value={member} change={changeAt(name, changes, from)} />
      ))}
      {members.length > most && (
        <li>
          <button type="button" className="side-link" onClick={() => setMost(Number.POSITIVE_INFINITY)}>
            Show all ({counted(members.length, "item")})
          </button>
        </li>
      )}
    </ul>
  );
}

/** *from* is the first place of a list that was not there before. */
function changeAt(name: string, changes: StateTreeProps["changes"], from?: number): Change | undefined {
  return changes?.get(name) ?? (from !== undefined && Number(name) >= from ? { kind: "new" } : undefined);
}

function Member({ name, value, change }: { name: string; value: unknown; change: Change | undefined }) {
  const isGrown = change?.kind === "grown";
  const mark = change && <span className="state-mark">{wordFor(change, value)}</span>;
  if (!hasMore(value)) {
    return (
      <li className="state-leaf">
        <span className="state-name">{name}</span> <span dir="auto">{leaf(value)}</span> {mark}
      </li>
    );
  }
  const within = typeof value === "string" ? <Text value={value} /> : null;
  return (
    <li>
      <Opening name={name} said={preview(value)} mark={mark} isOpen={isGrown}>
        {() => within ?? <Members value={value as object} {...(isGrown && { from: change.from })} />}
      </Opening>
    </li>
  );
}

interface OpeningProps {
  name: string;
  said: string;
  mark: ReactNode;
  isOpen: boolean;
  /** What is not opened is not drawn. */
  children: () => ReactNode;
}

function Opening({ name, said, mark, isOpen: isOpenAtFirst, children }: OpeningProps) {
  const [isOpen, setIsOpen] = useState(isOpenAtFirst);
  return (
    <details open={isOpen} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>
        <span className="state-name">{name}</span>
        <span className="state-said" dir="auto">
          {said}
        </span>
        {mark}
      </summary>
      {isOpen && children()}
    </details>
  );
}

function Text({ value }: { value: unknown }) {
  const text = typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "nothing");
  return (
    <pre tabIndex={0} role="group" aria-label="Text" dir="auto">
      {text.slice(0, MOST_CHARS)}
      {text.length > MOST_CHARS && `… (${bytes(text.length)})`}
    </pre>
  );
}

function hasMore(value: unknown): boolean {
  if (typeof value === "string") return value.length > LINE || value.includes("\n");
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

const leaf = (value: unknown) => (typeof value === "string" ? value || "“”" : JSON.stringify(value));

/** A message says who spoke and what; anything else what it consists of. */
function preview(value: unknown): string {
  if (Array.isArray(value)) return counted(value.length, "item");
  if (!isRecord(value)) return summary(value, LINE);
  const { type, content } = value;
  if (typeof type === "string" && "content" in value) return `${type}: ${cut(wordsIn(content), LINE)}`;
  return summary(value, LINE);
}

function wordsIn(content: unknown): string {
  if (typeof content === "string") return content.replace(/\s+/g, " ").trim();
  if (!Array.isArray(content)) return summary(content, LINE);
  const said = content.filter(isRecord).map((block) => block["text"] ?? block["reasoning"] ?? block["name"]);
  return said.filter((words) => typeof words === "string").join(" · ");
}
