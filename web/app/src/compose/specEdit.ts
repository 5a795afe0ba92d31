/**
 * A workflow's spec as it is edited. Every operation returns a new spec and leaves the old one as it was.
 *
 * A place is named as the server names it in its errors: `steps.1.tasks.0`. The empty path is the whole spec.
 */
import type {
  AgentReference,
  AgentStep,
  ApprovalStep,
  HierarchicalStep,
  ParallelStep,
  SequentialStep,
  Spec,
} from "@cantata/client";

export type Shape = SequentialStep | ParallelStep | HierarchicalStep;
export type ShapeName = Shape["type"];
/** What stands in a list of steps: a manager's team may be named by references. */
export type Step = Spec | AgentReference;
export type Kind = "agent" | "sequential" | "parallel" | "hierarchical" | "approval";

type Tree = Record<string, unknown>;

export function kindOf(step: Step): Kind {
  return "type" in step && step.type !== undefined ? step.type : "agent";
}

export const isShape = (step: Step): step is Shape => ["sequential", "parallel", "hierarchical"].includes(kindOf(step));

/** The member that holds a shape's steps. */
export const CHILDREN: Record<ShapeName, "steps" | "tasks" | "subAgents"> = {
  sequential: "steps",
  parallel: "tasks",
  hierarchical: "subAgents",
};

export function childrenOf(step: Step): Step[] {
  if (!isShape(step)) return [];
  return ((step as unknown as Tree)[CHILDREN[step.type]] as Step[] | undefined) ?? [];
}

/** The agent that a step names, in either way of naming one. */
export function agentOf(step: Step): { agent: string; method: string } {
  const { agent, name, method } = step as AgentStep & AgentReference;
  return { agent: agent ?? name ?? "", method: method ?? "" };
}

export const isReference = (step: Step): step is AgentReference =>
  !("agent" in step) && kindOf(step) === "agent" && "name" in step;

/** Turns a reference into a step, which can say more. */
export function asStep(step: Step): Spec {
  if (!isReference(step)) return step as Spec;
  return step.method ? { agent: step.name, method: step.method } : { agent: step.name };
}

export function at(spec: Step, path: string): Step | undefined {
  let place: unknown = spec;
  for (const key of keysOf(path))
    place = typeof place === "object" && place !== null ? (place as Tree)[key] : undefined;
  return place as Step | undefined;
}

export function replaced<Whole extends Step>(spec: Whole, path: string, value: unknown): Whole {
  return put(spec, keysOf(path), value) as Whole;
}

/** Changes members of the step at *path*; one that is undefined is taken away. */
export function changed<Whole extends Step>(spec: Whole, path: string, members: Tree): Whole {
  const step: Tree = { ...(at(spec, path) as unknown as Tree) };
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) delete step[name];
    else step[name] = value;
  }
  return replaced(spec, path, step);
}

/** Puts *step* into the shape at *path*, at its *index*. */
export function inserted<Whole extends Step>(spec: Whole, path: string, index: number, step: Step): Whole {
  return withChildren(spec, path, (children) => children.toSpliced(index, 0, step));
}

export function removed<Whole extends Step>(spec: Whole, path: string): Whole {
  const { parent, index } = placeOf(path);
  return withChildren(spec, parent, (children) => children.toSpliced(index, 1));
}

export function duplicated<Whole extends Step>(spec: Whole, path: string): Whole {
  const { parent, index } = placeOf(path);
  const copy = structuredClone(at(spec, path)!);
  if (!isReference(copy)) delete (copy as { name?: unknown }).name; // names are for one step
  return inserted(spec, parent, index + 1, copy);
}

/** Moves a step among its siblings; at an end it stays. Tells where it is then. */
export function moved<Whole extends Step>(spec: Whole, path: string, by: number): { spec: Whole; path: string } {
  const { parent, index } = placeOf(path);
  const siblings = childrenOf(at(spec, parent)!);
  const target = Math.max(0, Math.min(siblings.length - 1, index + by));
  if (target === index) return { spec, path };
  const next = withChildren(spec, parent, (children) =>
    children.toSpliced(index, 1).toSpliced(target, 0, children[index]!),
  );
  return { spec: next, path: childPath(next, parent, target) };
}

/** Puts a shape around the step at *path*, with that step as its only one. */
export function wrapped<Whole extends Step>(spec: Whole, path: string, shape: ShapeName): Whole {
  const inner = asStep(at(spec, path)!);
  if (shape === "sequential") return replaced(spec, path, { type: "sequential", steps: [inner] });
  if (shape === "parallel") return replaced(spec, path, { type: "parallel", tasks: [inner] });
  return replaced(spec, path, { type: "hierarchical", master: { name: managerOf(inner) }, subAgents: [inner] });
}

/** Puts a shape's steps in its own place. */
export function unwrapped<Whole extends Step>(spec: Whole, path: string): Whole {
  const { parent, index } = placeOf(path);
  const inner = childrenOf(at(spec, path)!).map(asStep);
  return withChildren(spec, parent, (children) => children.toSpliced(index, 1, ...inner));
}

/** Makes another shape of the one at *path*; its steps stay. */
export function reshaped<Whole extends Step>(spec: Whole, path: string, shape: ShapeName): Whole {
  const old = at(spec, path)!;
  if (kindOf(old) === shape) return spec;
  const children = childrenOf(old);
  const kept = (old as Shape).name ? { type: shape, name: (old as Shape).name } : { type: shape };
  if (shape === "hierarchical")
    return replaced(spec, path, { ...kept, master: { name: managerOf(children[0]) }, subAgents: children });
  return replaced(spec, path, { ...kept, [CHILDREN[shape]]: children.map(asStep) });
}

/** Takes what begins as another shape as the step of one: only shapes have a path of their own to be run. */
export function asShape(spec: Spec): Shape {
  return isShape(spec) ? spec : { type: "sequential", steps: [spec] };
}

export function childPath(spec: Step, parent: string, index: number): string {
  const shape = at(spec, parent) as Shape;
  return joined(parent, `${CHILDREN[shape.type]}.${index}`);
}

/** Every step with its path, a shape before what is in it. */
export function stepsOf(spec: Step, path = ""): { path: string; step: Step }[] {
  const inside = childrenOf(spec).flatMap((child, index) =>
    stepsOf(child, joined(path, `${CHILDREN[(spec as Shape).type]}.${index}`)),
  );
  return [{ path, step: spec }, ...inside];
}

export const joined = (path: string, more: string) => (path === "" ? more : `${path}.${more}`);

/** Splits `steps.1.tasks.0` into the place of the list's owner and the index in it. */
export function placeOf(path: string): { parent: string; index: number } {
  const keys = keysOf(path);
  return { parent: keys.slice(0, -2).join("."), index: Number(keys.at(-1)) };
}

const keysOf = (path: string) => (path === "" ? [] : path.split("."));

/** A manager must not be the one that it leads. */
function managerOf(first: Step | undefined): string {
  return first && agentOf(first).agent === "assistant" ? "writer" : "assistant";
}

function withChildren<Whole extends Step>(spec: Whole, path: string, change: (children: Step[]) => Step[]): Whole {
  const shape = at(spec, path) as Shape;
  return changed(spec, path, { [CHILDREN[shape.type]]: change(childrenOf(shape)) });
}

function put(place: unknown, [key, ...rest]: string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(place)) return place.with(Number(key), put(place[Number(key)], rest, value));
  const tree = place as Tree;
  return { ...tree, [key]: put(tree[key], rest, value) };
}

export function newStep(kind: Kind, agent: string): Spec {
  switch (kind) {
    case "agent":
      return { agent };
    case "approval":
      return { type: "approval", prompt: "Is this good enough to go on?" } satisfies ApprovalStep;
    case "sequential":
      return { type: "sequential", steps: [{ agent }] };
    case "parallel":
      return { type: "parallel", tasks: [{ agent }] };
    case "hierarchical":
      return { type: "hierarchical", master: { name: managerOf({ agent }) }, subAgents: [{ name: agent }] };
  }
}
