/** The panels beside a conversation. */
import type { IconName } from "../parts/Icon.tsx";

export type PanelName = "graph" | "waterfall" | "checkpoints" | "usage" | "json";

export const PANELS: readonly { name: PanelName; label: string; icon: IconName }[] = [
  { name: "graph", label: "Graph", icon: "graph" },
  { name: "waterfall", label: "Waterfall", icon: "waterfall" },
  { name: "checkpoints", label: "Checkpoints", icon: "history" },
  { name: "usage", label: "Usage", icon: "coins" },
  { name: "json", label: "JSON", icon: "braces" },
];
