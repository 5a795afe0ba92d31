/** What is attached to the message that is being written, by conversation; it lives as long as the page. */
import { useEffect, useRef, useState } from "react";
import { door } from "../access/access.ts";
import { announce } from "../parts/LiveRegion.tsx";
import { bytesOfAll, mostBytes, type Attachment } from "./attachments.ts";

const drafts = new Map<string, readonly Attachment[]>();

export interface Attachments {
  attached: readonly Attachment[];
  /** How many bytes there may be in all. */
  most: number;
  /** Why something was not attached. */
  refusal: string | null;
  add: (files: Iterable<File>) => Promise<void>;
  put: (attached: readonly Attachment[]) => void;
}

export function useAttachments(draftKey: string): Attachments {
  const [attached, setAttached] = useState(drafts.get(draftKey) ?? []);
  const [refusal, setRefusal] = useState<string | null>(null);
  const latest = useRef(attached);
  const most = mostBytes(door.bodyBytes);

  function put(next: readonly Attachment[]) {
    latest.current = next;
    drafts.set(draftKey, next);
    setAttached(next);
    setRefusal(null);
  }

  /** One after the other, so that each knows how much room the others leave. */
  async function add(files: Iterable<File>) {
    const refused: string[] = [];
    const chosen = [...files]; // the browser empties its list of what was pasted or dropped
    const { readAttachment } = await import("./reading.ts");
    for (const file of chosen) {
      try {
        const read = await readAttachment(file, most - bytesOfAll(latest.current));
        put([...latest.current, read]);
        announce(`${read.name} is attached.`);
      } catch (error) {
        refused.push((error as Error).message);
      }
    }
    setRefusal(refused.join(" ") || null);
  }

  return { attached, most, refusal, add, put };
}

/** Takes files that are dropped anywhere: else the browser leaves the page to show them. Tells whether some are near. */
export function useDropped(take: (files: FileList) => void): boolean {
  const [isNear, setIsNear] = useState(false);
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const hover = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setIsNear(true);
    };
    const leave = (event: DragEvent) => event.relatedTarget === null && setIsNear(false);
    const drop = (event: DragEvent) => {
      setIsNear(false);
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      latest.current(event.dataTransfer.files);
    };
    addEventListener("dragover", hover);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", hover);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);
  return isNear;
}
