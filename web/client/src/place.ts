/** A place in a run's log, which tells what comes next from what was seen, and notes what is missing. */

import { CantataError } from "./problems.js";
import type { CantataEvent } from "./types.js";

/** After the event with this number. Moves with each event that is given out. */
export interface Place {
  readonly workflowId: string;
  seq: number;
}

/** Tells whether the event was not seen yet, and moves the place. Throws when one is missing before it. */
export function isNext(place: Place, event: CantataEvent): boolean {
  // A gap has no number of its own: it stands for all up to its last.
  const { seq, to_seq: last = seq }: { seq?: number; to_seq?: number } = event;
  if (last === undefined) return true;
  if (last <= place.seq) return false;
  if (seq && seq > place.seq + 1) throw new CantataError("hole", `Event ${place.seq + 1} did not come.`);
  place.seq = last;
  return true;
}

export const isTerminal = ({ type }: CantataEvent): boolean => /^workflow_(completed|error|cancelled)$/.test(type);
