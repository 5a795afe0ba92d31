/** What states are called, and what they look like: always both. */
import type { Status } from "@cantata/client";
import type { Tone } from "../parts/Badge.tsx";
import type { IconName } from "../parts/Icon.tsx";

export interface Look {
  word: string;
  icon: IconName | "spinner";
  tone: Tone;
}

const RUN: Record<Status, Look> = {
  queued: { word: "Queued", icon: "clock", tone: "neutral" },
  running: { word: "Running", icon: "spinner", tone: "running" },
  interrupted: { word: "Waiting for you", icon: "pause", tone: "warn" },
  completed: { word: "Completed", icon: "check", tone: "ok" },
  failed: { word: "Failed", icon: "alert", tone: "danger" },
  cancelled: { word: "Stopped", icon: "stop", tone: "neutral" },
};

const PART: Record<string, Look> = {
  running: { word: "Running", icon: "spinner", tone: "running" },
  ok: { word: "Done", icon: "check", tone: "ok" },
  error: { word: "Failed", icon: "alert", tone: "danger" },
  cancelled: { word: "Stopped", icon: "stop", tone: "neutral" },
  interrupted: { word: "Waiting for you", icon: "pause", tone: "warn" },
};

export const lookOfRun = (status: Status): Look => RUN[status];

/** A state that is not known, of a newer server, is its own word. */
export const lookOfPart = (status: string): Look => PART[status] ?? { word: status, icon: "info", tone: "neutral" };

/** `search_documents` as people write it. */
export const spaced = (name: string): string => name.replaceAll("_", " ");

/** Whom a call such as `delegate_to_writer` hands over to; the whole name if it is another call. */
export const calledAgent = (name: string): string => name.replace(/^(?:delegate|transfer|hand_?off)_to_/, "");
