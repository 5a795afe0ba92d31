/** The form of an answer whose schema is known. */
import { useId, useState } from "react";
import { Button } from "../parts/Button.tsx";
import { filled, type Field } from "./fields.ts";
import { pretty } from "./values.ts";

interface FormProps {
  fields: Field[];
  isSending: boolean;
  isAlone: boolean;
  onFilled: (value: unknown) => void;
}

export function Form({ fields, isSending, isAlone, onFilled }: FormProps) {
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [faults, setFaults] = useState<Record<string, string>>({});

  function send() {
    const answer = filled(fields, texts);
    setFaults(answer.faults ?? {});
    if (!answer.faults) onFilled(answer.value);
  }

  return (
    <form
      className="run-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {fields.map((field) => (
        <Input
          key={field.name}
          field={field}
          text={texts[field.name] ?? field.initial}
          fault={faults[field.name]}
          onChange={(text) => setTexts({ ...texts, [field.name]: text })}
        />
      ))}
      <div className="run-actions">
        <Button
          kind={isAlone ? "primary" : "plain"}
          icon={isAlone ? "send" : "check"}
          type="submit"
          disabled={isSending}
        >
          {isAlone ? "Answer" : "Keep this answer"}
        </Button>
      </div>
    </form>
  );
}

interface InputProps {
  field: Field;
  text: string;
  fault: string | undefined;
  onChange: (text: string) => void;
}

function Input({ field, text, fault, onChange }: InputProps) {
  const id = useId();
  const about = { "aria-invalid": Boolean(fault), "aria-describedby": `${id}-hint`, id };
  return (
    <div className="field">
      {field.kind === "boolean" ? (
        <label className="run-check">
          <input
            {...about}
            type="checkbox"
            checked={text === "true"}
            onChange={(event) => onChange(String(event.target.checked))}
          />{" "}
          {field.label}
        </label>
      ) : (
        <>
          <label htmlFor={id}>
            {field.label}
            {!field.isRequired && <span className="run-nothing"> (optional)</span>}
          </label>
          {field.kind === "choice" ? (
            <select {...about} className="input" value={text} onChange={(event) => onChange(event.target.value)}>
              <option value="">Choose…</option>
              {field.choices.map((choice) => (
                <option key={pretty(choice)}>{pretty(choice)}</option>
              ))}
            </select>
          ) : field.kind === "text" || field.kind === "json" ? (
            <textarea
              {...about}
              className={field.kind === "json" ? "input run-code" : "input"}
              dir={field.kind === "json" ? "ltr" : "auto"}
              rows={2}
              value={text}
              onChange={(event) => onChange(event.target.value)}
            />
          ) : (
            <input
              {...about}
              className="input"
              inputMode="decimal"
              value={text}
              onChange={(event) => onChange(event.target.value)}
            />
          )}
        </>
      )}
      <span id={`${id}-hint`} className={fault ? "run-tool-error" : "run-nothing"}>
        {fault ?? field.hint}
      </span>
    </div>
  );
}
