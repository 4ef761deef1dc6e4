/** What the meters judge of a channel, as the rules read it from the Snapshot. Pure. */
import type { Channel } from '../monitor/snapshot.ts';
import type { ChannelFacts } from './rig.ts';

/** Harmonics 3 and 5, as bits h - 1. */
const ODD = 0b10100;
/** Harmonics 2, 4 and 6. */
const EVEN = 0b101010;

/** A field or a loop has odd multiples beside the fundamental; a full-wave rectifier makes even ones alone. */
function strongestOf(harmonics: number): number {
  return (harmonics & ODD) === 0 && (harmonics & EVEN) !== 0 ? 2 : 1;
}

const NOTHING: ChannelFacts = {
  hum: null,
  dcDbfs: null,
  stuckBits: [],
  flatTop: false,
  copyOf: null,
  oppositeTo: null,
};

/** Nothing is said of a channel that nobody counts on: neither named, nor on the sheet, nor ever heard. */
export function factsOf(channel: Channel): ChannelFacts {
  if (!channel.armed) return NOTHING;
  return {
    hum:
      channel.hum === null
        ? null
        : { baseHz: channel.hum.baseHz, dbfs: channel.hum.levelDbfs, strongest: strongestOf(channel.hum.harmonics) },
    dcDbfs: channel.dcFlag ? channel.dcDbfs : null,
    stuckBits: stuckBitsOf((channel.stuckAtOne | channel.stuckAtZero) >>> 0),
    flatTop: channel.flatTop,
    copyOf: channel.copyOf,
    // Neighbours are 1-2, 3-4, ...
    oppositeTo: channel.opposite ? (channel.index % 2 === 1 ? channel.index + 1 : channel.index - 1) : null,
  };
}

/** A mask of the 32-bit word as bits of 24, lowest first; what lies below them is no converter's. */
function stuckBitsOf(mask: number): number[] {
  return Array.from({ length: 24 }, (_, bit) => bit).filter((bit) => ((mask >>> (bit + 8)) & 1) === 1);
}
