/** What a list of conversations has to point at, in words that people use. */
import type { IconName } from "../parts/Icon.tsx";
import type { Tone } from "../parts/Badge.tsx";

export interface Mark {
  word: string;
  icon: IconName;
  tone: Tone;
}

/** What has ended well, or was stopped by the user, needs no mark. */
const MARKS: Record<string, Mark> = {
  queued: { word: "Queued", icon: "clock", tone: "neutral" },
  running: { word: "Running", icon: "play", tone: "running" },
  interrupted: { word: "Needs input", icon: "user", tone: "warn" },
  failed: { word: "Error", icon: "alert", tone: "danger" },
};
const BUSY: Mark = { word: "Busy", icon: "play", tone: "running" };

export const isActive = (status: string): boolean => ["queued", "running", "interrupted"].includes(status);

interface Marked {
  /** Of the newest run of the branch that is shown. */
  status: string | null;
  /** A run beside it may be at work, or ask something: no more is told of it than that. */
  active_workflow_id: string | null;
}

export function markOf({ status, active_workflow_id }: Marked): Mark | null {
  const isBusyElsewhere = active_workflow_id !== null && (status === null || !isActive(status));
  return isBusyElsewhere ? BUSY : (MARKS[status ?? ""] ?? null);
}
