/** An error where a page would be: what happened, what to do, and a way on. */
import { Button } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import { faultOf } from "./faults.ts";
import { hashOf } from "./routes.ts";

export function FaultPage({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const fault = faultOf(error);
  return (
    <div className="fault" role="alert">
      <Icon name={fault.code === "unreachable" ? "wifi-off" : "alert"} />
      <h2>{fault.title}</h2>
      <p>{fault.detail}</p>
      {fault.advice && <p>{fault.advice}</p>}
      <div className="fault-row">
        <Button kind="primary" icon="refresh" onClick={onRetry}>
          Try again
        </Button>
        <a className="button button-plain" href={hashOf({ name: "start" })}>
          New conversation
        </a>
      </div>
      <code className="fault-code">{fault.code}</code>
    </div>
  );
}
