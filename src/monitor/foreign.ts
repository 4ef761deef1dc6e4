/** What the ports carry that is no sound of their own, as the Snapshot tells it and as findings in plain words. Pure. */
import type { ForeignData, ForeignReading } from '../dsp/foreign.ts';
import { assertNever } from '../fault.ts';
import type { Bank, Finding, ForeignEntry } from './snapshot.ts';

export class ForeignBoard {
  #readings: readonly ForeignReading[] = [];
  #sinceMs = new Map<string, number>();
  /** Ids of the banks that the readings count by. */
  #watched: readonly string[] = [];

  /** A stream opened, or its banks changed: nothing is known of it yet. */
  open(watched: readonly string[]): void {
    this.#watched = watched;
    this.#readings = [];
    this.#sinceMs.clear();
  }

  take(readings: readonly ForeignReading[], nowMs: number): void {
    const since = new Map<string, number>();
    for (const reading of readings) since.set(keyOf(reading), this.#sinceMs.get(keyOf(reading)) ?? nowMs);
    this.#readings = readings;
    this.#sinceMs = since;
  }

  /** Ids of the banks that carry hash or a coded stream: their samples show no slips, and no sync either. */
  noSound(): ReadonlySet<string> {
    const ids = new Set<string>();
    for (const { bank, data } of this.#readings) {
      const id = this.#watched[bank];
      if (id !== undefined && (data.kind === 'hash' || data.kind === 'nonAudio')) ids.add(id);
    }
    return ids;
  }

  /** The Snapshot's section. */
  entries(): ForeignEntry[] {
    return this.#readings.flatMap((reading): ForeignEntry[] => {
      const bank = this.#watched[reading.bank];
      if (bank === undefined) return [];
      const { data } = reading;
      return [
        {
          bank,
          kind: data.kind,
          format: data.kind === 'nonAudio' ? data.format : null,
          channels: reading.channels.map((c) => c + 1),
          confidence: reading.confidence,
          sinceFrame: reading.frame,
        },
      ];
    });
  }

  findings(banks: readonly Bank[], rateHz: number): Finding[] {
    return this.#readings.flatMap((reading): Finding[] => {
      const bank = banks.find((one) => one.id === this.#watched[reading.bank]);
      if (bank === undefined) return [];
      return [
        {
          ...wordsOf(reading.data, reading.channels, bank, rateHz),
          // Two channels alone may be somebody's generator, or two microphones a hand apart.
          severity: reading.confidence === 'low' ? 'warning' : 'alarm',
          where: bank.box ?? bank.name,
          confidence: reading.confidence,
          sinceMs: Math.floor(this.#sinceMs.get(keyOf(reading)) ?? 0),
        },
      ];
    });
  }
}

function keyOf(reading: ForeignReading): string {
  return `${reading.bank} ${reading.data.kind} ${reading.channels[0]}`;
}

/** `11-12`, `1-4, 7`. */
function channelList(channels: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < channels.length; i++) {
    const first = channels[i]! + 1;
    while (i + 1 < channels.length && channels[i + 1] === channels[i]! + 1) i++;
    const last = channels[i]! + 1;
    parts.push(first === last ? String(first) : `${first}-${last}`);
  }
  return parts.join(', ');
}

const kHz = (rateHz: number) => `${Number((rateHz / 1000).toFixed(1))} kHz`;

function wordsOf(
  data: ForeignData,
  channels: readonly number[],
  bank: Bank,
  rateHz: number,
): Pick<Finding, 'code' | 'symptom' | 'cause' | 'fix'> {
  const box = bank.box ?? bank.name;
  switch (data.kind) {
    case 'nonAudio':
      return {
        code: 'foreign-data',
        symptom: `${bank.name} carries ${data.format} data, not sound, on channels ${channelList(channels)}.`,
        cause: `The digital output of ${box} is set to a coded bitstream.`,
        fix: `Set the digital output of ${box} to PCM. Until then these channels are left out of the levels.`,
      };
    case 'hash':
      return {
        code: 'foreign-hash',
        symptom: `${bank.name} is noise at full scale on all its channels.`,
        cause: `${box} and the port run at different rates or formats.`,
        fix: `Mute first. Set ${box} to ${kHz(rateHz)}, and the port to the format that ${box} sends.`,
      };
    case 'smuxSplit':
      return {
        code: 'smux-mismatch',
        symptom: `Channels ${channelList(channels)} of ${bank.name} come in ${data.factor === 2 ? 'pairs' : 'fours'}, a fraction of a sample apart.`,
        cause: `${box} sends at ${kHz(rateHz * data.factor)} (S/MUX), the interface receives at ${kHz(rateHz)}.`,
        fix: `Set ${box} to ${kHz(rateHz)}, or the interface to ${kHz(rateHz * data.factor)}.`,
      };
    case 'smuxMerged':
      return {
        code: 'smux-mismatch',
        symptom: `Channels ${channelList(channels)} of ${bank.name} carry two signals each, sample by sample in turn.`,
        cause: `${box} sends at ${kHz(rateHz / 2)}, the interface receives at ${kHz(rateHz)} (S/MUX).`,
        fix: `Set ${box} to ${kHz(rateHz)}, or the interface to ${kHz(rateHz / 2)}.`,
      };
    default:
      return assertNever(data);
  }
}
