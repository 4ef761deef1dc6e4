// How soon, and how well, the daemon sees a clock that runs fast or slow.
import { nowMs, sleep } from './system.mjs';

/** Watches the daemon's clock reading until it has stayed in the band for 3 s, or the time is over. */
export async function rateSeen(t, promise, daemon, { ppm, withinS, tolerancePpm }) {
  const startMs = nowMs();
  let inSinceMs = null;
  let last = null;
  while (nowMs() - startMs < withinS * 1000) {
    const { clock } = await daemon.status();
    last = clock;
    const inside = clock.rateErrorPpm !== null && Math.abs(clock.rateErrorPpm - ppm) <= tolerancePpm;
    if (!inside) inSinceMs = null;
    else inSinceMs ??= nowMs();
    if (inSinceMs !== null && nowMs() - inSinceMs >= 3000) break;
    await sleep(500);
  }
  const seen = inSinceMs !== null;
  const value =
    last?.rateErrorPpm == null
      ? 'no rate told'
      : `${last.rateErrorPpm > 0 ? '+' : ''}${last.rateErrorPpm.toFixed(1)} ppm +-${last.uncertaintyPpm?.toFixed(1) ?? '?'}`;
  t.check(promise, {
    measured: seen
      ? `${value}, in the band after ${((inSinceMs - startMs) / 1000).toFixed(0)} s`
      : `${value} after ${withinS} s`,
    target: `within +-${tolerancePpm} ppm in ${withinS} s`,
    ok: seen,
  });
}
