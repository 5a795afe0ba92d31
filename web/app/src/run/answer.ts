/** Which of a run's texts is the answer, while it comes and afterwards. */
import type { Message, Workflow } from "@cantata/client";

export interface Answer {
  text: string;
  isLive: boolean;
  /** `partial`: the run ended, and this is what it had said. */
  source: "message" | "final" | "partial";
  /** The message whose text it is, if it is one message's. */
  messageId: string | null;
}

/** Returns the answer as far as it is known; null if the run has said nothing that is meant for the reader. */
export function answerOf(workflow: Workflow): Answer | null {
  const final = workflow.final_response;
  if (workflow.status === "completed") {
    if (!final) return null;
    const said = workflow.messages.findLast((message) => !message.void && message.content.trim() === final.trim());
    return { text: final, isLive: false, source: said ? "message" : "final", messageId: said?.message_id ?? null };
  }
  const hasEnded = workflow.status === "failed" || workflow.status === "cancelled";
  const message = answering(workflow);
  if (message) {
    const isLive = message.status === "running" && !hasEnded;
    return { text: message.content, isLive, source: hasEnded ? "partial" : "message", messageId: message.message_id };
  }
  return hasEnded ? partial(workflow) : null;
}

/** The run ended early: its last text stands in for the answer. */
function partial(workflow: Workflow): Answer | null {
  const text = workflow.partial_response;
  if (!text) return null;
  const said = workflow.messages.findLast((message) => !message.void && message.content.trim() === text.trim());
  return { text, isLive: false, source: "partial", messageId: said?.message_id ?? null };
}

/** The message that is, as far as one can see, the answer in the making. */
function answering(workflow: Workflow): Message | undefined {
  const message = workflow.messages.findLast((said) => !said.void && said.content.trim() && mayAnswer(workflow, said));
  if (!message) return undefined;
  const decision = workflow.reasoning.find((reasoning) => reasoning.span_id === message.span_id);
  if (decision && decision.action !== "answer") return undefined; // it said that before it called somebody
  return message;
}

function mayAnswer(workflow: Workflow, message: Message): boolean {
  const nodes = workflow.answer_nodes;
  if (nodes) return nodes.length === 1 && isWithin(message.path, nodes[0] ?? []);
  return message.path.length <= 1 && isLastAtRoot(workflow, message);
}

const isWithin = (path: readonly string[], node: readonly string[]) => node.every((name, at) => path[at] === name);

/** Nothing says who answers: then only the last node can, and only if nobody is at work beside it. */
function isLastAtRoot(workflow: Workflow, message: Message): boolean {
  const steps = workflow.steps.filter((step) => step.parent_span_id === null && !step.void);
  const last = steps.at(-1);
  if (message.parent_span_id === null) return true;
  if (!last || last.span_id !== message.parent_span_id) return false;
  return !steps.some((step) => step !== last && step.status === "running");
}
