/** Who takes a turn, and how: the fields of an agent's step, or of a reference to one. */
import { useEditing, useFaults } from "./editing.ts";
import { Field } from "./Field.tsx";
import { Options } from "./Options.tsx";
import { agentOf, at, changed, isReference, type Step } from "./specEdit.ts";

interface AgentFieldsProps {
  path: string;
  /** Where the step's faults are told: its own place, or its owner's, with the member that leads to it. */
  owner?: string;
  member?: string;
  /** A manager, or one who brings outputs together: who, and nothing more. */
  isBrief?: boolean;
}

export function AgentFields({ path, owner = path, member = "", isBrief = false }: AgentFieldsProps) {
  const { spec, agents, edit } = useEditing();
  const step = at(spec, path) as Step;
  const { agent, method } = agentOf(step);
  const known = agents.find((one) => one.name === agent);
  const named = isReference(step) ? "name" : "agent";
  const dot = member === "" ? "" : `${member}.`;
  const agentFaults = useFaults(owner, `${dot}${named}`);
  const methodFaults = useFaults(owner, `${dot}method`);
  const methods = known?.methods ?? [];
  return (
    <>
      <div className="compose-fields">
        <Field label="Agent" faults={agentFaults}>
          {(given) => (
            <select
              {...given}
              className="input"
              value={agent}
              onChange={(event) =>
                edit((whole) => changed(whole, path, { [named]: event.target.value, method: undefined }))
              }
            >
              {!known && <option value={agent}>{agent === "" ? "Choose …" : agent}</option>}
              {agents.map((one) => (
                <option key={one.name} value={one.name} disabled={one.status === "error"}>
                  {one.name}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Method" faults={methodFaults}>
          {(given) => (
            <select
              {...given}
              className="input"
              value={method}
              onChange={(event) => edit((whole) => changed(whole, path, { method: event.target.value || undefined }))}
            >
              <option value="">{member === "master" && methods.includes("delegate") ? "delegate" : "run"}</option>
              {method !== "" && !methods.includes(method) && <option>{method}</option>}
              {methods
                .filter((one) => one !== "execute" && (one !== "run" || method === "run"))
                .filter((one) => !(member === "master" && one === "delegate" && method !== "delegate"))
                .map((one) => (
                  <option key={one}>{one}</option>
                ))}
            </select>
          )}
        </Field>
      </div>
      <Options path={path} step={step} isBrief={isBrief}>
        {known && <Told text={told(known.description, known.tools)} />}
      </Options>
    </>
  );
}

/** What is known of an agent; cut to a line, for it is there with every step. */
const Told = ({ text }: { text: string }) => (
  <p className="compose-hint compose-told" title={text}>
    {text}
  </p>
);

const told = (description: string, tools: readonly string[]) =>
  tools.length > 0 ? `${description} Tools: ${tools.join(", ")}.` : description;
