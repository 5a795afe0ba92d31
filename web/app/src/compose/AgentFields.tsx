/** Who takes a turn, and how: the fields of an agent's step, or of a reference to one. */
import type { AgentStep } from "@cantata/client";
import { useState, type ReactNode } from "react";
import { Button } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import { useEditing, useFaults } from "./editing.ts";
import { Field } from "./Field.tsx";
import { agentOf, asStep, at, changed, isReference, replaced, type Step } from "./specEdit.ts";

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
              onChange={(event) => edit((whole) => changed(whole, path, { [named]: event.target.value, method: undefined }))}
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

const OPTIONS = ["name", "model", "when", "transform", "retry", "timeout_seconds"] as const;

/** What few steps say; a reference becomes a step when it says any of it. */
function Options({ path, step, isBrief, children }: { path: string; step: Step; isBrief: boolean; children: ReactNode }) {
  const { edit, faults } = useEditing();
  const said = isReference(step) ? [] : OPTIONS.filter((name) => (step as AgentStep)[name] != null);
  const isWrong = (faults.get(path) ?? []).some((fault) => OPTIONS.some((name) => fault.path.startsWith(name)));
  const [isOpen, setIsOpen] = useState(false);
  const set = (name: (typeof OPTIONS)[number], value: unknown) =>
    edit((whole) => changed(replaced(whole, path, asStep(at(whole, path)!)), path, { [name]: value }), `${path} ${name}`);
  const isShown = isOpen || isWrong;
  return (
    <>
      <div className="compose-line">
        {children}
        {!isBrief && (
          <Button kind="quiet" className="compose-more" aria-expanded={isShown} onClick={() => setIsOpen(!isShown)}>
            {said.length > 0 && !isShown ? said.map((name) => WORDS[name]).join(", ") : "Options"}
            <Icon name="chevron" />
          </Button>
        )}
      </div>
      {isShown && !isBrief && <OptionFields path={path} step={asStep(step) as AgentStep} set={set} />}
    </>
  );
}

const WORDS: Record<(typeof OPTIONS)[number], string> = {
  name: "name",
  model: "model",
  when: "condition",
  transform: "transform",
  retry: "retry",
  timeout_seconds: "time limit",
};

interface OptionFieldsProps {
  path: string;
  step: AgentStep;
  set: (name: (typeof OPTIONS)[number], value: unknown) => void;
}

function OptionFields({ path, step, set }: OptionFieldsProps) {
  const { models } = useEditing();
  const number = (text: string) => (text === "" ? undefined : Number(text));
  return (
    <div className="compose-fields compose-options">
      <Field label="Name" hint="Of its node; letters, digits, _ . -" faults={useFaults(path, "name")}>
        {(given) => <input {...given} className="input" value={step.name ?? ""} onChange={(event) => set("name", event.target.value || undefined)} />}
      </Field>
      <Field label="Model" faults={useFaults(path, "model")}>
        {(given) => (
          <select {...given} className="input" value={step.model ?? ""} onChange={(event) => set("model", event.target.value || undefined)}>
            <option value="">The run’s model</option>
            {step.model && !models.some((one) => one.name === step.model) && <option>{step.model}</option>}
            {models.map((one) => (
              <option key={one.name}>{one.name}</option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Only when" hint="JMESPath over the input, as length(@) > `100`" faults={useFaults(path, "when")}>
        {(given) => (
          <input {...given} className="input compose-code" spellCheck={false} value={step.when ?? ""} onChange={(event) => set("when", event.target.value || undefined)} />
        )}
      </Field>
      <Field label="Transform" hint="json, lines, text, or JMESPath over the output, as @.title" faults={useFaults(path, "transform")}>
        {(given) => (
          <input {...given} className="input compose-code" spellCheck={false} value={step.transform ?? ""} onChange={(event) => set("transform", event.target.value || undefined)} />
        )}
      </Field>
      <Field label="Attempts" hint="In all, when it fails" faults={useFaults(path, "retry")}>
        {(given) => (
          <input
            {...given}
            className="input"
            type="number"
            min={1}
            max={10}
            placeholder="1"
            value={step.retry?.max_attempts ?? (step.retry ? 3 : "")}
            onChange={(event) => set("retry", event.target.value === "" ? undefined : { ...step.retry, max_attempts: Number(event.target.value) })}
          />
        )}
      </Field>
      <Field label="Time limit" hint="Seconds for each attempt" faults={useFaults(path, "timeout_seconds")}>
        {(given) => (
          <input {...given} className="input" type="number" min={0} step="any" placeholder="none" value={step.timeout_seconds ?? ""} onChange={(event) => set("timeout_seconds", number(event.target.value))} />
        )}
      </Field>
    </div>
  );
}
