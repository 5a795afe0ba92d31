/** A value that a tool took or gave, a step put out, or a human is asked about. */
import { Fragment, memo, useState } from "react";
import { counted, bytes } from "../parts/formats.ts";
import { beginning, pretty, shapeOf } from "./values.ts";
import "./Value.css";

interface ValueProps {
  value: unknown;
  label: string;
}

const ROWS = 10;
const LINES = 14;
const CHARS = 1_400;

export const Value = memo(function Value({ value, label }: ValueProps) {
  const shape = shapeOf(value);
  const [isWhole, setIsWhole] = useState(false);
  if (shape.kind === "nothing") return <p className="run-nothing">Nothing.</p>;
  if (shape.kind === "picture") return <img className="md-picture" src={shape.address} alt={label} />;
  if (shape.kind === "record") {
    return (
      <dl className="run-record">
        {shape.members.map(([name, text]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd dir="auto">{text}</dd>
          </Fragment>
        ))}
      </dl>
    );
  }
  if (shape.kind === "table") {
    const rows = isWhole ? shape.rows : shape.rows.slice(0, ROWS);
    return (
      <>
        <div className="run-table" tabIndex={0} role="group" aria-label={label}>
          <table>
            <thead>
              <tr>
                {shape.columns.map((column) => (
                  <th key={column} scope="col">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, at) => (
                <tr key={at}>
                  {shape.columns.map((column) => (
                    <td key={column} dir="auto" className={typeof row[column] === "number" ? "run-number" : ""}>
                      {pretty(row[column] ?? "")}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {rows.length < shape.rows.length && (
          <ShowAll what={counted(shape.rows.length, "row")} onShow={() => setIsWhole(true)} />
        )}
      </>
    );
  }
  const shown = isWhole ? shape.text : beginning(shape.text, LINES, CHARS);
  const isCut = shown.length < shape.text.length;
  return (
    <>
      <pre
        className={`run-value run-value-${shape.kind} ${isCut ? "run-value-cut" : ""}`}
        dir={shape.kind === "text" ? "auto" : "ltr"}
        tabIndex={0}
        role="group"
        aria-label={label}
      >
        {shown}
      </pre>
      {isCut && <ShowAll what={bytes(shape.text.length)} onShow={() => setIsWhole(true)} />}
    </>
  );
});

function ShowAll({ what, onShow }: { what: string; onShow: () => void }) {
  return (
    <button type="button" className="run-show-all" onClick={onShow}>
      Show all ({what})
    </button>
  );
}
