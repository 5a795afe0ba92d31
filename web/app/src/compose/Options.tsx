/** What only few steps of agents say, folded away. */
import type { AgentStep } from "@cantata/client";
import { useState, type ReactNode } from "react";
import { Button } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import { useEditing, useFaults } from "./editing.ts";
import { Field } from "./Field.tsx";
import { LineField, NumberField } from "./inputs.tsx";
import { asStep, at, changed, isReference, replaced, type Step } from "./specEdit.ts";

const OPTIONS = ["name", "model", "when", "transform", "retry", "timeout_seconds"] as const;

/** A reference becomes a step when it says any of it. */
export function Options({
  path,
  step,
  isBrief,
  children,
}: {
  path: string;
  step: Step;
  isBrief: boolean;
  children: ReactNode;
}) {
  const { edit, faults } = useEditing();
  const said = isReference(step) ? [] : OPTIONS.filter((name) => (step as AgentStep)[name] != null);
  const isWrong = (faults.get(path) ?? []).some((fault) => OPTIONS.some((name) => fault.path.startsWith(name)));
  const [isOpen, setIsOpen] = useState(false);
  const set = (name: (typeof OPTIONS)[number], value: unknown) =>
    edit(
      (whole) => changed(replaced(whole, path, asStep(at(whole, path)!)), path, { [name]: value }),
      `${path} ${name}`,
    );
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
  return (
    <div className="compose-fields compose-options">
      <LineField
        label="Name"
        hint="Of its node; letters, digits, _ . -"
        faults={useFaults(path, "name")}
        value={step.name}
        onLine={(line) => set("name", line)}
      />
      <Field label="Model" faults={useFaults(path, "model")}>
        {(given) => (
          <select
            {...given}
            className="input"
            value={step.model ?? ""}
            onChange={(event) => set("model", event.target.value || undefined)}
          >
            <option value="">The run’s model</option>
            {step.model && !models.some((one) => one.name === step.model) && <option>{step.model}</option>}
            {models.map((one) => (
              <option key={one.name}>{one.name}</option>
            ))}
          </select>
        )}
      </Field>
      <LineField
        label="Only when"
        hint="JMESPath over the input, as length(@) > `100`"
        faults={useFaults(path, "when")}
        isCode
        value={step.when}
        onLine={(line) => set("when", line)}
      />
      <LineField
        label="Transform"
        hint="json, lines, text, or JMESPath over the output, as @.title"
        faults={useFaults(path, "transform")}
        isCode
        value={step.transform}
        onLine={(line) => set("transform", line)}
      />
      <NumberField
        label="Attempts"
        hint="In all, when it fails"
        faults={useFaults(path, "retry")}
        min={1}
        max={10}
        usual="1"
        value={step.retry ? (step.retry.max_attempts ?? 3) : null}
        onNumber={(number) => set("retry", number === undefined ? undefined : { ...step.retry, max_attempts: number })}
      />
      <NumberField
        label="Time limit"
        hint="Seconds for each attempt"
        faults={useFaults(path, "timeout_seconds")}
        min={0}
        step="any"
        usual="none"
        value={step.timeout_seconds}
        onNumber={(number) => set("timeout_seconds", number)}
      />
    </div>
  );
}
