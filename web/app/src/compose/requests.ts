/** What is sent to run a spec, and the same as a command for a terminal. */
import type { Spec } from "@cantata/client";
import { asShape, type Shape } from "./specEdit.ts";

/** The path's last part and the body of the request that runs *spec*. */
export function requestOf(
  spec: Spec,
  input: string,
  model: string,
): { shape: Shape["type"]; body: Record<string, unknown> } {
  const { type, ...members } = asShape(spec);
  return { shape: type, body: { ...members, input, ...(model ? { model } : {}) } };
}

export function curlOf(origin: string, spec: Spec, input: string, model: string): string {
  const { shape, body } = requestOf(spec, input, model);
  const address = quoted(`${origin}/api/coordinator/${shape}`);
  return [
    `curl -N ${address} \\`,
    "  -H 'Accept: text/event-stream' -H 'Content-Type: application/json' \\",
    `  -d ${quoted(JSON.stringify(body, null, 2))}`,
  ].join("\n");
}

/** Quotes for a POSIX shell. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

export function titleOf(spec: Spec, input: string, stored: string | null): string {
  const said = input.trim().split("\n")[0] ?? "";
  return said.slice(0, 80) || stored || asShape(spec).name || `A ${asShape(spec).type} workflow`;
}
