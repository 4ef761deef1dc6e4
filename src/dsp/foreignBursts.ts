/**
 * Coded bitstreams on a pair of channels: finds the sync words Pa, Pb of IEC 61937 (16-bit words, left-justified in ours) and
 * of SMPTE ST 337 (16, 20 and 24 bits), left channel first, and reads from Pc what is coded. One sync pair in 2^32 frames
 * of noise is chance (a day at 48 kHz); two of a known type within a second are not.
 */

/** Data types of Pc, bits 0-4: IEC 61937-2 (FFmpeg 7.1 libavformat/spdif.h names the same); 28: SMPTE ST 338. */
const FORMATS: Readonly<Record<number, string>> = {
  1: 'AC-3',
  4: 'MPEG-1 layer 1',
  5: 'MPEG-1 layer 2 or 3',
  6: 'MPEG-2',
  7: 'AAC',
  8: 'MPEG-2 layer 1',
  9: 'MPEG-2 layer 2',
  10: 'MPEG-2 layer 3',
  11: 'DTS',
  12: 'DTS',
  13: 'DTS',
  14: 'ATRAC',
  15: 'ATRAC3',
  16: 'ATRAC-X',
  17: 'DTS-HD',
  18: 'WMA Pro',
  19: 'AAC',
  21: 'E-AC-3',
  22: 'TrueHD',
  28: 'Dolby E',
};
/** Bursts this far apart belong together; the longest repetition in use is E-AC-3's, 128 ms. A pause may be longer. */
const TOGETHER_S = 1;
/** A pair without a burst for so long carries sound again. */
const GONE_S = 1.5;
/** A block whose samples stay below this (24-bit, -6 dBFS) carries no coded data, unless its low bits are empty. */
const LOUD_24 = 1 << 22;

export class BurstFinder {
  readonly #rateHz: number;
  #lastSync = Number.NEGATIVE_INFINITY;
  /** The last frame of the last block was a sync pair: its Pc is still to come. */
  #pending = false;
  #type = 0;
  /** Bursts of the present row. */
  #bursts = 0;
  /** The pair carries coded data now: two bursts told so. */
  active = false;
  /** One burst was seen a moment ago: enough to keep its block out of the levels, which a false one costs little. */
  suspect = false;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
  }

  get format(): string {
    return FORMATS[this.#type] ?? 'coded data';
  }

  /** Whether a block is worth a scan: 16-bit words with empty low bits, or loud as coded data is. */
  static worth(orA: number, orB: number, peakA: number, peakB: number): boolean {
    if ((orA | orB) === 0) return false;
    return ((orA | orB) & 0xffff) === 0 || (peakA >= LOUD_24 && peakB >= LOUD_24);
  }

  /** Scans columns `a` and `b` of a block of interleaved Int32 frames. `firstFrame`: absolute number of its first. */
  scan(block: Int32Array, stride: number, a: number, b: number, frames: number, firstFrame: number): void {
    if (this.#pending && frames > 0) {
      this.#burst(block[a]! >>> 16, firstFrame - 1);
      this.#pending = false;
    }
    const last = frames * stride;
    for (let at = a, n = 0; at < last; at += stride, n++) {
      const top = block[at]! >>> 16;
      if (top !== 0xf872 && top !== 0x6f87 && top !== 0x96f8) continue;
      if (!isSync(block[at]!, block[at - a + b]!)) continue;
      if (n + 1 < frames) this.#burst(block[at + stride]! >>> 16, firstFrame + n);
      else this.#pending = true;
    }
  }

  /** Time goes on to `frame`. */
  advance(frame: number): void {
    const quietFrames = frame - this.#lastSync;
    this.suspect = quietFrames <= TOGETHER_S * this.#rateHz;
    if (this.active && quietFrames > GONE_S * this.#rateHz) {
      this.active = false;
      this.#bursts = 0;
    }
  }

  reset(): void {
    this.#lastSync = Number.NEGATIVE_INFINITY;
    this.#pending = false;
    this.#bursts = 0;
    this.active = false;
    this.suspect = false;
  }

  #burst(pc: number, frame: number): void {
    const type = pc & 0x1f;
    // Null data and pauses keep a row going, and begin none.
    const idle = type === 0 || type === 3;
    if (!idle && FORMATS[type] === undefined) return;
    if (frame - this.#lastSync > TOGETHER_S * this.#rateHz) this.#bursts = 0;
    if (idle && this.#bursts === 0) return;
    this.#lastSync = frame;
    this.#bursts++;
    if (!idle) this.#type = type;
    if (this.#bursts >= 2) this.active = true;
  }
}

/** Pa on the left and Pb on the right, of 16, 20 or 24 bits; Pc follows in the upper 16 bits of the next word in each mode. */
function isSync(left: number, right: number): boolean {
  return (
    (left >>> 16 === 0xf872 && right >>> 16 === 0x4e1f) ||
    (left >>> 12 === 0x6f872 && right >>> 12 === 0x54e1f) ||
    (left >>> 8 === 0x96f872 && right >>> 8 === 0xa54e1f)
  );
}
