/** For whoever runs the server: what it does now, how fast, what failed, and what it costs. */
import "./operations.css";
import type { Client } from "@cantata/client";
import type { ReactNode } from "react";
import type { Principal } from "../access/door.ts";
import { bytes, count, counted, money } from "../parts/formats.ts";
import { Icon } from "../parts/Icon.tsx";
import { Spinner } from "../parts/Spinner.tsx";
import { FaultPage } from "../shell/FaultPage.tsx";
import { sentenceOf } from "../shell/faults.ts";
import { ActiveRuns } from "./ActiveRuns.tsx";
import { LineChart } from "./LineChart.tsx";
import { ratesOf } from "./rates.ts";
import type { Failure, Operations, Usage } from "./shapes.ts";
import { Failures, Latencies, Readers } from "./Tables.tsx";
import { UsageByDay } from "./UsageByDay.tsx";
import { useOperations, useUsage } from "./useOperations.ts";

export default function OperationsPage({ client, principal }: { client: Client; principal: Principal | null }) {
  const { now, samples, error, again } = useOperations();
  const usage = useUsage();
  if (!now) {
    return error ? (
      <FaultPage error={error} onRetry={again} />
    ) : (
      <div className="shell-waiting">
        <Spinner label="Loading" />
      </div>
    );
  }
  const at = Date.parse(now.at);
  return (
    <div className="ops" role="region" aria-label="Operations" tabIndex={0}>
      <div className="ops-inner">
        {error !== null && (
          <p className="ops-stale" role="status">
            <Icon name="alert" />
            {`As of ${new Date(now.at).toLocaleTimeString("en-GB")}. ${sentenceOf(error)}`}
          </p>
        )}
        <Tiles now={now} usage={usage} />
        <div className="ops-charts">
          <LineChart
            title="Runs ended per second"
            now={at}
            written={perSecond}
            series={[
              { name: "done", tone: "ok", rates: ratesOf(samples, "completed") },
              { name: "failed", tone: "danger", rates: ratesOf(samples, "failed") },
              { name: "cancelled", tone: "muted", rates: ratesOf(samples, "cancelled") },
            ]}
          />
          <LineChart
            title="Tokens per second"
            now={at}
            written={perSecond}
            series={[{ name: "", tone: "accent", rates: ratesOf(samples, "tokens") }]}
          />
          <LineChart
            title="Sent per second"
            now={at}
            written={(value) => bytes(Math.round(value))}
            series={[{ name: "", tone: "accent", rates: ratesOf(samples, "bytes_sent") }]}
          />
        </div>
        <ActiveRuns
          client={client}
          runs={now.runs.shown}
          active={now.runs.active}
          ownerId={principal?.id ?? null}
          now={at}
          onChanged={again}
        />
        <div className="ops-pair">
          <Latencies measured={now.latency_seconds} />
          <Readers readers={now.readers} />
        </div>
        <Failures failures={now.failures} now={at} />
        {usage && <UsageByDay usage={usage} />}
      </div>
    </div>
  );
}

const perSecond = (value: number): string => (value < 10 ? String(Number(value.toFixed(1))) : count(Math.round(value)));

const LATELY_MS = 600_000;

function Tiles({ now, usage }: { now: Operations; usage: Usage | null }) {
  const { runs, readers, storage } = now;
  const failed = failedLately(now.failures, Date.parse(now.at));
  const today = usage ? usage.rows.filter(({ day }) => day === now.at.slice(0, 10)) : null;
  const { events } = storage.retention_days;
  return (
    <dl className="ops-tiles">
      <Tile name="Active runs" hint={`of ${runs.limit} at once`}>
        {runs.active}
      </Tile>
      <Tile
        name="Queued"
        hint={runs.interrupted > 0 ? `and ${counted(runs.interrupted, "run")} asking a human` : "wait for their turn"}
        tone={runs.queued > 0 ? "warn" : undefined}
      >
        {runs.queued}
      </Tile>
      <Tile name="Readers" hint={readers.slow.length > 0 ? `${readers.slow.length} slow` : "open streams"}>
        {readers.open}
      </Tile>
      <Tile name="Failed" hint="in the last 10 minutes" tone={failed.number > 0 ? "danger" : undefined}>
        {`${failed.number}${failed.isAll ? "" : "+"}`}
      </Tile>
      <Tile
        name="Cost today"
        hint={today ? `${count(today.reduce((sum, row) => sum + row.total_tokens, 0))} tokens, UTC` : "not known"}
      >
        {today ? money(today.reduce((sum, row) => sum + (row.cost_usd ?? 0), 0)) : "–"}
      </Tile>
      <Tile name="Database" hint={events > 0 ? `events kept for ${counted(events, "day")}` : "events are kept"}>
        {bytes(storage.database_bytes)}
      </Tile>
    </dl>
  );
}

interface TileProps {
  name: string;
  hint: string;
  tone?: "warn" | "danger" | undefined;
  children: ReactNode;
}

function Tile({ name, hint, tone, children }: TileProps) {
  return (
    <div className={tone ? `ops-tile ops-tile-${tone}` : "ops-tile"}>
      <dt>{name}</dt>
      <dd className="ops-value">{children}</dd>
      <dd className="ops-hint">{hint}</dd>
    </div>
  );
}

/** Only the latest failures are told: if all of them are young, there may be more. */
function failedLately(failures: readonly Failure[], at: number): { number: number; isAll: boolean } {
  const young = failures.filter(({ ended_at }) => at - Date.parse(ended_at) < LATELY_MS);
  return { number: young.length, isAll: young.length < failures.length || young.length < MOST_TOLD };
}

const MOST_TOLD = 20;
