/** What the days of the last month used or cost, by model: as bars, and as a table. */
import { useMemo, useState } from "react";
import { count, money } from "../parts/formats.ts";
import { roundUp, stacked } from "./chart.ts";
import { daysOf, type Day, type Measure } from "./days.ts";
import type { Usage } from "./shapes.ts";
import "./chart.css";
import "./table.css";
import "./UsageByDay.css";

const WIDTH = 600;
const HEIGHT = 120;
const GAP = 0.28; // of a day's place

const MEASURES: { name: Measure; word: string; written: (value: number) => string }[] = [
  { name: "cost_usd", word: "Cost", written: money },
  { name: "total_tokens", word: "Tokens", written: count },
];

export function UsageByDay({ usage }: { usage: Usage }) {
  const hasCost = usage.rows.some(({ cost_usd }) => (cost_usd ?? 0) > 0);
  const [chosen, choose] = useState<Measure | null>(null);
  const name = chosen ?? (hasCost ? "cost_usd" : "total_tokens");
  const measure = MEASURES.find((one) => one.name === name) ?? MEASURES[0]!;
  const { days, models } = useMemo(() => daysOf(usage.rows, usage.from, usage.to, name), [usage, name]);
  const top = roundUp(Math.max(0, ...days.map(({ total }) => total)));
  const used = days.filter(({ total }) => total > 0);
  const sum = used.reduce((all, { total }) => all + total, 0);
  return (
    <section className="ops-section" aria-labelledby="ops-usage">
      <header className="ops-section-head">
        <h2 id="ops-usage">{measure.word} by day</h2>
        <div className="ops-measures" role="group" aria-label="What is drawn">
          {MEASURES.map(({ name: one, word }) => (
            <button key={one} type="button" aria-pressed={one === name} onClick={() => choose(one)}>
              {word}
            </button>
          ))}
        </div>
      </header>
      {used.length === 0 ? (
        <p className="ops-nothing">
          {name === "cost_usd" ? "No call of these days has a known price." : "No model was called in these days."}
        </p>
      ) : (
        <>
          <ul className="ops-legend">
            {models.map((model, at) => (
              <li key={model} className={`ops-model ops-model-${at}`}>
                {model}
              </li>
            ))}
          </ul>
          <div className="ops-plot">
            <span className="ops-top">{measure.written(top)}</span>
            <svg
              className="ops-bars"
              viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
              preserveAspectRatio="none"
              role="img"
              aria-label={[
                `${measure.word} by day from ${usage.from} to ${usage.to}: ${measure.written(sum)} in all.`,
                "The table below has the days.",
              ].join(" ")}
            >
              <path className="ops-grid" d={`M0 0H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT}H${WIDTH}`} />
              {days.map((day, at) => (
                <Bars
                  key={day.day}
                  day={day}
                  at={at}
                  of={days.length}
                  top={top}
                  models={models}
                  written={measure.written}
                />
              ))}
            </svg>
            <span className="ops-times" aria-hidden="true">
              <span>{shortDay(usage.from)}</span>
              <span>{shortDay(usage.to)}</span>
            </span>
          </div>
          <details className="ops-details">
            <summary>As a table</summary>
            <Table days={used} models={models} word={measure.word} written={measure.written} />
          </details>
        </>
      )}
      <p className="ops-note">{usage.note}</p>
    </section>
  );
}

interface BarsProps {
  day: Day;
  at: number;
  of: number;
  top: number;
  models: readonly string[];
  written: (value: number) => string;
}

function Bars({ day, at, of, top, models, written }: BarsProps) {
  const place = WIDTH / of;
  return (
    <g>
      <title>{`${day.day}: ${written(day.total)}`}</title>
      {stacked(day.parts, top, HEIGHT).map(({ key, y, height }) => (
        <rect
          key={key}
          className={`ops-bar-${models.indexOf(key)}`}
          x={(at + GAP / 2) * place}
          y={y}
          width={place * (1 - GAP)}
          height={height}
        />
      ))}
    </g>
  );
}

interface TableProps {
  days: readonly Day[];
  models: readonly string[];
  word: string;
  written: (value: number) => string;
}

function Table({ days, models, word, written }: TableProps) {
  return (
    <div className="ops-scroll" tabIndex={0} role="group" aria-label={`${word} by day and model`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Day</th>
            {models.map((model) => (
              <th key={model} scope="col" className="ops-number">
                {model}
              </th>
            ))}
            <th scope="col" className="ops-number">
              All
            </th>
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map(({ day, parts, total }) => (
            <tr key={day}>
              <th scope="row">{day}</th>
              {parts.map(({ key, value }) => (
                <td key={key} className="ops-number">
                  {value > 0 ? written(value) : "–"}
                </td>
              ))}
              <td className="ops-number">{written(total)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const shortDay = (day: string) =>
  new Date(`${day}T00:00:00Z`).toLocaleDateString("en", { day: "numeric", month: "short", timeZone: "UTC" });
