/** What the user said, with what can be done about it: copy it, say something else instead, see the other versions. */
import { useEffect, useRef, useState } from "react";
import { Button, IconButton } from "../parts/Button.tsx";
import { Copy } from "../parts/Copy.tsx";
import { AttachmentList } from "./AttachmentList.tsx";
import { textWith } from "./attachments.ts";
import { BranchSwitch, type BranchKind } from "./BranchSwitch.tsx";
import type { placeIn, Question } from "./tree.ts";

interface UserMessageProps {
  question: Question;
  place: ReturnType<typeof placeIn>;
  versions: number;
  onEdit: ((text: string) => void) | null;
  onChoose: (workflowId: string, what: BranchKind) => void;
}

export function UserMessage({ question, place, versions, onEdit, onChoose }: UserMessageProps) {
  const [isEditing, setIsEditing] = useState(false);
  const { attached = [] } = question;
  const text = question.json === undefined ? question.text : JSON.stringify(question.json, null, 2);
  if (isEditing && onEdit) {
    return (
      <Editor
        text={question.text}
        hasAttached={attached.length > 0}
        onClose={() => setIsEditing(false)}
        onSend={(changed) => {
          setIsEditing(false);
          onEdit(changed);
        }}
      />
    );
  }
  return (
    <div className="user">
      {attached.length > 0 && <AttachmentList attached={attached} />}
      {text !== "" && (
        <div className="user-bubble" dir="auto">
          {question.json === undefined ? text : <pre dir="ltr">{text}</pre>}
        </div>
      )}
      <div className="user-actions">
        <BranchSwitch what="question" place={place} length={versions} onChoose={onChoose} />
        <span className="user-hover">
          <Copy text={textWith(text, attached)} label="Copy the message" />
          {onEdit && question.json === undefined && (
            <IconButton icon="edit" label="Edit: makes a new branch" onClick={() => setIsEditing(true)} />
          )}
        </span>
      </div>
    </div>
  );
}

interface EditorProps {
  text: string;
  hasAttached: boolean;
  onClose: () => void;
  onSend: (text: string) => void;
}

function Editor({ text, hasAttached, onClose, onSend }: EditorProps) {
  const [value, setValue] = useState(text);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(text.length, text.length);
  }, [text]);
  const isSame = value.trim() === "" || value === text;
  return (
    <form
      className="user-editor"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isSame) onSend(value);
      }}
    >
      <textarea
        ref={field}
        aria-label="Your message"
        dir="auto"
        value={value}
        onChange={(event) => setValue(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.stopPropagation();
            onClose();
          } else if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            event.currentTarget.form?.requestSubmit();
          }
        }}
      />
      <div className="user-editor-row">
        <span>The first version stays, on a branch of its own.{hasAttached && " What is attached goes along."}</span>
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" disabled={isSame}>
          Send
        </Button>
      </div>
    </form>
  );
}
