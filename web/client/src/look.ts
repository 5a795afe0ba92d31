/** What is looked up and removed: addresses, and requests. */

import type { Asking, Server } from "./server.js";

/** Looks; what is asked besides the signal goes into the address. */
export function look<Answer>(server: Server, path: string, asking: object = {}): Promise<Answer> {
  const { signal, ...query } = asking as Asking;
  return server.read("GET", path + queryOf(query), { signal });
}

/** Removes; there is nothing to read then. */
export const remove = async (server: Server, path: string): Promise<void> =>
  (await server.open("DELETE", path, {})).close();

/** Writes what is told of the members; what is undefined or null is not. */
export function queryOf(members: object): string {
  const told = Object.entries(members).filter(([, value]) => value !== undefined && value !== null);
  return told.length ? `?${new URLSearchParams(told)}` : "";
}

/** Writes names into a path. */
export const path = (parts: TemplateStringsArray, ...names: string[]): string =>
  parts.reduce((whole, part, at) => whole + encodeURIComponent(names[at - 1] ?? "") + part);
