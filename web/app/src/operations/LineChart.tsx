/** One small chart of what happens per second, over the last minutes. */
import { linePath, roundUp } from "./chart.ts";
import { rateNow, type Rate } from "./rates.ts";
import "./chart.css";

export interface Series {
  name: string;
  tone: "accent" | "ok" | "danger" | "muted";
  rates: readonly Rate[];
}

interface LineChartProps {
  title: string;
  series: readonly Series[];
  /** The moment at the right end, in milliseconds. */
  now: number;
  written: (perSecond: number) => string;
}

const WINDOW_MS = 300_000;
const WIDTH = 300;
const HEIGHT = 84;

export function LineChart({ title, series, now, written }: LineChartProps) {
  const from = now - WINDOW_MS;
  const known = series.flatMap(({ rates }) =>
    rates.filter(({ at }) => at >= from).map(({ perSecond }) => perSecond ?? 0),
  );
  const most = Math.max(0, ...known);
  const top = roundUp(most);
  const frame = { from, to: now, top, width: WIDTH, height: HEIGHT };
  const words = series.map(({ name, rates }) => `${name ? `${name} ` : ""}${written(rateNow(rates))}`).join(", ");
  return (
    <figure className="ops-chart">
      <figcaption>
        <span className="ops-chart-title">{title}</span>
        <span className="ops-chart-now">
          {series.map(({ name, tone, rates }) => (
            <span key={name} className={`ops-key ops-key-${tone}`}>
              {name && <i>{name}</i>}
              {written(rateNow(rates))}
            </span>
          ))}
        </span>
      </figcaption>
      <div className="ops-plot">
        <span className="ops-top">{written(top)}</span>
        <svg
          viewBox={`0 -2 ${WIDTH} ${HEIGHT + 4}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${title} in the last five minutes: now ${words}; at most ${written(most)}`}
        >
          <path className="ops-grid" d={`M0 0H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT}H${WIDTH}`} />
          {series.map(({ name, tone, rates }) => (
            <path key={name} className={`ops-line ops-line-${tone}`} d={linePath(rates, frame)} />
          ))}
        </svg>
        <span className="ops-times" aria-hidden="true">
          <span>5 min ago</span>
          <span>now</span>
        </span>
      </div>
    </figure>
  );
}
