/** The server as requests see it: where it is, who asks, and how it refuses. Knows nothing of runs. */

import type { ClientOptions } from "./options.js";
import { refusal } from "./problems.js";
import { watchOver, type Watch } from "./watch.js";

/** What every look-up takes. */
export interface Asking {
  signal?: AbortSignal | undefined;
}

export interface Asked extends Asking {
  body?: object | undefined;
  headers?: Record<string, string>;
}

/** An answer whose body is still to come, under watch. */
export interface Answer extends Watch {
  response: Response;
}

export type Server = ReturnType<typeof serverOf>;

const SILENCE_MS = 45_000; // three of the server's heartbeats

export function serverOf(options: ClientOptions) {
  const { baseUrl = "", token = "", silenceMs = SILENCE_MS } = options;
  let bearer = ""; // that was sent last
  let expired: string | undefined;

  /** Asks for the token, and says which one is none any more. */
  const bearerInsteadOf = async (refused = expired): Promise<string> => {
    expired = undefined;
    return (bearer = typeof token === "string" ? token : await token(refused));
  };

  const send = (method: string, path: string, { body, headers, signal }: Asked, sent: string) =>
    (options.fetch ?? fetch)(baseUrl.replace(/\/$/, "") + path, {
      method,
      headers: {
        ...options.headers,
        Accept: "application/json",
        ...(sent && { Authorization: `Bearer ${sent}` }),
        ...(body && { "Content-Type": "application/json" }),
        ...headers,
      },
      body: JSON.stringify(body) as string | null, // undefined where there is none
      signal: signal as AbortSignal | null,
    });

  const ask = async (method: string, path: string, asked: Asked): Promise<Response> => {
    const sent = await bearerInsteadOf();
    let response = await send(method, path, asked, sent);
    if (response.status === 401) {
      const other = await bearerInsteadOf(sent);
      if (other !== sent) response = await send(method, path, asked, other);
    }
    if (!response.ok) throw await refusal(response);
    return response;
  };

  /** Asks, and gives the answer if it is one, to be closed. Throws a CantataError for a refusal. */
  const open = async (method: string, path: string, asked: Asked): Promise<Answer> => {
    const watch = watchOver(silenceMs, asked.signal);
    try {
      return { ...watch, response: await watch.wait(ask(method, path, { ...asked, signal: watch.signal })) };
    } catch (error) {
      watch.close();
      throw error;
    }
  };

  /** Asks, and reads the whole answer. */
  const read = async <Read>(method: string, path: string, asked: Asked = {}): Promise<Read> => {
    const { response, wait, close } = await open(method, path, asked);
    try {
      return await wait(response.json());
    } finally {
      close();
    }
  };

  return {
    options,
    open,
    read,

    /** Notes that the token is none any more: the function is told so when it is asked next. */
    expire: (): void => {
      expired = bearer;
    },
  };
}

/** Names a run's place, or what is under it. */
export const runAt = (workflowId: string, what = ""): string =>
  `/api/workflows/${encodeURIComponent(workflowId)}${what}`;
