/** Whether the page can be seen: a hidden one holds no connection that a visible one may need. */

export interface Page {
  isHidden(): boolean;
  /** Calls *listener* when the page is hidden or seen again, until the function that is returned is called. */
  onChange(listener: () => void): () => void;
  /** Calls *then* after *ms*, unless the function that is returned is called before. */
  after(ms: number, then: () => void): () => void;
}

export const page: Page = {
  isHidden: () => document.visibilityState === "hidden",
  onChange(listener) {
    document.addEventListener("visibilitychange", listener);
    return () => document.removeEventListener("visibilitychange", listener);
  },
  after(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};
