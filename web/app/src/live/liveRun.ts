/**
 * A run as long as somebody looks at it.
 *
 *     reading ── hidden for a while ──> paused ── seen again ──> reading ── ended ──> over
 *
 * A browser gives an origin six connections over HTTP/1.1, to all tabs together: a hidden tab lets its stream go. What
 * was known stays on the screen until the new stream knows as much.
 */
import { isFinal, type RunSnapshot, type RunStore, type Workflow } from "@cantata/client";
import type { Page } from "./page.ts";

/** Leaving a tab for a moment is no reason to reconnect. */
const HIDDEN_MS = 5_000;

export interface Reader {
  /** Opens the first store: of the run that was started here, or by its id. */
  first(): RunStore;
  /** Opens another that goes on from what is known; null while not even the id is. */
  again(known: Workflow): RunStore | null;
}

export class LiveRun {
  private readonly reader: Reader;
  private readonly page: Page;
  private readonly listeners = new Set<() => void>();
  private store: RunStore | null = null;
  private snapshot: RunSnapshot;
  private stay: () => void = () => {};
  private unsubscribe: () => void = () => {};
  private readonly unwatch: () => void;

  constructor(reader: Reader, page: Page) {
    this.reader = reader;
    this.page = page;
    this.store = reader.first();
    this.snapshot = this.store.getSnapshot();
    this.listen(this.store);
    this.unwatch = page.onChange(() => this.onVisibility());
    this.onVisibility();
  }

  readonly getSnapshot = (): RunSnapshot => this.snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get isOver(): boolean {
    return isFinal(this.snapshot.workflow.status);
  }

  /** Tries again after the connection was given up. */
  readonly reconnect = (): void => {
    this.pause();
    this.read();
  };

  close(): void {
    this.stay();
    this.unwatch();
    this.pause();
  }

  private onVisibility(): void {
    this.stay();
    if (!this.page.isHidden()) this.read();
    else this.stay = this.page.after(HIDDEN_MS, () => this.pause());
  }

  private read(): void {
    if (this.store || this.isOver) return;
    this.store = this.reader.again(this.snapshot.workflow);
    if (this.store) this.listen(this.store);
  }

  private pause(): void {
    this.unsubscribe();
    this.store?.close();
    this.store = null;
  }

  private listen(store: RunStore): void {
    const take = () => {
      const told = store.getSnapshot();
      const isBehind = told.workflow.last_seq < this.snapshot.workflow.last_seq;
      this.snapshot = isBehind ? { workflow: this.snapshot.workflow, connection: told.connection } : told;
      for (const listener of this.listeners) listener();
    };
    this.unsubscribe = store.subscribe(take);
    take();
  }
}
