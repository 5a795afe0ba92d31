/** One thing that a human decides: by choices, in a form, or in words. */
import { useId, useState, type ReactNode } from "react";
import { Markdown } from "../markdown/Markdown.tsx";
import { Button } from "../parts/Button.tsx";
import { readJson } from "./fields.ts";
import { Form } from "./Form.tsx";
import type { Ask, Choice, Reply } from "./questions.ts";
import { Value } from "./Value.tsx";
import { pretty } from "./values.ts";

export interface AskProps {
  ask: Ask;
  isSending: boolean;
  /** With others beside it, its answer waits for theirs. */
  isAlone: boolean;
  hasAbout: boolean;
  onReply: (reply: Reply) => void;
}

export function AskBody(props: AskProps) {
  const { ask, isSending, isAlone, hasAbout, onReply } = props;
  return (
    <>
      {hasAbout && ask.choices.length === 0 && <About value={ask.value} />}
      {ask.fields ? (
        <Form
          fields={ask.fields}
          isSending={isSending}
          isAlone={isAlone}
          onFilled={(value) => onReply({ choice: "form", value })}
        />
      ) : ask.choices.length > 0 ? (
        <Choices {...props} />
      ) : (
        <Free {...props} />
      )}
    </>
  );
}

function About({ value }: { value: unknown }) {
  if (value === undefined || value === null || value === "") return null;
  return typeof value === "string" ? (
    <div className="run-about" tabIndex={0} role="group" aria-label="What it is about">
      <Markdown text={value} />
    </div>
  ) : (
    <Value value={value} label="What it is about" />
  );
}

const LABELS: Record<Choice, string> = {
  accept: "Accept",
  edit: "Edit",
  respond: "Respond",
  reject: "Reject",
  ignore: "Ignore",
};

function Choices({ ask, isSending, isAlone, hasAbout, onReply }: AskProps) {
  const [mode, setMode] = useState<"choose" | "edit" | "respond">("choose");
  const [comment, setComment] = useState("");
  const text = comment.trim() ? { text: comment.trim() } : {};
  if (mode === "edit") {
    return (
      <Edit
        value={ask.value}
        isSending={isSending}
        onCancel={() => setMode("choose")}
        onDone={(value) => onReply({ choice: "edit", value, ...text })}
      />
    );
  }
  if (mode === "respond") {
    return (
      <Write
        label="Your response"
        isSending={isSending}
        onCancel={() => setMode("choose")}
        onDone={(said) => onReply({ choice: "respond", text: said })}
      />
    );
  }
  const choose = (choice: Choice) =>
    choice === "edit" || choice === "respond" ? setMode(choice) : onReply({ choice, ...text });
  const isCommented = ask.hasComment || ask.choices.includes("reject");
  return (
    <>
      {hasAbout && <About value={ask.value} />}
      {isCommented && (
        <label className="field">
          <span className="hidden-text">Comment</span>
          <input
            className="input"
            dir="auto"
            placeholder="Comment (optional)"
            value={comment}
            onChange={(event) => setComment(event.target.value)}
          />
        </label>
      )}
      <div className="run-actions">
        {ask.choices.map((choice) => (
          <Button
            key={choice}
            kind={choice === "accept" && isAlone ? "primary" : "plain"}
            icon={ICONS[choice]}
            disabled={isSending}
            onClick={() => choose(choice)}
          >
            {LABELS[choice]}
          </Button>
        ))}
      </div>
    </>
  );
}

const ICONS = { accept: "check", edit: "edit", respond: "send", reject: "x", ignore: "eye-off" } as const;

interface WriteProps {
  isSending: boolean;
  onCancel?: () => void;
}

function Edit({
  value,
  isSending,
  onCancel,
  onDone,
}: WriteProps & { value: unknown; onDone: (value: unknown) => void }) {
  const isText = typeof value === "string";
  const [text, setText] = useState(() => pretty(value));
  const [read, fault] = isText ? [text] : readJson(text);
  return (
    <Lines label="Change it" text={text} fault={fault} isCode={!isText} onChange={setText}>
      <Button kind="primary" icon="check" disabled={isSending || Boolean(fault)} onClick={() => onDone(read)}>
        Accept the change
      </Button>
      {onCancel && <Button onClick={onCancel}>Back</Button>}
    </Lines>
  );
}

function Write({ label, isSending, onCancel, onDone }: WriteProps & { label: string; onDone: (text: string) => void }) {
  const [text, setText] = useState("");
  return (
    <Lines label={label} text={text} onChange={setText}>
      <Button kind="primary" icon="send" disabled={isSending || !text.trim()} onClick={() => onDone(text.trim())}>
        Send
      </Button>
      {onCancel && <Button onClick={onCancel}>Back</Button>}
    </Lines>
  );
}

/** A graph that does not say what it expects gets a text, or JSON if that is asked for. */
function Free({ isSending, isAlone, onReply }: AskProps) {
  const [text, setText] = useState("");
  const [isJson, setIsJson] = useState(false);
  const [read, fault] = isJson ? readJson(text) : [text];
  return (
    <Lines label="Your answer" text={text} fault={fault} isCode={isJson} onChange={setText}>
      <Button
        kind={isAlone ? "primary" : "plain"}
        icon={isAlone ? "send" : "check"}
        disabled={isSending || Boolean(fault) || (isJson && !text.trim())}
        onClick={() => onReply({ choice: "free", value: read })}
      >
        {isAlone ? "Answer" : "Keep this answer"}
      </Button>
      <label className="run-check">
        <input type="checkbox" checked={isJson} onChange={(event) => setIsJson(event.target.checked)} /> as JSON
      </label>
    </Lines>
  );
}

interface LinesProps {
  label: string;
  text: string;
  fault?: string | undefined;
  isCode?: boolean;
  onChange: (text: string) => void;
  children: ReactNode;
}

function Lines({ label, text, fault, isCode = false, onChange, children }: LinesProps) {
  const id = useId();
  return (
    <>
      <label className="field">
        <span className="hidden-text">{label}</span>
        <textarea
          className={isCode ? "input run-code" : "input"}
          dir={isCode ? "ltr" : "auto"}
          placeholder={label}
          rows={Math.min(14, Math.max(2, text.split("\n").length + 1))}
          value={text}
          aria-invalid={Boolean(fault)}
          aria-describedby={fault ? id : undefined}
          onChange={(event) => onChange(event.target.value)}
        />
      </label>
      {fault && (
        <p className="run-tool-error" id={id}>
          {fault}
        </p>
      )}
      <div className="run-actions">{children}</div>
    </>
  );
}
