/** A button that copies a text, and says that it did. */
import { useEffect, useState } from "react";
import { IconButton } from "./Button.tsx";
import type { IconName } from "./Icon.tsx";
import { announce } from "./LiveRegion.tsx";

const SHOWN_MS = 1_600;

interface CopyProps {
  text: string | (() => string | Promise<string>);
  label?: string;
  icon?: IconName;
}

export function Copy({ text, label = "Copy", icon = "copy" }: CopyProps) {
  const [state, setState] = useState<"idle" | "done" | "failed">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [state]);

  async function copy() {
    const isDone = await copyText(typeof text === "string" ? text : await text());
    setState(isDone ? "done" : "failed");
    announce(isDone ? "Copied." : "Copying is not allowed here.");
  }

  const shown = state === "done" ? "check" : state === "failed" ? "alert" : icon;
  const said = state === "done" ? "Copied" : state === "failed" ? "Copying is not allowed here" : label;
  return <IconButton icon={shown} label={said} onClick={() => void copy()} />;
}

/** Puts *text* on the clipboard, and tells whether that was allowed. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedTheOldWay(text);
  }
}

/** Over plain HTTP there is no `navigator.clipboard`. */
function copiedTheOldWay(text: string): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "hidden-text";
  const focused = document.activeElement;
  document.body.append(field);
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isDone;
}
