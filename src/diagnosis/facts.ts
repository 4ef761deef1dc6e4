/** What the meters judge of a channel, as the rules read it from the Snapshot. Pure. */
import type { Channel } from '../monitor/snapshot.ts';
import type { ChannelFacts } from './rig.ts';

/** Readings that are made once a second; absent before the first. */
interface SlowReadings {
  readonly hum?: { readonly baseHz: number; readonly levelDbfs: number; readonly harmonics: number } | null;
  readonly dcDbfs?: number | null;
  readonly dcFlag?: boolean;
  /** Masks of the 32-bit word. */
  readonly stuckAtOne?: number;
  readonly stuckAtZero?: number;
  readonly flatTop?: boolean;
  readonly copyOf?: number | null;
  readonly opposite?: boolean;
}

const SAMPLE_BITS = 24;
/** Harmonics 3 and 5, as bits h - 1. */
const ODD = 0b10100;
/** Harmonics 2, 4 and 6. */
const EVEN = 0b101010;

/** A field or a loop has odd multiples beside the fundamental; a full-wave rectifier makes even ones alone. */
function strongestOf(harmonics: number): number {
  return (harmonics & ODD) === 0 && (harmonics & EVEN) !== 0 ? 2 : 1;
}

export function factsOf(channel: Channel): ChannelFacts {
  const { hum, dcDbfs, dcFlag, stuckAtOne, stuckAtZero, flatTop, copyOf, opposite } = channel as Channel & SlowReadings;
  const stuck = ((stuckAtOne ?? 0) | (stuckAtZero ?? 0)) >>> 8;
  return {
    hum: hum == null ? null : { baseHz: hum.baseHz, dbfs: hum.levelDbfs, strongest: strongestOf(hum.harmonics) },
    dcDbfs: dcFlag === true ? (dcDbfs ?? null) : null,
    stuckBits: Array.from({ length: SAMPLE_BITS }, (_, bit) => bit).filter((bit) => (stuck & (1 << bit)) !== 0),
    flatTop: flatTop === true,
    copyOf: copyOf ?? null,
    // Neighbours are judged in pairs: 1-2, 3-4.
    oppositeTo: opposite === true ? channel.index + (channel.index % 2 === 1 ? 1 : -1) : null,
  };
}
