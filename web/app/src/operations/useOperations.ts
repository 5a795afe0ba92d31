/** Asks the server how it does, as long as somebody looks. What was seen is kept for the page's next visit. */
import { useEffect, useState, useSyncExternalStore } from "react";
import { askJson } from "../access/access.ts";
import { withSample, type Sample } from "./rates.ts";
import type { Operations, Usage } from "./shapes.ts";

const PAUSE_MS = 2_000;
const USAGE_PAUSE_MS = 30_000;

export interface Seen {
  now: Operations | null;
  samples: readonly Sample[];
  /** Why the last attempt failed. */
  error: unknown;
}

let seen: Seen = { now: null, samples: [], error: null };
const listeners = new Set<() => void>();

function change(next: Partial<Seen>): void {
  seen = { ...seen, ...next };
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

async function look(signal: AbortSignal): Promise<void> {
  try {
    const now = await askJson<Operations>("/api/operations", signal);
    change({ now, samples: withSample(seen.samples, { at: Date.parse(now.at), totals: now.totals }), error: null });
  } catch (error) {
    if (!signal.aborted) change({ error });
  }
}

export function useOperations(): Seen & { again: () => void } {
  const again = useRepeated(look, PAUSE_MS);
  return { ...useSyncExternalStore(subscribe, () => seen), again };
}

export function useUsage(): Usage | null {
  const [usage, setUsage] = useState<Usage | null>(null);
  useRepeated(async (signal) => {
    // Without it the page is as good: an older server has no such address.
    const told = await askJson<Usage>("/api/usage?by=day,model&owner=*", signal).catch(() => null);
    if (told) setUsage(told);
  }, USAGE_PAUSE_MS);
  return usage;
}

/** Does *work* again and again, each time after the time before has ended; not while the page is hidden. */
function useRepeated(work: (signal: AbortSignal) => Promise<void>, pauseMs: number): () => void {
  const [round, setRound] = useState(0);
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isAtWork = false;
    const turn = async () => {
      clearTimeout(timer);
      if (isAtWork || document.hidden) return;
      isAtWork = true;
      await work(signal);
      isAtWork = false;
      if (!signal.aborted) timer = setTimeout(() => void turn(), pauseMs);
    };
    const onVisibility = () => void turn();
    document.addEventListener("visibilitychange", onVisibility);
    void turn();
    return () => {
      ending.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisibility);
    };
    // The work is the same in each round, whatever function it comes in.
  }, [round, pauseMs]);
  return () => setRound((before) => before + 1);
}
