/** How long things take, who reads slowly, and what failed. */
import { ago, duration } from "../parts/formats.ts";
import { shortId } from "./ActiveRuns.tsx";
import type { Failure, Operations, Quantiles } from "./shapes.ts";
import "./table.css";
import "./Tables.css";

const LATENCIES: [name: string, title: string, hint: string][] = [
  ["run", "Run", "from its start to its end"],
  ["first_token", "First token", "from a run's start to its first word"],
  ["queue_wait", "Queue wait", "from a request to the start of its run"],
  ["delivery_lag", "Delivery lag", "from an event to the reader's connection"],
  ["commit", "Commit", "writing a batch of events"],
  ["loop_lag", "Loop lag", "how late the server's event loop is"],
];

export function Latencies({ measured }: { measured: Operations["latency_seconds"] }) {
  return (
    <section className="ops-section" aria-labelledby="ops-latency">
      <h2 id="ops-latency">Latency</h2>
      <div className="ops-scroll" tabIndex={0} role="group" aria-label="Latency">
        <table>
          <thead>
            <tr>
              <th scope="col">What</th>
              {(["p50", "p95", "p99"] as const).map((name) => (
                <th key={name} scope="col" className="ops-number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {LATENCIES.filter(([name]) => name in measured).map(([name, title, hint]) => (
              <tr key={name}>
                <th scope="row">
                  {title} <span className="ops-note">{hint}</span>
                </th>
                <Three of={measured[name]} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="ops-note">Since the process started.</p>
    </section>
  );
}

function Three({ of }: { of: Quantiles | undefined }) {
  return (["p50", "p95", "p99"] as const).map((name) => {
    const seconds = of?.[name] ?? null;
    return (
      <td key={name} className="ops-number">
        {seconds === null ? "–" : milliseconds(seconds * 1_000)}
      </td>
    );
  });
}

/** Below ten, a fraction matters. */
const milliseconds = (ms: number): string => (ms < 10 ? `${ms.toFixed(1)} ms` : duration(ms));

export function Readers({ readers }: { readers: Operations["readers"] }) {
  return (
    <section className="ops-section" aria-labelledby="ops-readers">
      <h2 id="ops-readers">Readers</h2>
      <dl className="ops-facts">
        {(["open", "resumes", "gaps", "fallbacks"] as const).map((name) => (
          <div key={name}>
            <dt>{READER_WORDS[name]}</dt>
            <dd>{readers[name]}</dd>
          </div>
        ))}
      </dl>
      {readers.slow.length === 0 ? (
        <p className="ops-nothing">Nobody is far behind.</p>
      ) : (
        <ul className="ops-list">
          {readers.slow.map(({ workflow_id: id, position, behind }, at) => (
            <li key={`${id} ${at}`}>
              <code title={id}>{shortId(id)}</code> is {behind} events behind, at {position}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const READER_WORDS = {
  open: "Open streams",
  resumes: "Resumed",
  gaps: "With a gap",
  fallbacks: "Read on from the log",
};

export function Failures({ failures, now }: { failures: readonly Failure[]; now: number }) {
  return (
    <section className="ops-section" aria-labelledby="ops-failures">
      <h2 id="ops-failures">Latest failures</h2>
      {failures.length === 0 ? (
        <p className="ops-nothing">Nothing has failed.</p>
      ) : (
        <ul className="ops-list">
          {failures.map((failure) => (
            <li key={failure.workflow_id}>
              <p>
                <strong>{failure.graph}</strong> <code title={failure.workflow_id}>{shortId(failure.workflow_id)}</code>{" "}
                <span className="ops-note">
                  {[
                    failure.failed_node && `in ${failure.failed_node}`,
                    `of ${failure.owner}`,
                    ago(new Date(failure.ended_at), new Date(now)),
                  ]
                    .filter(Boolean)
                    .join(", ")}
                </span>
              </p>
              <p className="ops-failure">
                <code>{failure.error?.code}</code> {failure.error?.message}
              </p>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
