/**
 * Who uses the page, and the key that they gave for it.
 *
 *     asking --nobody is asked--> in <------------------------+
 *        |----who is there-----> in --what they gave is over--> over
 *        +----nobody is there--> out --a key that counts--> in
 *
 * What is asked of the server while it is `over` waits, and goes on with the next key: no conversation is lost, and no
 * message. Knows HTTP, storage and this state machine; nothing of the page.
 */

export interface Principal {
  id: string;
  email: string | null;
  role: string;
  scopes: readonly string[];
  /** How they said so: `cookie` for a login, else a key or a token; `local` at a server that asks nobody. */
  method: string;
}

export type Access =
  | { phase: "asking" }
  | { phase: "in"; principal: Principal | null }
  | { phase: "out"; methods: readonly string[] }
  | { phase: "over"; methods: readonly string[]; principal: Principal | null };

interface Me {
  principal: Principal | null;
  methods: string[];
  is_open: boolean;
  limits?: { body_bytes: number };
}

/** Where a key is kept: as long as the tab, and for no other one. */
export interface Place {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

export type Ask = (method: string, path: string, headers: Record<string, string>) => Promise<Response>;

const USUAL_BODY_BYTES = 1_048_576; // of a server that does not say

const KEY = "cantata.key";

/** As an error of the client's: with the server's own code and words. */
export class Refused extends Error {
  readonly code: string;
  readonly status: number;

  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

export class Door {
  private readonly ask: Ask;
  private readonly place: Place;
  private readonly listeners = new Set<() => void>();
  private waiting: (() => void)[] = [];
  private access: Access = { phase: "asking" };
  private key: string;
  /** How large a request may be. */
  bodyBytes = USUAL_BODY_BYTES;

  constructor(ask: Ask, place: Place) {
    this.ask = ask;
    this.place = place;
    this.key = place.getItem(KEY) ?? "";
  }

  readonly getSnapshot = (): Access => this.access;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get hasKey(): boolean {
    return this.key !== "";
  }

  /** Finds out who is there. A server that does not answer is taken for an open one: its silence is told elsewhere. */
  async begin(): Promise<void> {
    try {
      const { principal, methods } = await this.me(this.key);
      this.change(principal ? { phase: "in", principal } : { phase: "out", methods });
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 401) return this.change({ phase: "in", principal: null });
      this.keep("");
      this.change({ phase: "out", methods: await this.methods() });
    }
  }

  /** Gives the key for a request; the one that was *refused* is not given twice. */
  readonly token = async (refused?: string): Promise<string> => {
    if (refused === undefined || refused !== this.key) return this.key;
    if (this.access.phase === "in") {
      this.change({ phase: "over", methods: [], principal: this.access.principal });
      this.change({ phase: "over", methods: await this.methods(), principal: this.access.principal });
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.key;
  };

  /** Believes a key if the server does. Returns whether it is the one who was there before, or nobody was. */
  async signIn(key: string): Promise<boolean> {
    const { principal } = await this.me(key);
    if (!principal) throw new Refused(401, "unauthenticated", "The server does not know this key.");
    const before = this.access.phase === "over" ? this.access.principal : null;
    this.keep(key);
    this.change({ phase: "in", principal });
    const { waiting } = this;
    this.waiting = [];
    for (const goOn of waiting) goOn();
    return before === null || before.id === principal.id;
  }

  /** Forgets the key, and has the browser forget its login. */
  async signOut(): Promise<void> {
    this.keep("");
    await this.ask("POST", "/auth/logout", {}).catch(() => undefined);
  }

  private async me(key: string): Promise<Me> {
    const response = await this.ask("GET", "/auth/me", key ? { Authorization: `Bearer ${key}` } : {});
    const told = (await response.json().catch(() => ({}))) as Partial<Me> & { code?: string; detail?: string };
    if (!response.ok)
      throw new Refused(response.status, told.code ?? `http_${response.status}`, told.detail ?? response.statusText);
    this.bodyBytes = told.limits?.body_bytes ?? USUAL_BODY_BYTES;
    return { principal: told.principal ?? null, methods: told.methods ?? [], is_open: told.is_open ?? false };
  }

  private async methods(): Promise<readonly string[]> {
    return this.me("").then(
      (me) => me.methods,
      () => ["key"],
    );
  }

  private keep(key: string): void {
    this.key = key;
    if (key) this.place.setItem(KEY, key);
    else this.place.removeItem(KEY);
  }

  private change(access: Access): void {
    this.access = access;
    for (const listener of this.listeners) listener();
  }
}
