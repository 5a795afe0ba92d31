/** The server's time as well as a browser can know it: the two clocks may differ. */

export interface Clock {
  /** Takes in the newest moment that the server has told, heard at *local*; both in Unix milliseconds. */
  see(told: number, local: number): void;
  now(local: number): number;
}

/** What was told before the page looked says nothing of the difference; what comes while it looks does. */
export function createClock(): Clock {
  let newest = Number.NEGATIVE_INFINITY;
  let offset = 0;
  return {
    see(told, local) {
      if (told <= newest) return;
      if (newest > Number.NEGATIVE_INFINITY || told > local) offset = told - local;
      newest = told;
    },
    now: (local) => Math.max(newest, local + offset),
  };
}
