/** The states of a run and of a conversation in words that people use. */
import type { IconName } from "../parts/Icon.tsx";
import type { Tone } from "../parts/Badge.tsx";

export interface State {
  word: string;
  icon: IconName;
  tone: Tone;
}

const STATES: Record<string, State> = {
  queued: { word: "Queued", icon: "clock", tone: "neutral" },
  running: { word: "Running", icon: "play", tone: "running" },
  interrupted: { word: "Needs input", icon: "user", tone: "warn" },
  completed: { word: "Done", icon: "check", tone: "ok" },
  failed: { word: "Error", icon: "alert", tone: "danger" },
  cancelled: { word: "Stopped", icon: "stop", tone: "neutral" },
};

export const stateOf = (status: string): State => STATES[status] ?? { word: status, icon: "info", tone: "neutral" };

export const isActive = (status: string): boolean => ["queued", "running", "interrupted"].includes(status);

/** What a list of conversations has to point at; a finished one needs no mark. */
export function markOf(status: string | null): State | null {
  return status === null || status === "completed" || status === "cancelled" ? null : stateOf(status);
}
