/** What is being written, by conversation. It lives as long as the page; a login on another page is outlived, too. */

const PLACE = "cantata.drafts";

const drafts = new Map<string, string>(restored());

export const draftOf = (key: string): string => drafts.get(key) ?? "";

export function setDraft(key: string, text: string): void {
  drafts.set(key, text);
}

/** Keeps the drafts in the tab until the page is loaded again. */
export function keepDrafts(): void {
  try {
    sessionStorage.setItem(PLACE, JSON.stringify([...drafts].filter(([, text]) => text)));
  } catch {
    // storage is switched off: they end with the page
  }
}

function restored(): [string, string][] {
  try {
    const kept = sessionStorage.getItem(PLACE);
    sessionStorage.removeItem(PLACE);
    return kept ? (JSON.parse(kept) as [string, string][]) : [];
  } catch {
    return [];
  }
}
