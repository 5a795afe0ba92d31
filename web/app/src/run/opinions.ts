/**
 * What the reader says of answers on this page: shown at once, and sent one after the other, the last word last. What
 * the server does not take is taken back.
 */
import type { Feedback } from "@cantata/client";
import { useSyncExternalStore } from "react";

export type Say = (feedback: Feedback | null) => Promise<unknown>;

export interface Opinion {
  feedback: Feedback | null;
  /** Why the server did not take the last word. */
  fault: unknown;
}

interface Held {
  shown: Opinion;
  /** What the server has taken. */
  taken: Feedback | null;
  sending: Promise<boolean> | null;
}

export class Opinions {
  private readonly held = new Map<string, Held>();
  private readonly listeners = new Set<() => void>();

  /** What was said here; undefined where nothing was, and what the server told of the run holds. */
  of(workflowId: string): Opinion | undefined {
    return this.held.get(workflowId)?.shown;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Says *feedback*, in place of *before* if that is the first word here; tells whether the server has taken it. */
  say(workflowId: string, before: Feedback | null, feedback: Feedback | null, send: Say): Promise<boolean> {
    const held = this.held.get(workflowId) ?? {
      shown: { feedback: before, fault: null },
      taken: before,
      sending: null,
    };
    this.held.set(workflowId, held);
    this.show(held, { feedback, fault: null });
    held.sending ??= this.settle(held, send).finally(() => (held.sending = null));
    return held.sending;
  }

  private async settle(held: Held, send: Say): Promise<boolean> {
    while (held.shown.feedback !== held.taken) {
      const said = held.shown.feedback;
      try {
        await send(said);
        held.taken = said;
      } catch (fault) {
        if (held.shown.feedback !== said) continue; // another word has come meanwhile
        this.show(held, { feedback: held.taken, fault });
        return false;
      }
    }
    return true;
  }

  private show(held: Held, shown: Opinion): void {
    held.shown = shown;
    for (const listener of this.listeners) listener();
  }
}

export const opinions = new Opinions();

/** What was said here of a run, if anything was. */
export const useOpinion = (workflowId: string): Opinion | undefined =>
  useSyncExternalStore(opinions.subscribe, () => opinions.of(workflowId));
