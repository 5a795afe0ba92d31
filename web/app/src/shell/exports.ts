/** A conversation and a run as documents to take away. */
import type { Client } from "@cantata/client";
import { door } from "../access/access.ts";
import { copyText } from "../parts/Copy.tsx";
import { announce } from "../parts/LiveRegion.tsx";
import { sentenceOf } from "./faults.ts";
import { traceOf } from "./traces.ts";

/** By a link, so that a long conversation need not fit into memory; but a link can send no key. */
export async function save(client: Client, sessionId: string, format: "markdown" | "json"): Promise<void> {
  if (!door.hasKey) return download(client.sessions.exportUrl(sessionId, format));
  try {
    const address = URL.createObjectURL(await client.sessions.export(sessionId, format));
    download(address, `${sessionId}.${format === "json" ? "json" : "md"}`);
    setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
  } catch (error) {
    announce(sentenceOf(error));
  }
}

const KEPT_MS = 60_000; // by then the browser has taken the document

function download(address: string, name = ""): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  announce("The download begins.");
}

export async function copyTrace(client: Client, workflowId: string): Promise<void> {
  try {
    const isDone = await copyText(JSON.stringify(await traceOf(client, workflowId), null, 2));
    announce(isDone ? "The trace was copied." : "Copying is not allowed here.");
  } catch {
    announce("The trace could not be read from the server.");
  }
}
