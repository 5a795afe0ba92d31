/** A labelled field with what is wrong with it. */
import { useId, type ReactNode } from "react";
import "./Field.css";

export interface FieldProps {
  label: string;
  hint?: string;
  faults?: readonly string[];
  isWide?: boolean;
  children: (given: {
    id: string;
    "aria-invalid": true | undefined;
    "aria-describedby": string | undefined;
  }) => ReactNode;
}

export function Field({ label, hint, faults = [], isWide = false, children }: FieldProps) {
  const id = useId();
  const isWrong = faults.length > 0;
  const described = isWrong ? `${id}-fault` : hint ? `${id}-hint` : undefined;
  return (
    <div className="compose-field" data-wide={isWide}>
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-invalid": isWrong || undefined, "aria-describedby": described })}
      {isWrong && (
        <p className="compose-fault" id={`${id}-fault`}>
          {faults.join(" ")}
        </p>
      )}
      {!isWrong && hint && (
        <p className="compose-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
