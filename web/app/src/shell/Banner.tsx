/** One line about the connection, below the header. */
import { useEffect, useRef, useState } from "react";
import { Button } from "../parts/Button.tsx";
import { Icon, type IconName } from "../parts/Icon.tsx";
import { announce } from "../parts/LiveRegion.tsx";
import { peek, useShown } from "../sessions/board.ts";
import { noticeOf, type ConnectionState, type Notice } from "./banner.ts";

const PASSES_MS = 3_000;

const UNREACHABLE: Notice = {
  tone: "danger",
  text: "The server cannot be reached. Trying again every few seconds; what is shown here stays.",
  canRetry: true,
  isPassing: false,
};

const ICONS: Record<Notice["tone"], IconName> = { neutral: "info", ok: "check", warn: "wifi-off", danger: "alert" };

interface BannerProps {
  /** The run whose stream is told of. */
  workflowId: string | null;
  isReachable: boolean;
  onRetry: () => void;
}

/** What is known of the run's stream goes first: it says how far the next attempt is. */
export function Banner({ workflowId, isReachable, onRetry }: BannerProps) {
  const connection = useShown(workflowId, (shown) => shown?.connection ?? null);
  const notice = useNotice(workflowId, connection, isReachable);
  useEffect(() => {
    if (!isReachable) announce("The server cannot be reached.");
  }, [isReachable]);
  if (notice && !(notice.isPassing && !isReachable)) return <Line notice={notice} onRetry={peek(workflowId)?.retry} />;
  return isReachable ? null : <Line notice={UNREACHABLE} onRetry={onRetry} />;
}

/** Where the question who is there was put off. */
export function SignedOut({ onSignIn }: { onSignIn: () => void }) {
  return (
    <div className="banner banner-warn">
      <Icon name="user" />
      <span>You are signed out: nothing new comes until you sign in again.</span>
      <Button onClick={onSignIn}>Sign in</Button>
    </div>
  );
}

/** A quiet word about where answers come from. */
export function DemoNote() {
  return (
    <p className="demo-note">
      <Icon name="info" />
      No model key is set: answers come from a rule-based demo.
    </p>
  );
}

function Line({ notice, onRetry }: { notice: Notice; onRetry: (() => void) | undefined }) {
  return (
    <div className={`banner banner-${notice.tone}`}>
      <Icon name={ICONS[notice.tone]} />
      <span>{notice.text}</span>
      {notice.canRetry && onRetry && (
        <Button icon="refresh" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** Good news goes away by itself; news is read out once, not with every attempt. */
function useNotice(workflowId: string | null, connection: ConnectionState | null, isReachable: boolean): Notice | null {
  const before = useRef<ConnectionState["phase"] | null>(null);
  const [notice, setNotice] = useState<Notice | null>(null);
  const key = `${workflowId} ${connection?.phase} ${connection?.attempt} ${isReachable}`;
  useEffect(() => {
    before.current = null;
  }, [workflowId]);
  useEffect(() => {
    const next = noticeOf(connection, before.current, isReachable);
    if (next && connection?.phase !== before.current) announce(next.text);
    if (connection && connection.phase !== "connecting") before.current = connection.phase;
    setNotice(next);
    if (!next?.isPassing) return;
    const timer = setTimeout(() => setNotice(null), PASSES_MS);
    return () => clearTimeout(timer);
    // The same news may come in a new object.
  }, [key]);
  return notice;
}
