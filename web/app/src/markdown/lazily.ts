/** Parts that come only when a text needs them: with the first use a moment later, with all others at once. */
import { startTransition, useEffect, useState } from "react";

/** Makes a hook that gives what *load* loads once it is wanted; null until then, and where it cannot be loaded. */
export function lazily<Part extends object>(load: () => Promise<Part>): (isWanted: boolean) => Part | null {
  let loaded: Part | null = null;
  return function useLoaded(isWanted) {
    const [part, setPart] = useState(loaded);
    useEffect(() => {
      if (!isWanted || part) return;
      let isHere = true;
      load().then(
        (found) => {
          loaded = found;
          if (isHere) startTransition(() => setPart(found));
        },
        () => undefined, // the text is as good without it
      );
      return () => {
        isHere = false;
      };
    }, [isWanted, part]);
    return part ?? loaded;
  };
}
