/**
 * How far this box's own crystal is off, so that the interface's rate can be told against true time. Pure.
 *
 * The kernel steers CLOCK_MONOTONIC after a time server and leaves CLOCK_MONOTONIC_RAW, by which frames are stamped, alone:
 * their slope against each other is the kernel's frequency correction, and its negative the crystal's error. It is worth
 * something only while the machine is synchronised, and only once the correction has been learnt.
 */

import type { ClockPair, TimeKeeper } from '../device/ports.ts';

export interface BoxReference {
  readonly kind: 'chrony' | 'ntp' | 'none';
  /** Error of this box's crystal, ppm; positive: it runs fast. Add it to a rate told against it. */
  readonly boxPpm: number;
  /** 95 % half width, ppm. */
  readonly uncertaintyPpm: number;
}

/** A crystal that nobody checks: a Raspberry Pi's is within 30 ppm of its nominal rate. */
export const BARE_CRYSTAL: BoxReference = { kind: 'none', boxPpm: 0, uncertaintyPpm: 30 };
/** chrony's own bound can be smaller than what temperature does between two of its measurements. */
const CHRONY_LEAST_PPM = 1;
const NTP_PPM = 5;
/** The slope is taken over this long. */
const WINDOW_NS = 600e9;
const CHRONY_AFTER_NS = 60e9;
/** systemd-timesyncd learns a frequency slowly: before this much synchronised time its word counts for nothing. */
const NTP_AFTER_NS = 1800e9;
/** A correction that moved by more than this over half an hour has not been learnt. */
const NTP_SETTLED_PPM = 2;

interface Seen extends ClockPair {
  readonly slopePpm: number;
}

export class BoxReferenceWatch {
  #pairs: Seen[] = [];
  #keeper: TimeKeeper = { kind: 'none' };
  #syncedSinceNs: number | null = null;

  /** Some times a minute. */
  take(pair: ClockPair, keeper: TimeKeeper): void {
    if (keeper.kind !== this.#keeper.kind) {
      this.#pairs = [];
      this.#syncedSinceNs = keeper.kind === 'none' ? null : pair.rawNs;
    }
    this.#keeper = keeper;
    const first = this.#pairs.find((one) => pair.rawNs - one.rawNs <= WINDOW_NS);
    const slopePpm =
      first === undefined || pair.rawNs <= first.rawNs
        ? 0
        : ((pair.monotonicNs - first.monotonicNs) / (pair.rawNs - first.rawNs) - 1) * 1e6;
    this.#pairs.push({ ...pair, slopePpm });
    while (pair.rawNs - this.#pairs[0]!.rawNs > NTP_AFTER_NS + WINDOW_NS) this.#pairs.shift();
  }

  reference(): BoxReference {
    const bare = BARE_CRYSTAL;
    const last = this.#pairs.at(-1);
    if (last === undefined || this.#syncedSinceNs === null) return bare;
    const forNs = last.rawNs - this.#syncedSinceNs;
    const keeper = this.#keeper;
    if (keeper.kind === 'chrony' && forNs >= CHRONY_AFTER_NS) {
      const uncertaintyPpm = Math.max(CHRONY_LEAST_PPM, 2 * keeper.skewPpm + Math.abs(keeper.residualPpm));
      return { kind: 'chrony', boxPpm: -last.slopePpm, uncertaintyPpm };
    }
    if (keeper.kind === 'ntp' && forNs >= NTP_AFTER_NS) {
      const slopes = this.#pairs
        .filter((one) => one.rawNs - this.#syncedSinceNs! >= WINDOW_NS)
        .map((one) => one.slopePpm);
      const moved = Math.max(...slopes) - Math.min(...slopes);
      // Never steered by a hair: nobody has learnt anything.
      if (moved > NTP_SETTLED_PPM || Math.abs(last.slopePpm) < 1e-3) return bare;
      return { kind: 'ntp', boxPpm: -last.slopePpm, uncertaintyPpm: NTP_PPM };
    }
    return bare;
  }
}
