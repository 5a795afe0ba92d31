/** Tokens and cost of a run: in all, of each agent, of each model call. */
import "./panels.css";
import type { Workflow } from "@cantata/client";
import { Fragment, useMemo } from "react";
import { count, counted, duration, money } from "../parts/formats.ts";
import type { TokenCounts } from "./spans.ts";
import { tokensOf, usageByAgent, type AgentUsage } from "./usageRows.ts";
import { isAtWork } from "./useNow.ts";
import "./UsagePanel.css";

const ACTIONS: Record<string, string> = {
  call_tools: "called tools",
  delegate: "delegated",
  answer: "answered",
  revise: "revised",
};

export default function UsagePanel({ workflow }: { workflow: Workflow }) {
  const agents = useMemo(() => usageByAgent(workflow), [workflow]);
  const { usage } = workflow;
  if (agents.length === 0) {
    return (
      <p className="panel-empty">{isAtWork(workflow) ? "No model call has ended yet." : "No model was called."}</p>
    );
  }
  const most = Math.max(1, ...agents.map((one) => tokensOf(one.counts) ?? 0));
  return (
    <section className="panel-whole panel-usage" aria-label="Usage">
      <dl className="panel-totals">
        <Total
          name="Tokens in"
          value={count(usage.input_tokens)}
          note={usage.cached_tokens > 0 ? `${count(usage.cached_tokens)} cached` : ""}
        />
        <Total
          name="Tokens out"
          value={count(usage.output_tokens)}
          note={usage.reasoning_tokens > 0 ? `${count(usage.reasoning_tokens)} thought` : ""}
        />
        <Total
          name="Model calls"
          value={String(usage.model_calls)}
          note={agents.length > 1 ? `by ${counted(agents.length, "agent")}` : ""}
        />
        <Total
          name="Cost"
          value={usage.cost_usd === null ? "unknown" : money(usage.cost_usd)}
          note={usage.cost_usd === null ? "a model’s price is not known" : "estimate at list price"}
        />
      </dl>
      <div className="panel-scroll" tabIndex={0} role="region" aria-label="Usage by agent and model call">
        <table className="panel-table">
          <caption className="hidden-text">Tokens and cost by agent, and by model call</caption>
          <thead>
            <tr>
              <th scope="col">Agent, call</th>
              <th scope="col" className="panel-number">
                In
              </th>
              <th scope="col" className="panel-number panel-wide">
                Cached
              </th>
              <th scope="col" className="panel-number">
                Out
              </th>
              <th scope="col" className="panel-number panel-wide">
                Thought
              </th>
              <th scope="col" className="panel-number">
                Cost
              </th>
            </tr>
          </thead>
          <tbody>
            {agents.map((one) => (
              <Fragment key={one.agent}>
                <AgentRow usage={one} share={(tokensOf(one.counts) ?? 0) / most} />
                {one.calls.map((call) => (
                  <tr key={call.id} className="panel-usage-call" data-void={call.isVoid}>
                    <th scope="row">
                      <span className="panel-usage-index">{call.index}</span>
                      {ACTIONS[call.action] ?? call.action}
                      <small>
                        {[call.model, duration(call.durationMs), call.isVoid && "void"].filter(Boolean).join(" · ")}
                      </small>
                    </th>
                    <Cells counts={call.counts} />
                  </tr>
                ))}
              </Fragment>
            ))}
          </tbody>
        </table>
      </div>
      <p className="panel-hint">
        Cached tokens are part of those that went in, thought tokens of those that came out. What was void was paid for,
        and counts.
      </p>
    </section>
  );
}

function Total({ name, value, note }: { name: string; value: string; note: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value}
        <small>{note}</small>
      </dd>
    </div>
  );
}

function AgentRow({ usage, share }: { usage: AgentUsage; share: number }) {
  return (
    <tr className="panel-usage-agent">
      <th scope="row">
        {usage.agent} <small>{counted(usage.calls.length, "call")}</small>
        <i className="panel-share" aria-hidden="true">
          <b style={{ width: `${Math.round(share * 100)}%` }} />
        </i>
      </th>
      <Cells counts={usage.counts} />
    </tr>
  );
}

function Cells({ counts }: { counts: TokenCounts }) {
  return (
    <>
      <td className="panel-number">{known(counts.input)}</td>
      <td className="panel-number panel-wide">{known(counts.cached)}</td>
      <td className="panel-number">{known(counts.output)}</td>
      <td className="panel-number panel-wide">{known(counts.reasoning)}</td>
      <td className="panel-number">{counts.costUsd === null ? "unknown" : money(counts.costUsd)}</td>
    </>
  );
}

const known = (tokens: number | null) => (tokens === null ? "unknown" : count(tokens));
