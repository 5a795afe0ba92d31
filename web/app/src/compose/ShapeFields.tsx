/** What a shape says beside its steps: how outputs are brought together, who leads, how much at once. */
import type { HierarchicalStep, ParallelStep } from "@cantata/client";
import { AgentFields } from "./AgentFields.tsx";
import { useEditing, useFaults } from "./editing.ts";
import { Field } from "./Field.tsx";
import { NumberField } from "./inputs.tsx";
import { at, changed, joined, newStep, type Shape } from "./specEdit.ts";

export function ShapeFields({ path }: { path: string }) {
  const { spec } = useEditing();
  const shape = at(spec, path) as Shape;
  if (shape.type === "parallel") return <ParallelFields path={path} shape={shape} />;
  if (shape.type === "hierarchical") return <HierarchicalFields path={path} shape={shape} />;
  return null;
}

const JOINS: [string, string][] = [
  ["list", "a list of all"],
  ["concat", "one text of all"],
  ["merge", "one object"],
  ["first", "the first one’s"],
  ["vote", "the majority’s"],
];
const AGENT = "an agent";

function ParallelFields({ path, shape }: { path: string; shape: ParallelStep }) {
  const { edit } = useEditing();
  const set = (name: string, value: unknown) =>
    edit((whole) => changed(whole, path, { [name]: value }), `${path} ${name}`);
  return (
    <>
      <div className="compose-fields">
        <Join path={path} member="aggregate" value={shape.aggregate ?? "list"} joins={JOINS} whenNone="list" />
        <Field label="If a branch fails" faults={useFaults(path, "on_error")}>
          {(given) => (
            <select
              {...given}
              className="input"
              value={shape.on_error ?? "fail"}
              onChange={(event) => set("on_error", event.target.value === "fail" ? undefined : event.target.value)}
            >
              <option value="fail">all fails</option>
              <option value="continue">the others go on</option>
            </select>
          )}
        </Field>
        <NumberField
          label="At once"
          faults={useFaults(path, "max_concurrency")}
          min={1}
          usual="all"
          value={shape.max_concurrency}
          onNumber={(number) => set("max_concurrency", number)}
        />
      </div>
      {typeof shape.aggregate === "object" && (
        <div className="compose-join" role="group" aria-label="The agent that brings the outputs together">
          <p>Brings the outputs together</p>
          <AgentFields path={joined(path, "aggregate")} owner={path} member="aggregate" isBrief />
        </div>
      )}
    </>
  );
}

function HierarchicalFields({ path, shape }: { path: string; shape: HierarchicalStep }) {
  const { edit } = useEditing();
  const set = (name: string, value: unknown) =>
    edit((whole) => changed(whole, path, { [name]: value }), `${path} ${name}`);
  return (
    <>
      <div className="compose-join" role="group" aria-label="Manager">
        <p>Manager</p>
        <AgentFields path={joined(path, "master")} owner={path} member="master" isBrief />
      </div>
      <div className="compose-fields">
        <Join
          path={path}
          member="aggregator"
          value={shape.aggregator ?? ""}
          joins={[["", "the manager’s"], ...JOINS.filter(([name]) => ["concat", "first", "vote"].includes(name))]}
          whenNone=""
        />
        <NumberField
          label="Rounds"
          hint="of delegating"
          faults={useFaults(path, "max_rounds")}
          min={1}
          max={50}
          usual="5"
          value={shape.max_rounds}
          onNumber={(number) => set("max_rounds", number)}
        />
        <NumberField
          label="Tasks"
          hint="that it may give in all"
          faults={useFaults(path, "max_delegations")}
          min={1}
          max={200}
          usual="20"
          value={shape.max_delegations}
          onNumber={(number) => set("max_delegations", number)}
        />
      </div>
      {typeof shape.aggregator === "object" && shape.aggregator !== null && (
        <div className="compose-join" role="group" aria-label="The agent that makes the answer">
          <p>Makes the answer</p>
          <AgentFields path={joined(path, "aggregator")} owner={path} member="aggregator" isBrief />
        </div>
      )}
    </>
  );
}

interface JoinProps {
  path: string;
  member: "aggregate" | "aggregator";
  value: unknown;
  joins: [string, string][];
  whenNone: string;
}

function Join({ path, member, value, joins, whenNone }: JoinProps) {
  const { agents, edit } = useEditing();
  const chosen = typeof value === "string" ? value : AGENT;
  const faults = useFaults(path, member);
  const choose = (how: string) => {
    const agent = agents.find((one) => one.name === "reviewer") ?? agents[0];
    const next = how === AGENT ? newStep("agent", agent?.name ?? "") : how === whenNone ? undefined : how;
    edit((whole) => changed(whole, path, { [member]: next }));
  };
  return (
    <Field label="The answer is" faults={typeof value === "string" ? faults : []}>
      {(given) => (
        <select {...given} className="input" value={chosen} onChange={(event) => choose(event.target.value)}>
          {joins.map(([name, words]) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
          {chosen !== AGENT && !joins.some(([name]) => name === chosen) && <option>{chosen}</option>}
          <option value={AGENT}>made by an agent</option>
        </select>
      )}
    </Field>
  );
}
