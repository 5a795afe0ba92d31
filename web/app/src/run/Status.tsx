/** Small signs of how something is doing. */
import { memo } from "react";
import { Badge } from "../parts/Badge.tsx";
import { duration } from "../parts/formats.ts";
import { Icon } from "../parts/Icon.tsx";
import { Spinner } from "../parts/Spinner.tsx";
import { useNow } from "./clock.ts";
import { lookOfPart, lookOfRun, type Look } from "./words.ts";
import type { Status } from "@cantata/client";
import "./Status.css";

export function RunBadge({ status }: { status: Status }) {
  const look = lookOfRun(status);
  return (
    <Badge tone={look.tone} {...(look.icon === "spinner" ? {} : { icon: look.icon })}>
      {look.word}
    </Badge>
  );
}

/** The state of a step or a tool; its word is for those who cannot see the sign. */
export const Sign = memo(function Sign({ status, look = lookOfPart(status) }: { status: string; look?: Look }) {
  return (
    <span className={`run-sign run-sign-${look.tone}`} title={look.word}>
      {look.icon === "spinner" ? <Spinner /> : <Icon name={look.icon} />}
      <span className="hidden-text">{look.word}. </span>
    </span>
  );
});

const LONG_MS = 30_000;

/** How long something took, or has been going on. */
export function Took({ ms, since }: { ms: number | null; since?: number | undefined }) {
  if (ms !== null) return <span className="run-took">{duration(ms)}</span>;
  return since === undefined ? null : <Elapsed since={since} />;
}

export function Elapsed({ since }: { since: number }) {
  const ms = useNow() - since;
  if (ms < 1_000) return null;
  const time = duration(Math.floor(ms / 1_000) * 1_000);
  return <span className="run-took">{ms < LONG_MS ? time : `still working, ${time}`}</span>;
}

export function Progress({ percent, message, label }: { percent: number | null; message: string; label: string }) {
  return (
    <div className="run-progress">
      {percent !== null && (
        <div
          className="run-bar"
          role="progressbar"
          aria-label={label}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(percent)}
        >
          <span style={{ inlineSize: `${Math.min(100, Math.max(0, percent))}%` }} />
        </div>
      )}
      {message && <span className="run-hint">{message}</span>}
    </div>
  );
}
