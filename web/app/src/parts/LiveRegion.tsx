/** The one live region of the page: polite, and told at most every second: a growing answer does not stammer. */
import { useEffect, useState } from "react";
import { Announcements } from "./sentences.ts";

const PAUSE_MS = 1_000;
const KEPT_MS = 10_000; // then it was read out, and whoever looks around the page does not meet it twice

const announcements = new Announcements();
const listeners = new Set<() => void>();

/** Has *text* read out when the reader is free. Give it whole sentences. */
export function announce(text: string): void {
  announcements.add(text);
  for (const listener of listeners) listener();
}

export function LiveRegion() {
  const [said, setSaid] = useState("");
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let forgetting: ReturnType<typeof setTimeout> | undefined;
    const say = () => {
      timer = undefined;
      if (announcements.isEmpty) return;
      clearTimeout(forgetting);
      setSaid(announcements.take());
      timer = setTimeout(say, PAUSE_MS);
      forgetting = setTimeout(() => setSaid(""), KEPT_MS);
    };
    const onAdded = () => {
      timer ??= setTimeout(say, 100);
    };
    listeners.add(onAdded);
    return () => {
      listeners.delete(onAdded);
      clearTimeout(timer);
      clearTimeout(forgetting);
    };
  }, []);
  return (
    <div className="hidden-text" role="status" aria-live="polite" aria-atomic="true">
      {said}
    </div>
  );
}
