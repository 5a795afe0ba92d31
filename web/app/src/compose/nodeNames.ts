/** Which node of the drawing a step of the spec becomes, as the server names nodes. */
import { agentOf, childPath, childrenOf, isReference, isShape, kindOf, type Step } from "./specEdit.ts";

const JOIN = "aggregate";
const PLAIN = new Set(["run", "execute"]); // methods that every agent has

/** The paths of steps by the ids of the nodes that stand for them. */
export function stepsByNode(spec: Step): Map<string, string> {
  const found = new Map<string, string>();
  if (isShape(spec)) collect(spec, "", [], { whole: spec, found });
  return found;
}

function collect(shape: Step, path: string, above: string[], into: { whole: Step; found: Map<string, string> }): void {
  const children = childrenOf(shape);
  const isLed = shape && kindOf(shape) === "hierarchical";
  const master = isLed ? [nameOf({ agent: agentOf((shape as { master: Step }).master).agent })] : [];
  const taken = kindOf(shape) === "sequential" ? [] : [JOIN];
  const names = namesOf(children, [...taken, ...unique(master, taken)]);
  for (const name of unique(master, taken)) into.found.set([...above, name].join("/"), path);
  if (taken.length > 0) into.found.set([...above, JOIN].join("/"), path);
  children.forEach((child, index) => {
    const place = childPath(into.whole, path, index);
    const node = [...above, names[index]!];
    into.found.set(node.join("/"), place);
    if (isShape(child)) collect(child, place, node, into);
  });
}

/** Each name once, numbered where it is taken. */
export function namesOf(steps: readonly Step[], taken: readonly string[] = []): string[] {
  return unique(steps.map(nameOf), taken);
}

function unique(names: readonly string[], taken: readonly string[]): string[] {
  const used = new Set(taken);
  return names.map((wanted) => {
    let name = wanted;
    for (let number = 2; used.has(name); number++) name = `${wanted}_${number}`;
    used.add(name);
    return name;
  });
}

export function nameOf(step: Step): string {
  if (!isReference(step) && "name" in step && step.name) return step.name;
  if (kindOf(step) !== "agent") return kindOf(step);
  const { agent, method } = agentOf(step);
  const name = method === "" || PLAIN.has(method) ? agent : `${agent}_${method}`;
  const clean = name.replace(/[^A-Za-z0-9_.-]/g, "_").slice(0, 64);
  return /^[A-Za-z]/.test(clean) ? clean : `agent_${clean}`;
}
