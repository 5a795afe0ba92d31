/** Renaming and deleting a conversation. */
import type { Client } from "@cantata/client";
import { useId, useState, type FormEvent } from "react";
import { Button } from "../parts/Button.tsx";
import { Dialog } from "../parts/Dialog.tsx";
import { announce } from "../parts/LiveRegion.tsx";
import { sentenceOf } from "../shell/faults.ts";
import { sessionsChanged } from "./changes.ts";

interface RenameProps {
  client: Client;
  sessionId: string;
  title: string | null;
  onClose: () => void;
  onRenamed?: () => void;
}

export function RenameDialog({ client, sessionId, title, onClose, onRenamed }: RenameProps) {
  const [value, setValue] = useState(title ?? "");
  const { isBusy, error, attempt } = useAttempt();
  const formId = useId();

  function submit(event: FormEvent) {
    event.preventDefault();
    void attempt(async () => {
      await client.sessions.rename(sessionId, value.trim() || null);
      sessionsChanged();
      onRenamed?.();
      onClose();
    });
  }

  return (
    <Dialog
      title="Rename the conversation"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={formId} disabled={isBusy}>
            Rename
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit}>
        <label className="field">
          <span>Title</span>
          <input
            className="input"
            dir="auto"
            value={value}
            maxLength={200}
            autoFocus
            placeholder="Its first words"
            onFocus={(event) => event.target.select()}
            onChange={(event) => setValue(event.target.value)}
          />
        </label>
        {error !== null && <Refusal error={error} />}
      </form>
    </Dialog>
  );
}

interface DeleteProps {
  client: Client;
  session: { session_id: string; title: string | null; active_workflow_id: string | null };
  onClose: () => void;
  onDeleted: () => void;
}

export function DeleteDialog({ client, session, onClose, onDeleted }: DeleteProps) {
  const { isBusy, error, attempt } = useAttempt();
  const activeId = session.active_workflow_id;

  const remove = () =>
    attempt(async () => {
      if (activeId) await client.workflows.cancel(activeId, "The conversation is deleted.");
      await client.sessions.delete(session.session_id);
      announce("The conversation was deleted.");
      sessionsChanged();
      onClose();
      onDeleted();
    });

  return (
    <Dialog
      title="Delete the conversation?"
      onClose={onClose}
      actions={
        <>
          <Button autoFocus onClick={onClose}>
            Cancel
          </Button>
          <Button kind="danger" icon="trash" disabled={isBusy} onClick={() => void remove()}>
            Delete
          </Button>
        </>
      }
    >
      <p>
        “{session.title ?? "Untitled"}” goes with its messages, its runs and their events. That cannot be undone.
        {activeId && " What is running in it is stopped first."}
      </p>
      {error !== null && <Refusal error={error} />}
    </Dialog>
  );
}

function Refusal({ error }: { error: unknown }) {
  return (
    <p className="refusal" role="alert">
      {sentenceOf(error)}
    </p>
  );
}

function useAttempt() {
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  async function attempt(action: () => Promise<void>) {
    setIsBusy(true);
    setError(null);
    try {
      await action();
    } catch (refusal) {
      setError(refusal);
      setIsBusy(false);
    }
  }
  return { isBusy, error, attempt };
}
