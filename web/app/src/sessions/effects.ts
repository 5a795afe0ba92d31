/** What a conversation does of itself: when something happens to its runs, its list, or the keyboard. */
import { useEffect, useRef } from "react";
import type { BranchKind } from "./BranchSwitch.tsx";
import { sessionsChanged } from "./changes.ts";
import { onReveal } from "./reveal.ts";
import type { ShownTurn } from "./shownTurns.ts";
import { isActive } from "./states.ts";

/** The first version is that of the first reading. */
export function useReloadOn(version: string, reload: () => Promise<void>) {
  const before = useRef(version);
  useEffect(() => {
    const isNews = before.current !== "" && version !== "" && before.current !== version;
    if (version !== "") before.current = version;
    if (isNews) void reload();
  }, [version, reload]);
}

/** Another branch brings other turns, and the button that was pressed is gone: its like gets the focus. */
export function useFocusOnBranch(turns: readonly ShownTurn[]) {
  const wanted = useRef<{ workflowId: string; what: BranchKind } | null>(null);
  useEffect(() => {
    if (!wanted.current) return;
    const { workflowId, what } = wanted.current;
    const group = document.querySelector(`#turn-${CSS.escape(workflowId)} .branches-${what}`);
    const button = group?.querySelector<HTMLElement>("button:not([aria-disabled])");
    if (!button) return;
    wanted.current = null;
    button.focus();
  }, [turns]);
  return wanted;
}

/** A run that was seen at work and has ended brought messages. */
export function useRefreshOnEnd(statuses: ReadonlyMap<string, string>, refresh: () => void) {
  const working = useRef(new Set<string>());
  useEffect(() => {
    let hasEnded = false;
    for (const [workflowId, status] of statuses) {
      if (isActive(status)) working.current.add(workflowId);
      else hasEnded = working.current.delete(workflowId) || hasEnded;
    }
    if (hasEnded) refresh();
    else sessionsChanged();
  }, [statuses, refresh]);
}

/** Escape stops the run, unless it closes something. */
export function useEscape(workflowId: string | null, stop: (workflowId: string) => void) {
  useEffect(() => {
    if (workflowId === null) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], :popover-open"))
        return;
      stop(workflowId);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [workflowId, stop]);
}

/** Shows the run that the address names. One that is in view stays where it is, but as the page opens all are small. */
export function useScrollTo(workflowId: string | undefined, isReady: boolean, hold: (turn: HTMLElement) => void) {
  const hasOpened = useRef(false);
  useEffect(() => {
    if (!isReady) return;
    const isOpening = !hasOpened.current;
    hasOpened.current = true;
    const turn = workflowId ? document.getElementById(`turn-${workflowId}`) : null;
    if (turn?.nextElementSibling && (isOpening || !isInView(turn))) hold(turn);
  }, [workflowId, isReady, hold]);
}

/** Brings the step of a node into view when a panel asks for it. */
export function useReveal(release: () => void) {
  useEffect(
    () =>
      onReveal((workflowId, path) => {
        const turn = document.getElementById(`turn-${workflowId}`);
        if (!turn) return;
        release();
        (stepWithin(turn, path) ?? turn).scrollIntoView({ block: "center", behavior: "smooth" });
      }),
    [release],
  );
}

/** Finds the last visit of a node, or else of what it is in: not every node has a row, and some are folded away. */
function stepWithin(turn: HTMLElement, path: readonly string[]): HTMLElement | null {
  for (let length = path.length; length > 0; length--) {
    const name = CSS.escape(path.slice(0, length).join("/"));
    const found = [...turn.querySelectorAll<HTMLElement>(`[data-path="${name}"]`)].at(-1);
    if (found) return found;
  }
  return null;
}

function isInView(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}
