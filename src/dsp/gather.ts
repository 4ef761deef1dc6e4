/** Copies `frames` frames of some columns of an interleaved block into a narrower one, in the order named. Allocates nothing. */
export function gather(
  from: Int32Array,
  channels: number,
  columns: readonly number[],
  frames: number,
  to: Int32Array,
): void {
  const width = columns.length;
  if (width === 2) {
    // Pairs are most of what is asked for: one walk through the block instead of two.
    let a = columns[0]!;
    let b = columns[1]!;
    for (let n = 0; n < 2 * frames; n += 2, a += channels, b += channels) {
      to[n] = from[a]!;
      to[n + 1] = from[b]!;
    }
    return;
  }
  for (let m = 0; m < width; m++)
    for (let n = m, at = columns[m]!; n < frames * width; n += width, at += channels) to[n] = from[at]!;
}
