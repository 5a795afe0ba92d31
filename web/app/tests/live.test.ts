/** A run that is looked at: when it is read, and how often it is drawn. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { initialWorkflow, type RunSnapshot, type RunStore, type Workflow } from "@cantata/client";
import { LiveRun } from "../src/live/liveRun.ts";
import { paced, type Clock } from "../src/live/pace.ts";
import type { Page } from "../src/live/page.ts";

class Store implements RunStore {
  isClosed = false;
  private listeners = new Set<() => void>();
  private snapshot: RunSnapshot = {
    workflow: initialWorkflow("wf_1"),
    connection: { phase: "connecting", attempt: 0 },
  };

  tell(members: Partial<Workflow>): void {
    this.snapshot = { workflow: { ...this.snapshot.workflow, ...members }, connection: { phase: "live", attempt: 0 } };
    for (const listener of this.listeners) listener();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  getSnapshot = () => this.snapshot;
  cancel = () => Promise.resolve(this.snapshot.workflow);
  close = () => void (this.isClosed = true);
}

class Tab implements Page {
  private hidden = false;
  private listeners = new Set<() => void>();
  isHidden = () => this.hidden;

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private due: { ms: number; then: () => void } | null = null;

  after(ms: number, then: () => void): () => void {
    this.due = { ms, then };
    return () => (this.due = null);
  }

  wait(ms: number): void {
    const { due } = this;
    if (!due || due.ms > ms) return;
    this.due = null;
    due.then();
  }

  hide(hidden: boolean): void {
    this.hidden = hidden;
    for (const listener of this.listeners) listener();
  }
}

function opened() {
  const stores: Store[] = [];
  const tab = new Tab();
  const open = () => stores[stores.push(new Store()) - 1] as Store;
  return { stores, tab, run: new LiveRun({ first: open, again: open }, tab) };
}

test("a hidden tab lets its stream go, and takes it up when it is seen again", () => {
  const { stores, tab, run } = opened();
  stores[0]?.tell({ last_seq: 5 });

  tab.hide(true);
  tab.wait(6_000);
  tab.hide(false);

  assert.deepEqual(
    stores.map((store) => store.isClosed),
    [true, false],
  );
  assert.equal(run.getSnapshot().workflow.last_seq, 5);
});

test("what is known stays until the new stream knows as much", () => {
  const { stores, tab, run } = opened();
  stores[0]?.tell({ last_seq: 5, status: "running" });
  tab.hide(true);
  tab.wait(6_000);
  tab.hide(false);

  stores[1]?.tell({ last_seq: 2 });
  assert.equal(run.getSnapshot().workflow.last_seq, 5);

  stores[1]?.tell({ last_seq: 6 });
  assert.equal(run.getSnapshot().workflow.last_seq, 6);
});

test("a tab that is left for a moment keeps its stream", () => {
  const { stores, tab } = opened();

  tab.hide(true);
  tab.wait(1_000);
  tab.hide(false);
  tab.wait(10_000);

  assert.deepEqual(
    stores.map((store) => store.isClosed),
    [false],
  );
});

test("a run that has ended is not read again", () => {
  const { stores, tab, run } = opened();
  stores[0]?.tell({ status: "completed", last_seq: 9 });

  tab.hide(true);
  tab.wait(6_000);
  tab.hide(false);

  assert.equal(stores.length, 1);
  assert.equal(run.isOver, true);
});

test("a connection that was given up can be tried again", () => {
  const { stores, run } = opened();

  run.reconnect();

  assert.deepEqual(
    stores.map((store) => store.isClosed),
    [true, false],
  );
});

/** A clock whose frames come every 16 ms; drawing takes `cost`. */
class Frames implements Clock {
  time = 0;
  cost = 0;
  hidden = false;
  private tasks: { at: number; then: () => void }[] = [];
  now = () => this.time;
  isHidden = () => this.hidden;
  frame = (then: () => void) => this.after(16 - (this.time % 16), then);
  whenIdle = (_: number, then: () => void) => this.after(0, then);
  after = (ms: number, then: () => void) => void this.tasks.push({ at: this.time + ms, then });

  runUntil(end: number): void {
    const next = this.tasks.toSorted((one, other) => one.at - other.at).find((task) => task.at <= end);
    if (!next) return;
    this.tasks = this.tasks.filter((task) => task !== next);
    this.time = Math.max(this.time, next.at);
    next.then();
    this.runUntil(end);
  }
}

/** Draws whenever it may for a second, and returns how often that was. */
function drawings(clock: Frames): number {
  const schedule = paced(clock);
  let count = 0;
  const draw = () => {
    count += 1;
    clock.time += clock.cost;
    schedule(draw);
  };
  schedule(draw);
  clock.runUntil(1_000);
  return count;
}

test("cheap drawings come with every frame", () => {
  const clock = new Frames();

  assert.ok(drawings(clock) >= 60);
});

test("drawings that are a little dear come a little less often", () => {
  const clock = new Frames();
  clock.cost = 10;

  const count = drawings(clock);

  assert.ok(count >= 20 && count <= 40, String(count));
});

test("dear drawings leave most of the time to the rest, and come all the same", () => {
  const clock = new Frames();
  clock.cost = 60;

  const count = drawings(clock);

  assert.ok(count >= 3 && count <= 4, String(count));
});

test("a hidden page is drawn four times a second", () => {
  const clock = new Frames();
  clock.hidden = true;

  assert.equal(drawings(clock), 4);
});
