/** What the nodes of a drawing are called. */
import type { DrawnNode } from "@cantata/client";

/** `__start__` and `__end__` are LangGraph's words. */
export function titleOf(node: DrawnNode): string {
  return node.type === "start" ? "Start" : node.type === "end" ? "End" : node.name;
}

/** What a node is; the agent, where the name does not say it already. */
export function subtitleOf(node: DrawnNode): string {
  if (node.type === "agent") return node.agent === node.name ? "agent" : (node.agent ?? "agent");
  return node.type === "step" ? "step" : "";
}
