/** What an agent was asked by another: words, rather than JSON, where it is words. */
import { Value } from "./Value.tsx";
import { isRecord } from "./values.ts";

export function Asked({ args, label }: { args: unknown; label: string }) {
  const task = isRecord(args) ? args.task : undefined;
  const reason = isRecord(args) ? (args.reason ?? args.why) : undefined;
  return (
    <>
      {typeof reason === "string" && (
        <p className="run-nothing" dir="auto">
          {reason}
        </p>
      )}
      <Value value={typeof task === "string" ? task : args} label={label} />
    </>
  );
}
