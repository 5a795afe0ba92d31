/** The draft of the page; kept for as long as the tab is, so that leaving the page loses nothing. */
import { useCallback, useEffect, useState } from "react";
import {
  begin,
  edited,
  firstDraft,
  marked,
  readDraft,
  redone,
  undone,
  type Draft,
  type Drafts,
  type Stored,
} from "./draft.ts";

const KEY = "cantata.compose";

export type Edit = (change: (draft: Draft) => Draft, what?: string) => void;

export function useDraft() {
  const [drafts, setDrafts] = useState<Drafts>(() => begin(kept() ?? firstDraft()));
  useEffect(() => {
    const timer = setTimeout(() => keep(drafts.now), 200);
    return () => {
      clearTimeout(timer);
      keep(drafts.now);
    };
  }, [drafts.now]);
  const edit: Edit = useCallback((change, what = "") => {
    setDrafts((before) => {
      const next = change(before.now);
      return next === before.now ? before : edited(before, next, what, Date.now());
    });
  }, []);
  return {
    draft: drafts.now,
    edit,
    mark: (stored: Stored | null) => setDrafts((before) => marked(before, stored)),
    undo: drafts.past.length > 0 ? () => setDrafts(undone) : null,
    redo: drafts.future.length > 0 ? () => setDrafts(redone) : null,
  };
}

function kept(): Draft | null {
  try {
    return readDraft(sessionStorage.getItem(KEY));
  } catch {
    return null; // storage is switched off
  }
}

function keep(draft: Draft): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(draft));
  } catch {
    // Storage is switched off or full: then the draft lasts as long as the page.
  }
}
