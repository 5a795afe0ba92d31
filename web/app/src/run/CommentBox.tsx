/** Words to a thumb, as long as the server takes them. */
import { useState, type KeyboardEvent } from "react";
import { Button } from "../parts/Button.tsx";

const MAX_CHARS = 2_000;

interface CommentBoxProps {
  comment: string;
  takesFocus: boolean;
  onSend: (comment: string) => Promise<void>;
  onClose: () => void;
}

export function CommentBox({ comment, takesFocus, onSend, onClose }: CommentBoxProps) {
  const [text, setText] = useState(comment);
  const [isSending, setIsSending] = useState(false);
  const send = async () => {
    setIsSending(true);
    await onSend(text.trim());
    setIsSending(false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void send();
    else return;
    event.preventDefault();
    event.stopPropagation(); // Escape stops what runs, elsewhere
  };
  return (
    <div className="run-feedback" role="group" aria-label="Comment">
      <label className="field">
        <span className="hidden-text">Comment on this answer</span>
        <textarea
          className="input"
          dir="auto"
          rows={2}
          maxLength={MAX_CHARS}
          placeholder="What was good about it, or what was not? (optional)"
          value={text}
          autoFocus={takesFocus}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
      </label>
      <div className="run-actions">
        <Button disabled={isSending || text.trim() === comment} onClick={() => void send()}>
          Send comment
        </Button>
        <Button kind="quiet" onClick={onClose}>
          Close
        </Button>
      </div>
    </div>
  );
}
