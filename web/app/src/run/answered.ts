/** What was answered to a run's questions, for as long as the tab is open: the server does not tell it again. */

export interface Answered {
  id: string;
  node: string;
  question: string;
  words: string;
  answer: unknown;
}

const KEY = "cantata.answered.";
const MANY_CHARS = 4_000;

export function recall(workflowId: string): Answered[] {
  try {
    return JSON.parse(sessionStorage.getItem(KEY + workflowId) ?? "[]") as Answered[];
  } catch {
    return [];
  }
}

export function remember(workflowId: string, answers: readonly Answered[]): Answered[] {
  const kept = [...recall(workflowId), ...answers];
  const text = JSON.stringify(kept);
  try {
    if (text.length < MANY_CHARS * 10) sessionStorage.setItem(KEY + workflowId, text);
  } catch {
    // storage is switched off or full: it is still shown until the page is left
  }
  return kept;
}
