/** What every part of the editor is given. */
import type { Agent, Model } from "@cantata/client";
import { createContext, useContext } from "react";
import type { Fault } from "./faults.ts";
import type { Shape } from "./specEdit.ts";

export interface Editing {
  spec: Shape;
  agents: readonly Agent[];
  models: readonly Model[];
  /** By the paths of steps, each fault's path from there. */
  faults: ReadonlyMap<string, readonly Fault[]>;
  selected: string | null;
  /** Changes the spec; *what* says which edits are undone together. */
  edit(change: (spec: Shape) => Shape, what?: string): void;
  select(path: string): void;
  /** Puts the focus on a step once it is there. */
  focus(path: string): void;
}

export const EditingContext = createContext<Editing | null>(null);

export function useEditing(): Editing {
  const editing = useContext(EditingContext);
  if (!editing) throw new Error("An editor's part stands outside of an editor.");
  return editing;
}

/** The faults of one member of a step. */
export function useFaults(path: string, member: string): string[] {
  const { faults } = useEditing();
  return (faults.get(path) ?? [])
    .filter((fault) => fault.path === member || fault.path.startsWith(`${member}.`))
    .map((fault) => fault.message);
}
