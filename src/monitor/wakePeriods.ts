/**
 * Periods that a wake-up waits for: one costs as much as the samples of a period, and gives one stamp of the interface's clock. Four are
 * 40 ms, and the page, told 30 times a second, still shows a sample within 100 ms; 25 stamps a second are enough for the rate while
 * they come hardly late, and a hundred are wanted when they do (npm run rate).
 */
const RESTFUL_WAKE_PERIODS = 4;
/**
 * While nobody looks at levels: what is heard is judged later, and wakes cost a half, or a sixth. The longer a box sleeps, the later it wakes: 160 ms
 * told changes of clock that were none, so that only a box whose stamps are no wake-ups sleeps so long. A quarter of the buffer at most is waited for.
 */
const UNSEEN_WAKE_PERIODS = 8;
const UNSEEN_WATCHED_WAKE_PERIODS = 24;
/** Mean lateness of stamps, s, from which every period is waited for, and below which it need not be. */
const LATE_STAMPS_S = 0.2e-3;
const PROMPT_STAMPS_S = 0.1e-3;
/** A stream's first seconds are waited for period by period: its rate is wanted soon. Where arrivals are watched for, one stamp a second tells it. */
const RESTFUL_AFTER_MS = 10_000;

/**
 * Periods that the next waits are for.
 *
 * @param now as it is
 * @param openMs how long the stream is open
 * @param latenessS mean lateness of its stamps (RateEstimate), s; null: not known
 * @param seen somebody looks at levels: a page, the panel, a meter bridge
 * @param watched its arrivals are watched for
 */
export function wakePeriods(
  now: number,
  openMs: number,
  latenessS: number | null,
  seen: boolean,
  watched = false,
): number {
  if (!watched && openMs < RESTFUL_AFTER_MS) return 1;
  if (latenessS === null || latenessS > LATE_STAMPS_S) return 1;
  if (latenessS >= PROMPT_STAMPS_S && now === 1) return 1;
  if (seen) return RESTFUL_WAKE_PERIODS;
  return watched ? UNSEEN_WATCHED_WAKE_PERIODS : UNSEEN_WAKE_PERIODS;
}
