/** `‹ 2/3 ›`: the other questions, or the other answers, in this place. */
import { IconButton } from "../parts/Button.tsx";
import type { placeIn } from "./tree.ts";

export type BranchKind = "question" | "answer";

interface BranchSwitchProps {
  what: BranchKind;
  place: ReturnType<typeof placeIn>;
  length: number;
  onChoose: (workflowId: string, what: BranchKind) => void;
}

export function BranchSwitch({ what, place, length, onChoose }: BranchSwitchProps) {
  if (length < 2 || place.index < 0) return null;
  const { previous, next } = place;
  const said = `${what === "question" ? "Question" : "Answer"} ${place.index + 1} of ${length}`;
  return (
    <span className={`branches branches-${what}`} role="group" aria-label={said}>
      <IconButton
        icon="chevron-left"
        label={`Previous ${what}`}
        aria-disabled={!previous || undefined}
        onClick={() => previous && onChoose(previous, what)}
      />
      <span className="branches-place" aria-hidden="true">
        {place.index + 1}/{length}
      </span>
      <IconButton
        icon="chevron"
        label={`Next ${what}`}
        aria-disabled={!next || undefined}
        onClick={() => next && onChoose(next, what)}
      />
    </span>
  );
}
