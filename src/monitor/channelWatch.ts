/**
 * What the monitor knows of each channel beside its fast levels: the slow readings of the capture worker, whether somebody
 * counts on the channel (armed), and whether it has gone dead. The findings that follow are the diagnosis'. Pure: times are
 * handed in.
 */
import type { Config } from '../config/schema.ts';
import { GATE_X100 } from '../dsp/loudness.ts';
import { METER_SCALES, type MeterScale, type MeterScaleName } from '../dsp/meterScales.ts';
import { dbOrNull, NO_SIGNAL } from './levels.ts';
import type { SlowReadings } from './slowReadings.ts';
import type { Bank, Channel, LoudnessGroup, SilenceWord, Snapshot } from './snapshot.ts';

/** A channel that played counts as armed from so much signal on: a plug that crackles is no instrument. */
const ARMED_AFTER_MS = 1000;
/** Digital zero or one frozen value for so long is no pause: no microphone is that quiet. */
const DEAD_AFTER_MS = 10_000;
/**
 * Alive but with nothing played for so long, while others play, on a channel that did: a battery, a cable, a muted stage box. Long,
 * for a singer may well sit a piece out.
 */
const QUIET_AFTER_MS = 15 * 60_000;

export interface LoudnessChoice {
  readonly name: string;
  /** 1-based. */
  readonly channels: readonly number[];
}

/**
 * The groups whose loudness is measured: as configured, or by themselves the first two channels of a loopback, which carry the
 * mix that the computer plays.
 */
export function loudnessGroups(
  config: Config,
  banks: readonly Pick<Bank, 'kind' | 'first' | 'last' | 'name'>[],
): LoudnessChoice[] {
  if (config.loudness !== null) return config.loudness.map(({ name, channels }) => ({ name, channels }));
  const mix = banks.find((bank) => bank.kind === 'loopback' && bank.last > bank.first);
  return mix === undefined ? [] : [{ name: mix.name, channels: [mix.first, mix.first + 1] }];
}

const DIGITAL = { ballistic: 'digital', unit: 'dBFS', fullScaleDbu: null } as const;

/** The chosen meter and unit as the Snapshot tells them. */
export function meterSection(
  meter: Pick<Config['meter'], 'ballistic' | 'unit' | 'fullScaleDbu'> = DIGITAL,
): Snapshot['meter'] {
  const scale: MeterScale = METER_SCALES[meter.ballistic as MeterScaleName];
  const known = meter.unit !== 'dBFS' && meter.fullScaleDbu !== null;
  return {
    ballistic: meter.ballistic,
    label: scale.label,
    standard: scale.standard,
    zeroAtDbfs: scale.zeroAtDbfsX100 / 100,
    bottomDb: scale.bottomX100 / 100,
    topDb: scale.topX100 / 100,
    marks: scale.marks.map(({ atX100, text }) => ({ atDb: atX100 / 100, text })),
    unit: known ? meter.unit : 'dBFS',
    fullScaleIs: known ? fullScaleIn(meter.unit, meter.fullScaleDbu!) : 0,
  };
}

/** 0 dBu is 0.7746 V: -2.218 dBV. */
function fullScaleIn(unit: 'dBFS' | 'dBu' | 'dBV', dbu: number): number {
  return Math.round((unit === 'dBV' ? dbu - 2.218 : dbu) * 100) / 100;
}

/** What stands behind a channel's word. */
interface Memory {
  /** Has played for ARMED_AFTER_MS in this stream. */
  played: boolean;
  playingSinceMs: number | null;
  /** Last time it played, or was alive at all. */
  lastSignalMs: number;
  lastAliveMs: number;
}

export type SlowChannel = Pick<
  Channel,
  | 'armed'
  | 'dead'
  | 'peakMaxDbfs'
  | 'overSamples'
  | 'crestDb'
  | 'noiseFloorDbfs'
  | 'dcDbfs'
  | 'dcFlag'
  | 'usedBits'
  | 'stuckAtOne'
  | 'stuckAtZero'
  | 'flatTop'
  | 'copyOf'
  | 'opposite'
  | 'hum'
>;

/** Before the first second of a stream. */
export const UNREAD_CHANNEL: SlowChannel = {
  armed: false,
  dead: false,
  peakMaxDbfs: null,
  overSamples: 0,
  crestDb: null,
  noiseFloorDbfs: null,
  dcDbfs: null,
  dcFlag: false,
  usedBits: 0,
  stuckAtOne: 0,
  stuckAtZero: 0,
  flatTop: false,
  copyOf: null,
  opposite: false,
  hum: null,
};

export class ChannelWatch {
  #named: ReadonlySet<number> = new Set();
  #memories: Memory[] = [];
  #readings: SlowReadings | null = null;
  #groups: readonly LoudnessChoice[] = [];
  #truePeakMax: Int32Array = new Int32Array(0);
  /** When the last other channel played: nobody is missed in a silent room. */
  #roomPlaysMs = Number.NEGATIVE_INFINITY;

  /** Channels with a name in the settings or on the patch sheet are armed from the start. */
  configure(config: Config, groups: readonly LoudnessChoice[]): void {
    this.#named = new Set([
      ...config.channels.filter((channel) => channel.name !== '').map((channel) => channel.index),
      ...(config.patch?.inputs ?? []).map((input) => input.channel),
    ]);
    this.#groups = groups;
  }

  /** A stream has opened: nothing of the one before holds. */
  open(channels: number, nowMs: number): void {
    this.#memories = Array.from({ length: channels }, () => ({
      played: false,
      playingSinceMs: null,
      lastSignalMs: nowMs,
      lastAliveMs: nowMs,
    }));
    this.#readings = null;
    this.#roomPlaysMs = Number.NEGATIVE_INFINITY;
  }

  /** Nothing is captured: the last readings would be a claim about now. */
  drop(): void {
    this.#readings = null;
    for (const memory of this.#memories) memory.playingSinceMs = null;
  }

  take(readings: SlowReadings): void {
    this.#readings = readings;
  }

  /** The silences of all channels, a few times a second while frames come. */
  look(silence: readonly SilenceWord[], nowMs: number): void {
    for (let c = 0; c < this.#memories.length; c++) {
      const memory = this.#memories[c]!;
      const word = silence[c] ?? 'digitalZero';
      if (word === 'none') {
        memory.playingSinceMs ??= nowMs;
        if (nowMs - memory.playingSinceMs >= ARMED_AFTER_MS) memory.played = true;
        memory.lastSignalMs = nowMs;
        this.#roomPlaysMs = nowMs;
      } else memory.playingSinceMs = null;
      if (word === 'none' || word === 'noiseFloor') memory.lastAliveMs = nowMs;
    }
  }

  #armed(index: number): boolean {
    return this.#named.has(index) || this.#memories[index - 1]?.played === true;
  }

  #dead(index: number, nowMs: number): boolean {
    const memory = this.#memories[index - 1];
    // Before the first reading nothing was seen of it, dead or alive.
    if (memory === undefined || this.#readings === null || !memory.played) return false;
    if (nowMs - memory.lastAliveMs >= DEAD_AFTER_MS) return true;
    return nowMs - memory.lastSignalMs >= QUIET_AFTER_MS && nowMs - this.#roomPlaysMs < QUIET_AFTER_MS / 15;
  }

  /** The slow half of a channel, 1-based. */
  channel(index: number, nowMs: number): SlowChannel {
    const r = this.#readings;
    const c = index - 1;
    const armed = this.#armed(index);
    const dead = this.#dead(index, nowMs);
    if (r === null || c >= r.crestDbX100.length) return { ...UNREAD_CHANNEL, armed, dead };
    const humHz = r.humHz[c]!;
    return {
      armed,
      dead,
      peakMaxDbfs: dbOrNull(r.peakMaxDbX100[c]!),
      overSamples: r.overSamples[c]!,
      crestDb: dbOrNull(r.crestDbX100[c]!),
      noiseFloorDbfs: dbOrNull(r.noiseFloorDbX100[c]!),
      dcDbfs: dbOrNull(r.dcDbX100[c]!),
      dcFlag: r.dcFlag[c] === 1,
      usedBits: r.usedBits[c]!,
      stuckAtOne: r.stuckAtOne[c]!,
      stuckAtZero: r.stuckAtZero[c]!,
      flatTop: r.flatTop[c] === 1,
      copyOf: r.copyOf[c]! < 0 ? null : r.copyOf[c]! + 1,
      opposite: r.opposite[c] === 1,
      hum:
        humHz === 50 || humHz === 60
          ? {
              baseHz: humHz,
              levelDbfs: r.humDbX100[c]! / 100,
              harmonics: r.humHarmonics[c]!,
              strongest: r.humStrongest[c]!,
            }
          : null,
    };
  }

  loudness(): LoudnessGroup[] {
    return this.#groups.map(({ name, channels }, place): LoudnessGroup => {
      const told = this.#readings?.loudness[place];
      const db = (x100: number | undefined) => dbOrNull(x100 ?? NO_SIGNAL);
      const truePeak = channels.reduce(
        (max, index) => Math.max(max, this.#truePeakMax[index - 1] ?? NO_SIGNAL),
        NO_SIGNAL,
      );
      return {
        name,
        channels: [...channels],
        momentaryLufs: db(told?.momentaryX100),
        momentaryMaxLufs: db(told?.momentaryMaxX100),
        shortTermLufs: db(told?.shortTermX100),
        shortTermMaxLufs: db(told?.shortTermMaxX100),
        integratedLufs: db(told?.integratedX100),
        // Where no 3 s passed the gate, there is nothing whose range could be told.
        rangeLu: told === undefined || told.shortTermMaxX100 <= GATE_X100 ? null : told.rangeX100 / 100,
        truePeakDbtp: dbOrNull(truePeak),
      };
    });
  }

  /** Largest true peaks since the last clear, from the board. */
  truePeaks(max: Int32Array): void {
    this.#truePeakMax = max;
  }
}
