/** The turns of a conversation as the page shows them: those that the server tells of, and those just sent. */
import type { Attachment } from "./attachments.ts";
import { placeIn, turnsTo, type PlacedRun, type Question, type SaidMessage } from "./tree.ts";

export interface ShownTurn {
  key: string;
  /** null until the server has taken it. */
  workflowId: string | null;
  graph: string;
  status: string;
  question: Question | null;
  questions: string[];
  answers: string[];
}

/** What was sent from here; see `outbox.ts`. */
export interface SentTurn {
  key: string;
  workflowId: string | null;
  text: string;
  attached?: readonly Attachment[] | undefined;
  graph: string;
  insteadOf: string | null;
  questionId: string | null;
}

export interface Told {
  runs: readonly PlacedRun[];
  messages: readonly SaidMessage[];
  tip: string | null;
}

/** *told* is null while the conversation is not known, or does not exist yet. */
export function shownTurns(told: Told | null, sent: readonly SentTurn[]): ShownTurn[] {
  const known = new Set(told?.runs.map((run) => run.workflow_id));
  const keys = new Map(sent.filter((one) => one.workflowId).map((one) => [one.workflowId, one.key]));
  const hints = new Map(
    sent.flatMap((one) => (one.workflowId && one.questionId ? [[one.workflowId, one.questionId]] : [])),
  );
  let turns: ShownTurn[] = told
    ? turnsTo(told.tip, told.runs, told.messages, hints).map((turn) => ({
        ...turn,
        key: keys.get(turn.workflowId) ?? turn.workflowId,
      }))
    : [];
  for (const one of sent) {
    if (one.workflowId !== null && known.has(one.workflowId)) continue;
    const place = turns.findIndex((turn) => turn.workflowId !== null && turn.workflowId === one.insteadOf);
    if (place >= 0) turns = turns.slice(0, place);
    else if (one.insteadOf !== null) continue; // it stands on another branch than the one that is shown
    turns.push(turnOf(one));
  }
  return turns;
}

function turnOf(sent: SentTurn): ShownTurn {
  return {
    key: sent.key,
    workflowId: sent.workflowId,
    graph: sent.graph,
    status: "queued",
    question: { messageId: sent.questionId, text: sent.text, ...(sent.attached && { attached: sent.attached }) },
    questions: [],
    answers: [],
  };
}

/** "2 of 3" of a turn: among the questions in its place, and among the answers to its own. */
export function branchesOf(turn: ShownTurn): {
  question: ReturnType<typeof placeIn>;
  answer: ReturnType<typeof placeIn>;
} {
  const own = turn.workflowId ?? "";
  const ofQuestion = turn.questions.find((id) => turn.answers.includes(id)) ?? own;
  return { question: placeIn(turn.questions, ofQuestion), answer: placeIn(turn.answers, own) };
}
