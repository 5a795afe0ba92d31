/** The drawing of a spec that is being edited, and what the server says is wrong with it. */
import { CantataError, type Client, type Drawing, type Spec } from "@cantata/client";
import { useEffect, useState } from "react";
import { faultsOf, type Fault } from "./faults.ts";

const PAUSE_MS = 250; // after the last edit

export interface Drawn {
  /** The last one that could be made. */
  drawing: Drawing | null;
  faults: readonly Fault[];
  /** Why nothing can be said about the spec. */
  error: string | null;
  /** Whether what is said here is about the spec as it is. */
  isCurrent: boolean;
}

const NOTHING: Drawn & { of: Spec | null } = { drawing: null, faults: [], error: null, isCurrent: false, of: null };

export function useDrawing(client: Client, spec: Spec): Drawn {
  const [drawn, setDrawn] = useState(NOTHING);
  useEffect(() => {
    const asking = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const drawing = await client.coordinator.draw(spec, { signal: asking.signal });
        setDrawn({ ...NOTHING, drawing, of: spec });
      } catch (failure) {
        if (asking.signal.aborted) return;
        const faults = failure instanceof CantataError ? faultsOf(failure.problem) : [];
        const error = faults.length > 0 ? null : failure instanceof Error ? failure.message : String(failure);
        setDrawn((before) => ({ ...NOTHING, drawing: before.drawing, faults, error, of: spec }));
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [client, spec]);
  return { ...drawn, isCurrent: drawn.of === spec };
}
