/**
 * When what has come is shown: with the next frame, and less often where it takes long until the page is idle again,
 * so that it answers to the reader on slow machines too. A hidden page draws no frames, and is kept up to date now and
 * then.
 */

const HIDDEN_MS = 250;

/** Nobody waits longer for the next drawing, however dear they are. */
const LONGEST_MS = 250;

/** A drawing of less than this fits into a frame with the rest of the page. */
const CHEAP_MS = 8;

/** How long nothing is drawn after a drawing: as many times its cost as it was dearer than a cheap one. */
const restAfter = (cost: number): number => (cost > CHEAP_MS ? Math.min(LONGEST_MS, (cost * cost) / CHEAP_MS) : 0);

export interface Clock {
  now(): number;
  isHidden(): boolean;
  frame(then: () => void): void;
  after(ms: number, then: () => void): void;
  /** Calls *then* when nothing is left to do, and after *ms* in any case. */
  whenIdle(ms: number, then: () => void): void;
}

const BROWSER: Clock = {
  now: () => performance.now(),
  isHidden: () => document.visibilityState === "hidden",
  frame: (then) => void requestAnimationFrame(then),
  after: (ms, then) => void setTimeout(then, ms),
  whenIdle: (ms, then) => {
    // Where a browser cannot tell, the end of the task says at least what the first part of the drawing cost.
    if (typeof requestIdleCallback === "function") requestIdleCallback(then, { timeout: ms });
    else setTimeout(then, 0);
  },
};

/** Makes the schedule of one store. */
export function paced(clock: Clock = BROWSER): (show: () => void) => void {
  let notBefore = 0;
  let isDrawing = false;
  let next: (() => void) | null = null;

  function draw(show: () => void): void {
    const begun = clock.now();
    isDrawing = true;
    show();
    // What was shown is drawn in pieces after this task; only when all of them are done is known what it cost.
    clock.whenIdle(LONGEST_MS, () => {
      notBefore = clock.now() + restAfter(clock.now() - begun);
      isDrawing = false;
      const waiting = next;
      next = null;
      if (waiting) plan(waiting);
    });
  }

  function plan(show: () => void): void {
    let isShown = false;
    const once = (): void => {
      if (!isShown) draw(show);
      isShown = true;
    };
    if (clock.isHidden()) return clock.after(HIDDEN_MS, once);
    const wait = Math.max(0, notBefore - clock.now());
    const inFrame = (): void => clock.frame(once);
    if (wait > 0) clock.after(wait, inFrame);
    else inFrame();
    clock.after(wait + HIDDEN_MS, once); // hidden meanwhile: no frame comes
  }

  return (show) => {
    if (isDrawing) next = show;
    else plan(show);
  };
}
