/** The spec as JSON, to copy and to edit. */
import { useEffect, useId, useState } from "react";
import { Copy } from "../parts/Copy.tsx";
import { readSpec } from "./readSpec.ts";
import type { Shape } from "./specEdit.ts";
import "./JsonView.css";

export function JsonView({ spec, onChange }: { spec: Shape; onChange: (spec: Shape) => void }) {
  const [text, setText] = useState(() => written(spec));
  const [error, setError] = useState<string | null>(null);
  const id = useId();

  // What was changed elsewhere is written anew; what was typed here stays as it was typed.
  useEffect(() => {
    setText((before) => {
      const read = readSpec(before);
      return "spec" in read && JSON.stringify(read.spec) === JSON.stringify(spec) ? before : written(spec);
    });
    setError(null);
  }, [spec]);

  function change(next: string) {
    setText(next);
    const read = readSpec(next);
    setError("error" in read ? read.error : null);
    if ("spec" in read) onChange(read.spec);
  }

  return (
    <div className="compose-text">
      <div className="compose-text-bar">
        <label htmlFor={id}>The spec, as it is posted and stored</label>
        <Copy text={text} label="Copy the spec" />
      </div>
      <textarea
        id={id}
        className="compose-code"
        spellCheck={false}
        value={text}
        aria-invalid={error !== null || undefined}
        aria-describedby={error ? `${id}-error` : undefined}
        onChange={(event) => change(event.target.value)}
      />
      {error && (
        <p className="compose-fault" id={`${id}-error`} role="status">
          {error}
        </p>
      )}
    </div>
  );
}

const written = (spec: Shape) => JSON.stringify(spec, null, 2);
