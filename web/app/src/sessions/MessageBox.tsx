/** Where the user writes: a field that grows, or for a graph that wants no text a form with its members. */
import {
  useEffect,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
  type ReactNode,
  type Ref,
} from "react";
import { IconButton } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import { AttachButton } from "./AttachButton.tsx";
import { Attached } from "./Attached.tsx";
import type { Attachment } from "./attachments.ts";
import { draftOf, setDraft } from "./drafts.ts";
import { inputFrom, inputKind, takesFiles, type Member } from "./inputs.ts";
import { GraphPicker, ModelPicker } from "./pickers.tsx";
import type { Choices } from "./choices.ts";
import { useAttachments, useDropped } from "./useAttachments.ts";
import "./message-box.css";

export interface Wanted {
  text: string;
  /** Whom it is for. */
  graph: string;
  /** Given for a graph that wants no text. */
  input?: Record<string, unknown>;
  /** What goes with the text; left out where there is nothing. */
  attached?: readonly Attachment[];
}

export interface MessageBoxHandle {
  focus: () => void;
  /** Puts in what was written, unless there is something. */
  fill: (text: string, attached?: readonly Attachment[]) => void;
}

interface MessageBoxProps {
  ref?: Ref<MessageBoxHandle>;
  /** What is being written belongs to it. */
  draftKey: string;
  choices: Choices;
  /** null while it is not known whom the conversation is with: a message waits until then. */
  graph: string | null;
  model: string;
  onGraph: (name: string) => void;
  onModel: (name: string) => void;
  onSend: (wanted: Wanted) => void;
  /** Given while something runs. */
  onStop?: (() => void) | undefined;
  hint?: ReactNode;
  placeholder?: string;
}

const MAX_HEIGHT = 260; // pixels, then the field scrolls

export function MessageBox(props: MessageBoxProps) {
  const { ref, draftKey, choices, graph, onSend, onStop, hint } = props;
  const [text, setText] = useState(draftOf(draftKey));
  const [fields, setFields] = useState<Record<string, string>>({});
  const [faults, setFaults] = useState<Record<string, string>>({});
  const [isDue, setIsDue] = useState(false);
  const attachments = useAttachments(draftKey);
  const { attached } = attachments;
  const field = useRef<HTMLTextAreaElement>(null);
  const hintId = useId();
  const listed = choices.graphs.find(({ name }) => name === graph);
  const kind = listed ? inputKind(listed) : ({ kind: "text" } as const);
  const mayAttach = listed !== undefined && takesFiles(listed);
  const take = (files: FileList) => mayAttach && void attachments.add(files);
  const isDropping = useDropped(take);

  useEffect(() => {
    setDraft(draftKey, text);
  }, [draftKey, text]);
  useLayoutEffect(() => grow(field.current), [text, kind.kind]);
  useImperativeHandle(ref, () => ({
    focus: () => field.current?.focus(),
    fill: (given, files) => {
      setText((before) => before || given);
      if (files && attached.length === 0) attachments.put(files);
    },
  }));

  const isEmpty = kind.kind !== "members" && text.trim() === "" && attached.length === 0;

  function send() {
    if (graph === null) return setIsDue(!isEmpty);
    if (kind.kind === "members") {
      const read = inputFrom(kind.members, fields);
      setFaults("faults" in read ? read.faults : {});
      if ("faults" in read) return;
      setFields({});
      onSend({ text: JSON.stringify(read.input), graph, input: read.input });
    } else if (!isEmpty && (attached.length === 0 || mayAttach)) {
      setText("");
      attachments.put([]);
      onSend({ text, graph, ...(attached.length > 0 && { attached }) });
    }
  }

  useEffect(() => {
    if (!isDue || graph === null) return;
    setIsDue(false);
    if (kind.kind !== "members") send(); // a form shows that the text is none of its members
  }, [isDue, graph]);

  return (
    <form
      className="box"
      aria-label="Message"
      data-dropping={isDropping && mayAttach}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      onPaste={(event) => {
        const { files, types } = event.clipboardData;
        if (files.length === 0 || types.includes("text/plain")) return; // office programs add a picture of the text
        event.preventDefault();
        take(files);
      }}
    >
      <Attached
        attachments={attachments}
        notTakenBy={mayAttach || graph === null ? null : graph}
        onRemoved={() => field.current?.focus()}
      />
      {kind.kind === "members" ? (
        <Members members={kind.members} fields={fields} faults={faults} onChange={setFields} />
      ) : (
        <textarea
          ref={field}
          id="message"
          className="box-field"
          dir="auto"
          rows={1}
          aria-label="Message"
          aria-describedby={hint || isDue ? hintId : undefined}
          placeholder={props.placeholder ?? "Ask anything"}
          enterKeyHint="send"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
      )}
      <div className="box-row">
        {mayAttach && <AttachButton attachments={attachments} />}
        <GraphPicker choices={choices} graph={graph} onChoose={props.onGraph} />
        <ModelPicker models={choices.models} model={props.model} onChoose={props.onModel} />
        <span className="box-hint" id={hintId}>
          {isDue ? "Is sent as soon as the conversation is known" : hint}
        </span>
        {onStop && (
          <button type="button" className="box-stop" title="Stop (Esc)" onClick={onStop}>
            <Icon name="stop" /> Stop
          </button>
        )}
        <IconButton
          type="submit"
          className="box-send"
          icon="send"
          label={onStop ? "Send after this run" : "Send"}
          disabled={isEmpty}
        />
      </div>
    </form>
  );
}

interface MembersProps {
  members: readonly Member[];
  fields: Record<string, string>;
  faults: Record<string, string>;
  onChange: (fields: Record<string, string>) => void;
}

function Members({ members, fields, faults, onChange }: MembersProps) {
  const id = useId();
  return (
    <div className="box-members">
      {members.map(({ name, type, description, isRequired }) => (
        <label key={name} className="field">
          <span>
            {name} <small>{wantedOf(type, isRequired)}</small>
          </span>
          <textarea
            className={type === "string" ? "input" : "input box-json"}
            dir={type === "string" ? "auto" : "ltr"}
            rows={["array", "object", "json"].includes(type) ? 2 : 1}
            required={isRequired}
            aria-invalid={name in faults}
            aria-describedby={`${id}-${name}`}
            value={fields[name] ?? ""}
            onChange={(event) => onChange({ ...fields, [name]: event.target.value })}
          />
          <small id={`${id}-${name}`} className={name in faults ? "box-fault" : ""}>
            {faults[name] ?? description}
          </small>
        </label>
      ))}
    </div>
  );
}

function wantedOf(type: string, isRequired: boolean): string {
  const form = type === "string" ? "text" : type === "json" ? "JSON" : `${type}, as JSON`;
  return isRequired ? form : `${form}, may stay empty`;
}

function grow(field: HTMLTextAreaElement | null): void {
  if (!field) return;
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, MAX_HEIGHT)}px`;
}
