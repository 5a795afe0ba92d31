/**
 * What a graph asks a human, whichever way it asks, and the answer in the words that it expects.
 *
 * Known are a workflow's approval, LangGraph's agent inbox, LangChain's middleware (one interrupt for all calls, or for
 * each), and any value with a `schema`. Anything else gets a text, or JSON.
 */
import type { PendingInterrupt } from "@cantata/client";
import { fieldsOf, type Field } from "./fields.ts";
import { isRecord } from "./values.ts";

export type Choice = "accept" | "edit" | "respond" | "reject" | "ignore";

/** One thing to be decided. */
export interface Ask {
  title: string;
  /** Markdown. */
  text: string;
  /** What it is about; it may be changed where `edit` is a choice. */
  value: unknown;
  choices: Choice[];
  /** Whether accepting may have a comment. */
  hasComment: boolean;
  /** The answer's form; null for the choices, or a free text. */
  fields: Field[] | null;
}

export type Reply = { choice: Choice; text?: string; value?: unknown } | { choice: "form" | "free"; value: unknown };

export interface Question {
  id: string;
  node: string;
  asks: Ask[];
  answer: (replies: readonly Reply[]) => unknown;
}

export function questionOf({ id, node, value }: PendingInterrupt): Question {
  const [asks, answer] = read(value);
  return { id, node, asks, answer };
}

type Reading = [Ask[], (replies: readonly Reply[]) => unknown];

function read(value: unknown): Reading {
  if (Array.isArray(value) && value.length > 0 && value.every(isInbox)) return inboxes(value);
  if (isInbox(value)) return [[inbox(value)], ([reply]) => reply && toInbox(reply, value)];
  if (isRecord(value)) {
    if (value.type === "tool_approval") return [[action(value, null)], ([reply]) => reply && toDecision(reply, value)];
    if (Array.isArray(value.action_requests))
      return middleware(value.action_requests.filter(isRecord), value.review_configs);
    if (value.type === "approval" && isYesOrNo(value.schema)) return approval(value);
    if (isRecord(value.schema)) return form(value, value.schema);
  }
  return free(value);
}

// A workflow's approval.

/** The schema of an approval that has none of its own. */
const isYesOrNo = (schema: unknown) =>
  isRecord(schema) && isRecord(schema.properties) && "approved" in schema.properties;

function approval(value: Record<string, unknown>): Reading {
  const ask: Ask = {
    ...asked("Approval", textOf(value.prompt), value.value),
    choices: value.value === undefined || value.value === null ? ["accept", "reject"] : ["accept", "edit", "reject"],
    hasComment: true,
  };
  return [[ask], ([reply]) => reply && toApproval(reply)];
}

function toApproval(reply: Reply): unknown {
  const comment = "text" in reply && reply.text ? { comment: reply.text } : {};
  if (reply.choice === "reject") return { approved: false, ...comment };
  return reply.choice === "edit" ? { approved: true, value: reply.value, ...comment } : { approved: true, ...comment };
}

// LangGraph's agent inbox.

const isInbox = (value: unknown): value is Record<string, unknown> =>
  isRecord(value) && isRecord(value.action_request) && typeof value.action_request.action === "string";

function inbox(value: Record<string, unknown>): Ask {
  const request = value.action_request as Record<string, unknown>;
  const config = isRecord(value.config) ? value.config : {};
  const allowed: [Choice, unknown][] = [
    ["accept", config.allow_accept],
    ["edit", config.allow_edit],
    ["respond", config.allow_respond],
    ["ignore", config.allow_ignore],
  ];
  const choices = allowed.flatMap(([choice, isAllowed]) => (isAllowed === true ? [choice] : []));
  return { ...asked(textOf(request.action), textOf(value.description), request.args), choices };
}

function inboxes(values: readonly Record<string, unknown>[]): Reading {
  return [values.map(inbox), (replies) => values.map((value, at) => replies[at] && toInbox(replies[at], value))];
}

function toInbox(reply: Reply, value: Record<string, unknown>): unknown {
  const { action } = value.action_request as Record<string, unknown>;
  if (reply.choice === "edit") return { type: "edit", args: { action, args: reply.value } };
  if (reply.choice === "respond") return { type: "response", args: "text" in reply ? (reply.text ?? "") : "" };
  return { type: reply.choice, args: null };
}

// LangChain's middleware.

function middleware(requests: readonly Record<string, unknown>[], configs: unknown): Reading {
  const allowed = new Map(
    (Array.isArray(configs) ? configs.filter(isRecord) : []).map((config) => [
      config.action_name,
      config.allowed_decisions,
    ]),
  );
  const asks = requests.map((request) => action(request, allowed.get(request.name)));
  return [asks, (replies) => ({ decisions: replies.map((reply, at) => toDecision(reply, requests[at] ?? {})) })];
}

function action(request: Record<string, unknown>, allowed: unknown): Ask {
  const decisions: unknown[] = Array.isArray(allowed) ? allowed : ["approve", "edit", "reject"];
  const known: [Choice, string][] = [
    ["accept", "approve"],
    ["edit", "edit"],
    ["respond", "respond"],
    ["reject", "reject"],
  ];
  const choices = known.flatMap(([choice, name]) => (decisions.includes(name) ? [choice] : []));
  return { ...asked(textOf(request.name), textOf(request.description), request.args), choices };
}

function toDecision(reply: Reply, request: Record<string, unknown>): unknown {
  const message = "text" in reply && reply.text ? { message: reply.text } : {};
  if (reply.choice === "edit") return { type: "edit", edited_action: { name: request.name, args: reply.value } };
  if (reply.choice === "reject") return { type: "reject", ...message };
  if (reply.choice === "respond") return { type: "respond", message: "", ...message };
  return { type: "approve" };
}

// Anything else.

function form(value: Record<string, unknown>, schema: Record<string, unknown>): Reading {
  const { schema: _, prompt: __, question: ___, type: ____, value: about, ...rest } = value;
  const shown = about ?? (Object.keys(rest).length > 0 ? rest : undefined);
  const ask = { ...asked("Question", promptOf(value), shown), fields: fieldsOf(schema) };
  return [[ask], ([reply]) => reply && "value" in reply && reply.value];
}

const PROMPTS = ["question", "prompt", "message", "text", "description", "title"];

function free(value: unknown): Reading {
  if (!isRecord(value))
    return [
      [asked("Question", typeof value === "string" ? value : "", typeof value === "string" ? undefined : value)],
      plain,
    ];
  const named = PROMPTS.find((name) => typeof value[name] === "string");
  const rest = Object.fromEntries(Object.entries(value).filter(([name]) => name !== named));
  return [[asked("Question", promptOf(value), Object.keys(rest).length > 0 ? rest : undefined)], plain];
}

const plain = ([reply]: readonly Reply[]) => reply && "value" in reply && reply.value;

function promptOf(value: Record<string, unknown>): string {
  return textOf(PROMPTS.map((name) => value[name]).find((text) => typeof text === "string"));
}

const asked = (title: string, text: string, value: unknown): Ask => ({
  title,
  text,
  value,
  choices: [],
  hasComment: false,
  fields: null,
});

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** Returns what a human answered, in a few words. */
export function wordsOf(reply: Reply): string {
  const words = {
    accept: "Accepted",
    edit: "Changed and accepted",
    respond: "Answered",
    reject: "Rejected",
    ignore: "Ignored",
    form: "Answered",
    free: "Answered",
  };
  return words[reply.choice];
}
