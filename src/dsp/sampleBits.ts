/**
 * What the bits of a channel's words say, over a second or more: how many carry anything, and whether one is stuck.
 */
export interface SampleBits {
  /** Bits used, from the sign down to the lowest that ever was 1: 0 (digital zero) to 32. 16-bit material says 16. */
  readonly used: number;
  /** Mask of bits that were 1 in every word although the sign changed: a stuck line, in the 32-bit word. */
  readonly stuckAtOne: number;
  /** Mask of bits that were 0 in every word although a lower one was used and the sign changed. */
  readonly stuckAtZero: number;
}

/** From the OR and the AND of all words. */
export function sampleBits(orBits: number, andBits: number): SampleBits {
  if (orBits === 0) return { used: 0, stuckAtOne: 0, stuckAtZero: 0 };
  const lowest = 31 - Math.clz32(orBits & -orBits);
  const signChanged = orBits < 0 && andBits >= 0;
  return {
    used: 32 - lowest,
    stuckAtOne: signChanged ? andBits >>> 0 : 0,
    stuckAtZero: signChanged ? (~orBits & (-1 << lowest)) >>> 0 : 0,
  };
}
