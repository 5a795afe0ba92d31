/** A spec from text: only what the editor must be able to rely on is checked here, the rest by the server. */
import type { Spec } from "@cantata/client";
import { asShape, CHILDREN, type Shape } from "./specEdit.ts";

export type Read = { spec: Shape } | { error: string };

export function readSpec(text: string): Read {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { error: `This is not JSON: ${(error as Error).message}.` };
  }
  const error = faultIn(value, "", false);
  return error === null ? { spec: asShape(value as Spec) } : { error };
}

type Tree = Record<string, unknown>;

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);
const isName = (value: unknown) => value === undefined || value === null || typeof value === "string";

/** The first thing that is no step, with its place. */
function faultIn(step: unknown, path: string, isOfTeam: boolean): string | null {
  const at = path === "" ? "The workflow" : `\`${path}\``;
  if (!isTree(step)) return `${at} is no step: a step is an object.`;
  if (!isName(step.name)) return `${at}: \`name\` is no text.`;
  switch (step.type ?? "agent") {
    case "agent":
      if (!isName(step.method)) return `${at}: \`method\` is no text.`;
      if (typeof step.agent === "string" || (isOfTeam && typeof step.name === "string")) return null;
      return `${at} names no agent, and no type of another step.`;
    case "approval":
      return typeof step.prompt === "string" ? null : `${at}: an approval needs a \`prompt\`.`;
    case "sequential":
    case "parallel":
    case "hierarchical":
      return faultInShape(step as Tree & { type: Shape["type"] }, path, at);
    default:
      return `${at}: \`type\` must be one of agent, sequential, parallel, hierarchical, approval.`;
  }
}

function faultInShape(step: Tree & { type: Shape["type"] }, path: string, at: string): string | null {
  if (step.sub_agents !== undefined && step.subAgents === undefined) {
    step.subAgents = step.sub_agents;
    delete step.sub_agents;
  }
  const key = CHILDREN[step.type];
  const children = step[key];
  if (!Array.isArray(children)) return `${at}: \`${key}\` must be a list of steps.`;
  if (step.type === "hierarchical" && !(isTree(step.master) && typeof step.master.name === "string")) {
    return `${at}: \`master\` must name an agent, as {"name": "assistant"}.`;
  }
  for (const how of ["aggregate", "aggregator"]) {
    const value = step[how];
    if (value !== undefined && value !== null && typeof value !== "string") {
      const error = faultIn(value, path === "" ? how : `${path}.${how}`, false);
      if (error) return error;
    }
  }
  for (const [index, child] of children.entries()) {
    const place = `${key}.${index}`;
    const error = faultIn(child, path === "" ? place : `${path}.${place}`, step.type === "hierarchical");
    if (error) return error;
  }
  return null;
}
