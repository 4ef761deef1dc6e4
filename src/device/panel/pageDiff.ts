/** Which bytes of the panel are to be sent. Pure. */

/** Columns `first..last` of one page. */
export interface Run {
  readonly page: number;
  readonly first: number;
  readonly last: number;
}

/** In `shown`: nobody knows what stands there. */
export const UNKNOWN = -1;

/**
 * The next run at or after `page`, column `from`, within that page; null when the rest of the page is as it should be.
 * Two changes with at most `joinGap` equal columns between them make one run: that is cheaper than a second write.
 * shown: a number a byte, UNKNOWN where not known.
 */
export function nextRun(
  shown: Int16Array,
  wanted: Uint8Array,
  widthPx: number,
  page: number,
  from: number,
  joinGap: number,
): Run | null {
  const base = page * widthPx;
  let first = -1;
  let last = -1;
  for (let column = from; column < widthPx; column++) {
    if (shown[base + column] === wanted[base + column]) {
      if (first >= 0 && column - last > joinGap) break;
      continue;
    }
    if (first < 0) first = column;
    last = column;
  }
  return first < 0 ? null : { page, first, last };
}

/** All runs of a frame, top first. */
export function frameRuns(shown: Int16Array, wanted: Uint8Array, widthPx: number, joinGap: number): Run[] {
  const runs: Run[] = [];
  for (let page = 0; page < wanted.length / widthPx; page++) {
    let from = 0;
    for (;;) {
      const run = nextRun(shown, wanted, widthPx, page, from, joinGap);
      if (run === null) break;
      runs.push(run);
      from = run.last + 1;
    }
  }
  return runs;
}
