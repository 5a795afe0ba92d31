/** Whether an element has come near the view; once it has, it stays so. */
import { useEffect, useState, type RefObject } from "react";

export function useNear(element: RefObject<HTMLElement | null>, isWanted: boolean): boolean {
  const [isNear, setIsNear] = useState(isWanted);
  useEffect(() => {
    if (isWanted) setIsNear(true);
    if (isNear || !element.current) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) setIsNear(true);
      },
      { rootMargin: "600px 0px" },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element, isNear, isWanted]);
  return isNear;
}
