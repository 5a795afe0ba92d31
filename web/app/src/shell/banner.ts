/** What is said about the connection to a run. Pure: the component adds the clock and the button. */

export interface ConnectionState {
  phase: "connecting" | "live" | "reconnecting" | "polling" | "ended" | "failed";
  attempt: number;
  error?: { message: string };
}

export interface Notice {
  tone: "neutral" | "warn" | "danger" | "ok";
  text: string;
  canRetry: boolean;
  /** It goes away by itself. */
  isPassing: boolean;
}

/** *before* is the last phase in which something was told, so that good news is only told after bad. */
export function noticeOf(
  connection: ConnectionState | null,
  before: ConnectionState["phase"] | null,
  isReachable = true,
): Notice | null {
  switch (connection?.phase) {
    case "reconnecting":
      return lasting("warn", `Connection lost. Reconnecting (attempt ${Math.max(1, connection.attempt)}) …`);
    case "polling":
      if (!isReachable)
        return lasting("warn", "Connection lost. Trying again every few seconds; what is shown here stays.");
      return lasting("warn", "Live updates do not get through: asking the server every few seconds instead.");
    case "failed":
      return {
        ...lasting("danger", connection.error?.message ?? "The connection to the run could not be made again."),
        canRetry: true,
      };
    case "live":
    case "ended":
      return before === "reconnecting" || before === "polling" || before === "failed"
        ? { tone: "ok", text: "Connected again. Nothing was missed.", canRetry: false, isPassing: true }
        : null;
    default:
      return null;
  }
}

const lasting = (tone: Notice["tone"], text: string): Notice => ({ tone, text, canRetry: false, isPassing: false });
