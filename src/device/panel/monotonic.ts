/** CLOCK_MONOTONIC in ms, with a fraction: the clock that the kernel stamps GPIO edges with. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
