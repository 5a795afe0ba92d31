/** Keeps the end of what grows in sight, unless the reader has scrolled away from it. */
import { useEffect, useRef, type RefObject, type UIEvent } from "react";

const NEAR_PX = 24;

interface Following {
  ref: RefObject<HTMLDivElement | null>;
  onScroll: (event: UIEvent<HTMLElement>) => void;
}

export function useFollow(grown: unknown, isLive: boolean): Following {
  const ref = useRef<HTMLDivElement>(null);
  const isNear = useRef(true);
  useEffect(() => {
    if (isLive && isNear.current && ref.current) ref.current.scrollTop = ref.current.scrollHeight;
  }, [grown, isLive]);
  return {
    ref,
    onScroll: ({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
      isNear.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    },
  };
}
