/**
 * Little-endian samples as sound cards and WAV files carry them, to left-justified Int32. Plain loops over bytes or
 * words: nothing is allocated. `count` is samples (frames x channels). Little-endian hosts only, as Node runs on here.
 */

/** S24_LE: 24 bits in the low part of a 32-bit word; the top byte is not trusted. */
export function fromS24In32(words: Int32Array, out: Int32Array, count: number): void {
  for (let i = 0; i < count; i++) out[i] = words[i]! << 8;
}

/**
 * S24_3LE: three bytes a sample. `words` views the same bytes as 32-bit words, for four samples at a time;
 * `bytes` serves the last one to three.
 */
export function fromS24Packed(words: Int32Array, bytes: Uint8Array, out: Int32Array, count: number): void {
  const fours = count & ~3;
  let w = 0;
  for (let i = 0; i < fours; i += 4) {
    const a = words[w]!;
    const b = words[w + 1]!;
    const c = words[w + 2]!;
    w += 3;
    out[i] = a << 8;
    out[i + 1] = ((a >>> 24) << 8) | (b << 16);
    out[i + 2] = ((b >>> 16) << 8) | (c << 24);
    out[i + 3] = c & 0xffff_ff00;
  }
  for (let i = fours; i < count; i++) {
    const at = 3 * i;
    out[i] = (bytes[at]! << 8) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 24);
  }
}

export function fromS16(halves: Int16Array, out: Int32Array, count: number): void {
  for (let i = 0; i < count; i++) out[i] = halves[i]! << 16;
}

/** What `fromFloat32` had to bend. */
export interface FloatCounts {
  /** Samples beyond the 24-bit range, clamped to its ends; plus and minus infinity too. */
  overs: number;
  /** Not a number: read as zero. */
  nans: number;
}

/**
 * Float32 with full scale at 1.0, rounded to the nearest of 24 bits (halves up), left-justified. Adds to `counts`.
 * +1.0 itself is one step beyond the largest 24-bit code, and counts as an over.
 */
export function fromFloat32(floats: Float32Array, out: Int32Array, count: number, counts: FloatCounts): void {
  for (let i = 0; i < count; i++) {
    const x = Math.floor(floats[i]! * 8_388_608 + 0.5);
    if (x >= -8_388_608 && x <= 8_388_607) out[i] = x << 8;
    else if (x > 0) {
      out[i] = 0x7fff_ff00;
      counts.overs++;
    } else if (x < 0) {
      out[i] = -0x8000_0000;
      counts.overs++;
    } else {
      out[i] = 0;
      counts.nans++;
    }
  }
}
