/** What the composer's menus offer. */
import type { Definition } from "@cantata/client";
import type { MenuItem } from "../parts/Menu.tsx";
import { isChanged, type Draft, type Stored } from "./draft.ts";
import { asShape, type Shape } from "./specEdit.ts";
import { TEMPLATES } from "./templates.ts";

/** What is asked before something is stored or retired. */
export type Question = "store" | "version" | "retire" | null;

export function openItems(definitions: readonly Definition[], open: (next: Partial<Draft>) => void): MenuItem[] {
  const templates = TEMPLATES.map(({ name, title, hint, spec, input }) => ({
    key: `template ${name}`,
    section: "Begin with",
    label: title,
    hint,
    onSelect: () => open({ spec, input }),
  }));
  const named = (["stored", "ready-made"] as const).flatMap((origin) =>
    definitions
      .filter((one) => one.origin === origin && one.spec !== null)
      .map((one) => ({
        key: one.name,
        section: origin === "stored" ? "Stored" : "Ready-made",
        label: one.name,
        hint: [one.version ? `version ${one.version}` : "", one.description].filter(Boolean).join(" · "),
        onSelect: () => {
          const spec = asShape(one.spec!);
          open({ spec, stored: origin === "stored" ? storedOf(one, spec) : null });
        },
      })),
  );
  return [...templates, ...named];
}

export function storedOf(definition: Definition, spec: Shape): Stored {
  const { name, version, description, input_schema } = definition;
  return { name, version, description, input_schema, spec };
}

export function storeItems(draft: Draft, ask: (question: Question) => void): MenuItem[] {
  const items: MenuItem[] = [
    { key: "store", label: "Store under a new name …", icon: "plus", onSelect: () => ask("store") },
  ];
  if (!draft.stored) return items;
  const { name } = draft.stored;
  return [
    {
      key: "version",
      label: `New version of ${name} …`,
      icon: "edit",
      isDisabled: !isChanged(draft),
      onSelect: () => ask("version"),
    },
    ...items,
    { key: "retire", label: `Retire ${name} …`, icon: "trash", isDanger: true, onSelect: () => ask("retire") },
  ];
}
