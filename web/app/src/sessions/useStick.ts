/**
 * Where a growing conversation is looked at.
 *
 *     sticking  --reader scrolls up-->  free  --scrolls to the end, or jumps-->  sticking
 *         |                              ^
 *         +------ a turn is shown -->  held  (at that turn, until the reader does anything)
 *
 * Heights are asked for only after something has changed its size, when the browser knows them anyway.
 */
import { useCallback, useEffect, useRef, useState, type RefObject } from "react";

const NEAR = 40; // pixels from the end that still count as there
const FAR = 1e9; // a scroller stops at its end
const GESTURES = ["wheel", "touchstart", "pointerdown", "keydown"] as const;

export interface Stick {
  scroller: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  isSticking: boolean;
  jump: () => void;
  /** Leaves the place as it is, whatever grows. */
  release: () => void;
  /** Keeps the beginning of an element in view while what is around it finds its size. */
  hold: (element: HTMLElement) => void;
}

export function useStick(): Stick {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const sticks = useRef(true);
  const held = useRef<HTMLElement>(null);
  const [isSticking, setIsSticking] = useState(true);

  const set = useCallback((value: boolean) => {
    sticks.current = value;
    setIsSticking(value);
  }, []);

  const toEnd = useCallback(() => {
    if (scroller.current) scroller.current.scrollTop = FAR;
  }, []);

  const jump = useCallback(() => {
    held.current = null;
    set(true);
    toEnd();
  }, [set, toEnd]);

  const release = useCallback(() => {
    held.current = null;
    set(false);
  }, [set]);

  const hold = useCallback(
    (element: HTMLElement) => {
      held.current = element;
      set(false);
      element.scrollIntoView({ block: "start" });
    },
    [set],
  );

  useEffect(() => {
    const element = scroller.current;
    const inner = content.current;
    if (!element || !inner) return;
    let lastTop = element.scrollTop;
    let lastHeight = element.scrollHeight;
    const onScroll = () => {
      if (held.current) return;
      const { scrollTop, scrollHeight, clientHeight } = element;
      const distance = scrollHeight - scrollTop - clientHeight;
      // What shrinks moves the place, too: only with the same height was it the reader.
      if (distance < NEAR) set(true);
      else if (scrollTop < lastTop && scrollHeight >= lastHeight) set(false);
      lastTop = scrollTop;
      lastHeight = scrollHeight;
    };
    const observer = new ResizeObserver(() => {
      if (held.current) held.current.scrollIntoView({ block: "start" });
      else if (sticks.current) toEnd();
      else if (element.scrollHeight - element.scrollTop - element.clientHeight < NEAR) set(true);
    });
    const letGo = () => (held.current = null);
    element.addEventListener("scroll", onScroll, { passive: true });
    for (const gesture of GESTURES) document.addEventListener(gesture, letGo, { passive: true, capture: true });
    observer.observe(inner);
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", onScroll);
      for (const gesture of GESTURES) document.removeEventListener(gesture, letGo, { capture: true });
      observer.disconnect();
    };
  }, [set, toEnd]);

  return { scroller, content, isSticking, jump, release, hold };
}
