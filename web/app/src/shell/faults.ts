/** Errors as sentences: what happened, and what to do. */

export interface Fault {
  title: string;
  detail: string;
  advice: string;
  code: string;
  /** The fields at fault, of a request that was refused. */
  fields: { path: string; message: string }[];
}

const ADVICE: Record<string, string> = {
  session_busy: "Stop what is running, or wait until it has ended.",
  session_not_found: "It may have been deleted in another tab. Choose another conversation, or begin a new one.",
  workflow_not_found: "It may have been deleted in another tab.",
  interrupt_mismatch: "It was answered already, perhaps in another tab. Load the page again to see how it went on.",
  message_too_long: "Make the message shorter.",
  body_too_large: "Attach less, or smaller files.",
  host_not_allowed: "Open the page under the server's own name, or add this one to ALLOWED_HOSTS.",
  missing_scope: "Use a key or token that has it, or ask whoever runs the server.",
  premium_only: "Choose another model, or ask whoever runs the server.",
  admin_only: "Sign in as an admin.",
  cross_site: "Open the page at the server's own address.",
};

/** What the status says to people; the server's own title is the protocol's. */
const TITLES: Record<number, string> = { 401: "Not signed in", 403: "Not allowed" };

/** Reads any error; a CantataError brings the server's own words. */
export function faultOf(error: unknown): Fault {
  const members = typeof error === "object" && error !== null ? (error as Record<string, unknown>) : {};
  const problem = asRecord(members["problem"]);
  const status = typeof members["status"] === "number" ? members["status"] : 0;
  const code = text(members["code"]) || text(problem["code"]) || (isOffline(error, status) ? "unreachable" : "unknown");
  return {
    title: isOffline(error, status)
      ? "The server cannot be reached"
      : (TITLES[status] ?? text(problem["title"])) || "That did not work",
    detail: text(members["detail"]) || text(problem["detail"]) || text(members["message"]) || String(error),
    advice: ADVICE[code] ?? adviceFor(status, isOffline(error, status)),
    code,
    fields: fieldsIn(problem["errors"]),
  };
}

/** One line of it, for where there is no room. */
export function sentenceOf(error: unknown): string {
  const fault = faultOf(error);
  return [fault.detail, fault.advice].filter(Boolean).join(" ");
}

/** The request never got an answer of the server's; a proxy before it may have given one. */
export function isOffline(error: unknown, status = statusIn(error)): boolean {
  if (error instanceof TypeError || status === 502 || status === 504) return true; // a TypeError is what fetch throws
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return status === 0 && (code === "unreachable" || code === "silent");
}

function adviceFor(status: number, offline: boolean): string {
  if (offline) return "Check that it runs and that you are connected. What was shown stays.";
  if (status === 401) return "Sign in again.";
  if (status === 403) return "Ask whoever runs the server.";
  if (status === 503) return "The server is busy or starting. Try again in a moment.";
  if (status >= 500) return "Try again. If it stays like that, the server's log has more.";
  return "";
}

function fieldsIn(value: unknown): Fault["fields"] {
  if (!Array.isArray(value)) return [];
  return value.map(asRecord).map(({ path, message }) => ({ path: text(path), message: text(message) }));
}

const statusIn = (error: unknown): number => {
  const status = asRecord(error)["status"];
  return typeof status === "number" ? status : 0;
};
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
