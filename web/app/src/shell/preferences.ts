/** The choices of whoever sits here, kept by the browser. Nothing of a conversation is. */
import { useSyncExternalStore } from "react";

export interface Preferences {
  theme: "auto" | "light" | "dark";
  hideTools: boolean;
  showSidebar: boolean;
  model: string;
}

const DEFAULTS: Preferences = { theme: "auto", hideTools: false, showSidebar: true, model: "" };
const PREFIX = "cantata.";

const listeners = new Set<() => void>();
let current = read();

/** Sets one choice, here and in the page's other tabs. */
export function prefer<Name extends keyof Preferences>(name: Name, value: Preferences[Name]): void {
  current = { ...current, [name]: value };
  try {
    localStorage.setItem(PREFIX + name, String(value));
  } catch {
    // storage is switched off: the choice holds until the page is left
  }
  changed();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, () => current);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function changed(): void {
  if (current.theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = current.theme;
  for (const listener of listeners) listener();
}

function read(): Preferences {
  const theme = stored("theme");
  return {
    theme: theme === "light" || theme === "dark" ? theme : DEFAULTS.theme,
    hideTools: stored("hideTools") === "true",
    showSidebar: stored("showSidebar") !== "false",
    model: stored("model") ?? DEFAULTS.model,
  };
}

function stored(name: keyof Preferences): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

window.addEventListener("storage", (event) => {
  if (!event.key?.startsWith(PREFIX)) return;
  current = read();
  changed();
});
