/** The fields of which a step has several: a line of text, and a number. What is left empty is not said. */
import { Field, type FieldProps } from "./Field.tsx";

type Labelled = Omit<FieldProps, "children" | "isWide">;

interface LineFieldProps extends Labelled {
  value: string | null | undefined;
  isCode?: boolean;
  onLine: (line: string | undefined) => void;
}

export function LineField({ value, isCode = false, onLine, ...labelled }: LineFieldProps) {
  return (
    <Field {...labelled}>
      {(given) => (
        <input
          {...given}
          className={isCode ? "input compose-code" : "input"}
          spellCheck={!isCode}
          value={value ?? ""}
          onChange={(event) => onLine(event.target.value || undefined)}
        />
      )}
    </Field>
  );
}

interface NumberFieldProps extends Labelled {
  value: number | null | undefined;
  min: number;
  max?: number;
  step?: "any";
  /** What holds where nothing is said. */
  usual: string;
  onNumber: (number: number | undefined) => void;
}

export function NumberField({ value, min, max, step, usual, onNumber, ...labelled }: NumberFieldProps) {
  return (
    <Field {...labelled}>
      {(given) => (
        <input
          {...given}
          className="input"
          type="number"
          min={min}
          max={max}
          step={step}
          placeholder={usual}
          value={value ?? ""}
          onChange={(event) => onNumber(event.target.value === "" ? undefined : Number(event.target.value))}
        />
      )}
    </Field>
  );
}
