// Samples of three bytes, as WAVE files and many interfaces carry them, to left-justified Int32. Plain twin: `unpack` of
// src/dsp/meterTwin.ts.

// Four samples are twelve bytes: each goes to the upper three of its word. 16 is beyond the vector and gives 0.
const PLACES: v128 = i8x16(16, 0, 1, 2, 16, 3, 4, 5, 16, 6, 7, 8, 16, 9, 10, 11);

/** `count` samples from `from` on, to words from `to` on. Reads up to four bytes behind the last sample. */
export function unpackThreeBytes(from: usize, to: usize, count: i32): void {
  const end = to + (<usize>(count & ~3) << 2);
  while (to < end) {
    v128.store(to, i8x16.swizzle(v128.load(from), PLACES));
    from += 12;
    to += 16;
  }
  for (let left = count & 3; left > 0; left--) {
    store<i32>(to, (<i32>load<u16>(from) << 8) | (<i32>load<u8>(from, 2) << 24));
    from += 3;
    to += 4;
  }
}
