/** The door of this page's server. */
import { useSyncExternalStore } from "react";
import { BASE } from "../shell/address.ts";
import { Door, Refused, type Access, type Place, type Principal } from "./door.ts";

const SLOW_MS = 8_000;

/** Where storage is switched off a key lasts until the page is left. */
function tab(): Place {
  try {
    sessionStorage.getItem("");
    return sessionStorage;
  } catch {
    return { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
  }
}

export const door = new Door(
  (method, path, headers) =>
    fetch(`${BASE}${path}`, {
      method,
      headers: { Accept: "application/json", ...headers },
      signal: AbortSignal.timeout(SLOW_MS),
    }),
  tab(),
);

export const useAccess = (): Access => useSyncExternalStore(door.subscribe, door.getSnapshot);

/** The page's place among an issuer's: where its login leads back to. */
export const loginAddress = (): string => `${BASE}/auth/login?next=${encodeURIComponent(`${BASE}/${location.hash}`)}`;

export const isAdmin = (principal: Principal | null): boolean =>
  principal === null || principal.scopes.includes("admin:*");

export const mayRun = (principal: Principal | null): boolean =>
  principal === null || principal.scopes.includes("workflows:write");

/** Asks for what the client has no function for. Once the key is over, it waits for another, as the client does. */
export async function askJson<Answer>(path: string, signal: AbortSignal): Promise<Answer> {
  const send = (key: string) =>
    fetch(`${BASE}${path}`, {
      headers: { Accept: "application/json", ...(key && { Authorization: `Bearer ${key}` }) },
      signal,
    });
  const key = await door.token();
  let response = await send(key);
  if (response.status === 401) response = await send(await door.token(key));
  const told: unknown = await response.json().catch(() => ({}));
  if (response.ok) return told as Answer;
  const { code, detail } = told as { code?: string; detail?: string };
  throw new Refused(
    response.status,
    code ?? `http_${response.status}`,
    detail ?? `The server answers ${response.status}.`,
  );
}
