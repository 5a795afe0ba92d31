/**
 * What this page has sent. A turn is shown from the moment of sending: first by what is here, later by what the server
 * tells of the session. Lives beside React, so that it outlasts a change of conversation.
 */
import type { Run } from "@cantata/client";
import { useMemo, useSyncExternalStore } from "react";
import type { Attachment } from "./attachments.ts";

export interface Sent {
  /** Of the turn, for as long as the page lives: so that nothing is drawn anew once the run has its name. */
  key: string;
  sessionId: string;
  text: string;
  attached: readonly Attachment[] | undefined;
  graph: string;
  run: Run;
  /** Ends the attempt to send it. */
  sending: AbortController | null;
  workflowId: string | null;
  /** Why the server refused it. */
  error: unknown;
  /** The run in whose place it stands, of an edit or another answer. */
  insteadOf: string | null;
  /** The message that it answers again. */
  questionId: string | null;
}

let sent: readonly Sent[] = [];
let count = 0;
const listeners = new Set<() => void>();

type Sending = Pick<Sent, "sessionId" | "text" | "graph" | "run"> &
  Partial<Pick<Sent, "attached" | "insteadOf" | "questionId" | "sending">>;

/** Shows *sending* as a turn. */
export function post(sending: Sending): void {
  const key = `sent-${++count}`;
  change([
    ...sent,
    {
      attached: undefined,
      insteadOf: null,
      questionId: null,
      sending: null,
      ...sending,
      key,
      workflowId: null,
      error: null,
    },
  ]);
  Promise.resolve(sending.run.workflowId).then(
    (workflowId) => update(key, { workflowId }),
    (error: unknown) => update(key, { error }),
  );
}

/** Forgets what was refused, or was not taken yet. */
export function drop(key: string): void {
  sent.find((one) => one.key === key)?.sending?.abort();
  change(sent.filter((one) => one.key !== key));
}

/** Forgets the runs of other conversations than *sessionId*: the server tells of them when they are opened again. */
export function tidy(sessionId: string): void {
  const kept = sent.filter((one) => one.sessionId === sessionId || one.workflowId === null);
  if (kept.length < sent.length) change(kept);
}

export function useOutbox(sessionId: string): readonly Sent[] {
  const all = useSyncExternalStore(subscribe, () => sent);
  return useMemo(() => all.filter((one) => one.sessionId === sessionId), [all, sessionId]);
}

function update(key: string, members: Partial<Sent>): void {
  change(sent.map((one) => (one.key === key ? { ...one, ...members } : one)));
}

function change(next: readonly Sent[]): void {
  sent = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
