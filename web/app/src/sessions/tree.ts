/**
 * A conversation as turns. The server keeps a tree: an edited question is a sibling of the first one and begins a run
 * of its own; another answer to a question is a run that goes on from the same place and has no question of its own.
 * A turn is one run on the shown branch, with the runs that could stand in its place.
 */
import { attachmentsIn, type Attachment } from "./attachments.ts";

export interface SaidMessage {
  message_id: string;
  workflow_id: string;
  parent_id: string | null;
  role: string;
  content: string;
  content_parts?: readonly unknown[];
}

export interface PlacedRun {
  workflow_id: string;
  follows: string | null;
  graph: string;
  status: string;
}

export interface Question {
  /** null until the server has told it. */
  messageId: string | null;
  text: string;
  /** The pictures and files that came with it, if any. */
  attached?: readonly Attachment[];
  /** What was said when it is no text. */
  json?: unknown;
}

export interface Turn {
  workflowId: string;
  graph: string;
  /** As it was when the session was read; a live run knows better. */
  status: string;
  /** null: the run began without words, as a fork does. */
  question: Question | null;
  /** For each question in this place, the newest run that answers it. */
  questions: string[];
  /** The runs that answer the same question, in order of time. */
  answers: string[];
}

/**
 * The turns from the beginning to the run *tip*, of which `newestTip` gives the usual one. *hints* name the question
 * of runs that have said nothing yet.
 */
export function turnsTo(
  tip: string | null,
  runs: readonly PlacedRun[],
  messages: readonly SaidMessage[],
  hints: ReadonlyMap<string, string> = new Map(),
): Turn[] {
  const byId = new Map(runs.map((run) => [run.workflow_id, run]));
  const questions = questionsOf(runs, messages, hints);
  return wayTo(tip, byId).map((run) => {
    const siblings = runs.filter((other) => parentOf(other, byId) === parentOf(run, byId));
    const asked = new Map<string | null | undefined, string[]>();
    for (const { workflow_id: id } of siblings) {
      const key = questions.get(id)?.messageId;
      asked.set(key, [...(asked.get(key) ?? []), id]);
    }
    const question = questions.get(run.workflow_id);
    return {
      workflowId: run.workflow_id,
      graph: run.graph,
      status: run.status,
      question: question ?? null,
      questions: [...asked].filter(([key]) => key !== undefined).map(([, ids]) => ids.at(-1) as string),
      answers: asked.get(question?.messageId) ?? [run.workflow_id],
    };
  });
}

/** The run that a branch through *workflowId* ends with: the newest that goes on from it, and so on. */
export function tipOf(workflowId: string, runs: readonly PlacedRun[]): string {
  const seen = new Set<string>();
  let tip = workflowId;
  while (!seen.has(tip)) {
    seen.add(tip);
    tip = runs.findLast((run) => run.follows === tip)?.workflow_id ?? tip;
  }
  return tip;
}

/** The run with which a session goes on: what is active, else what its head belongs to, else the newest. */
export function newestTip(
  session: { head: string | null; active_workflow_id: string | null; workflows: readonly PlacedRun[] },
  messages: readonly SaidMessage[],
): string | null {
  const head = messages.find((message) => message.message_id === session.head)?.workflow_id;
  const start = session.active_workflow_id ?? head ?? session.workflows.at(-1)?.workflow_id;
  return start ? tipOf(start, session.workflows) : null;
}

/** A message that stands for *workflowId* when the server is asked to go on from there; none while it says nothing. */
export function headOf(workflowId: string, messages: readonly SaidMessage[]): string | null {
  return messages.findLast((message) => message.workflow_id === workflowId)?.message_id ?? null;
}

/** Where *current* stands among *all*: `{ index: 1, previous, next }`, for a switch that says "2 of 3". */
export function placeIn(all: readonly string[], current: string): { index: number; previous?: string; next?: string } {
  const index = all.indexOf(current);
  const previous = all[index - 1];
  const next = all[index + 1];
  return { index, ...(previous && { previous }), ...(next && { next }) };
}

/**
 * The question of each run. A run's own is the user's message that it brought; one that answers again has it from the
 * message that its first words follow, and while it has said nothing, from the runs in whose place it stands.
 */
function questionsOf(
  runs: readonly PlacedRun[],
  messages: readonly SaidMessage[],
  hints: ReadonlyMap<string, string>,
): Map<string, Question> {
  const byId = new Map(messages.map((message) => [message.message_id, message]));
  const found = new Map<string, Question>();
  for (const message of messages) {
    const asked = message.role === "user" ? message : userAbove(message, byId);
    if (asked && !found.has(message.workflow_id)) found.set(message.workflow_id, questionIn(asked));
  }
  for (const run of runs) {
    if (found.has(run.workflow_id)) continue;
    const hinted = byId.get(hints.get(run.workflow_id) ?? "");
    if (hinted) {
      found.set(run.workflow_id, questionIn(hinted));
      continue;
    }
    const sibling = runs.findLast((other) => other.follows === run.follows && found.has(other.workflow_id));
    const question = sibling && found.get(sibling.workflow_id);
    if (question) found.set(run.workflow_id, question);
  }
  return found;
}

function userAbove(message: SaidMessage, byId: ReadonlyMap<string, SaidMessage>): SaidMessage | undefined {
  const parent = message.parent_id === null ? undefined : byId.get(message.parent_id);
  return parent?.role === "user" ? parent : undefined;
}

function questionIn(message: SaidMessage): Question {
  const attached = attachmentsIn(message.content_parts);
  const question = {
    messageId: message.message_id,
    text: message.content,
    ...(attached.length > 0 && { attached }),
  };
  const json = message.content ? undefined : message.content_parts?.find(isJson);
  return json ? { ...question, json: json.json } : question;
}

const isJson = (part: unknown): part is { json: unknown } =>
  typeof part === "object" && part !== null && "json" in part;

function wayTo(tip: string | null, byId: ReadonlyMap<string, PlacedRun>): PlacedRun[] {
  const way: PlacedRun[] = [];
  let run = tip === null ? undefined : byId.get(tip);
  while (run && !way.includes(run)) {
    way.push(run);
    run = run.follows === null ? undefined : byId.get(run.follows);
  }
  return way.reverse();
}

/** A run whose predecessor was removed begins the conversation. */
function parentOf(run: PlacedRun, byId: ReadonlyMap<string, PlacedRun>): string | null {
  return run.follows !== null && byId.has(run.follows) ? run.follows : null;
}
