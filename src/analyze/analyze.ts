/**
 * Recorded takes, offline, as fast as they read: all readings of each channel, loudness, and the verdict of each bank. One
 * pass in bounded memory through the same kernels and the same verdict as the live monitor.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import type { InterfaceMap } from '../device/interfaces/interfaceMap.ts';
import { WavReader } from '../device/wav/wavReader.ts';
import { wavSource } from '../device/wav/wavSource.ts';
import { NO_SIGNAL } from '../dsp/decibels.ts';
import {
  type ChannelReadings,
  createFileReader,
  csvOfReadings,
  type GroupLoudness,
  pairsOf,
} from '../dsp/fileReadings.ts';
import { loadKernels } from '../dsp/kernelFile.ts';
import type { MeterScaleName } from '../dsp/meterScales.ts';
import { bad, type Fault, good, type Outcome } from '../fault.ts';
import { planBanks } from '../monitor/bankPlan.ts';
import { cantTell } from '../monitor/cantTell.ts';
import type { Basis, CantTell, SilenceWord, SyncWord } from '../monitor/snapshot.ts';
import type { Slip } from '../monitor/verdict/bankVerdict.ts';
import { interfaceIn, interfaceNamed } from './banksByInterface.ts';
import { banksByName } from './banksByName.ts';
import { TakeEvents } from './takeEvents.ts';
import { type Judge, startJudges } from './takeJudges.ts';

/** Levels are dB, null for no signal. Channels are 1-based, frames count from the take's start. */
export interface Analysis {
  readonly files: readonly string[];
  readonly rateHz: number;
  readonly frames: number;
  /** Valid bits of a sample. */
  readonly bits: number;
  /** The meter whose maximum is `meterMaxDb`. */
  readonly meter: MeterScaleName;
  /** What each reading means: docs/metering.md. */
  readonly channels: readonly {
    readonly index: number;
    readonly name: string;
    readonly peakDbfs: number | null;
    readonly rmsDbfs: number | null;
    /** 3.01 dB over `rmsDbfs`: a full-scale sine reads 0. */
    readonly rmsAes17Dbfs: number | null;
    readonly crestDb: number | null;
    readonly truePeakDbtp: number | null;
    /** Largest reading of the chosen meter, on its own scale. */
    readonly meterMaxDb: number | null;
    /** Size of the mean, null below one step. */
    readonly dcDbfs: number | null;
    /** Stayed beyond -60 dBFS on one side for 5 s. */
    readonly dcFlag: boolean;
    /** Bits that ever moved, from the top one down. */
    readonly usedBits: number;
    /** Masks over the 32-bit word, left-justified: bits that never moved although the sign and lower ones did. */
    readonly stuckAtOne: number;
    readonly stuckAtZero: number;
    readonly clips: number;
    /** Samples at full scale. */
    readonly overSamples: number;
    /** Clipped before the interface: flat tops below full scale. */
    readonly flatTop: boolean;
    readonly silence: SilenceWord;
    /** Seconds that were judged so. */
    readonly silenceSeconds: Readonly<Record<SilenceWord, number>>;
    /** Smallest RMS of a second in the last minute, digital zero left out. */
    readonly noiseFloorDbfs: number | null;
    /** 1-based channel that this one copies, bit for bit. */
    readonly copyOf: number | null;
    /** Seconds in which this channel and its neighbour (1-2, 3-4, ...) were of opposite polarity. */
    readonly oppositeSeconds: number;
    /** The strongest mains hum that stood in a quiet stretch; `harmonics`: bit h-1 for each one found. */
    readonly hum: { readonly baseHz: 50 | 60; readonly levelDbfs: number; readonly harmonics: number } | null;
  }[];
  /** Programme loudness of the groups that were asked for (neighbours in pairs): ITU-R BS.1770-5, EBU R 128. */
  readonly loudness: readonly {
    readonly channels: readonly number[];
    readonly integratedLufs: number | null;
    readonly rangeLu: number;
    readonly momentaryMaxLufs: number | null;
    readonly shortTermMaxLufs: number | null;
    readonly truePeakDbtp: number | null;
  }[];
  readonly banks: readonly {
    readonly id: string;
    readonly channels: readonly number[];
    readonly first: number;
    readonly last: number;
    readonly sync: SyncWord;
    readonly basis: Basis;
    readonly ppm: number | null;
    readonly uncertaintyPpm: number | null;
    readonly boundPpm: number | null;
    /**
     * Frame until which SYNC stood, to a second; null: it never did, or a slip or a jump followed. With sync: the take's last, or one
     * before silence. With unknown: something played behind it, too short to tell.
     */
    readonly syncUntilFrame: number | null;
    /** With unknown: why, and how far the take's end was from a word. Else null. */
    readonly cantTell: CantTell | null;
    readonly slips: readonly Slip[];
  }[];
  /** In order of frames; at most MAX_EVENTS (takeEvents.ts), the last then is `events-cut`. */
  readonly events: readonly { readonly frame: number; readonly code: string; readonly channels: readonly number[] }[];
}

export interface AnalyzeOptions {
  /** WAVE files of one take, or one folder of them. */
  readonly paths: readonly string[];
  /** Banks that the user names (`--map`), or empty: by interface, by channel names, by the file's description, else groups of 8. */
  readonly banks?: Config['banks'];
  /** USB id or name (or a part of it) of the interface that the take was recorded with, as in the table of interfaces. */
  readonly interface?: string;
  /** Which meter's maximum to give; default `digital`. */
  readonly meter?: MeterScaleName;
  /** 1-based channels whose loudness is wanted together; default: neighbours in pairs. */
  readonly groups?: readonly (readonly number[])[];
  /** Threads at most, 1..3; the answer is the same. Default 1. */
  readonly threads?: number;
  /** 0..1, about 100 times in all. */
  readonly onProgress?: (done: number) => void;
}

export interface AnalyzeResult {
  readonly analysis: Analysis;
  /** Where the banks come from: to be said to the user. */
  readonly banksFrom: 'map' | 'interface' | 'names' | 'description' | 'guess';
  /** The interface whose map was used, and whether somebody read that map in a driver; null: none. */
  readonly interface: { readonly name: string; readonly verified: boolean } | null;
  /** What is wrong with the files, though they could be read. */
  readonly notes: readonly Fault[];
  /** The channels' readings and loudness as a table: one line a channel. */
  readonly csv: string;
}

/** Takes of fewer samples in all (half a minute of 8 channels), or fewer channels, cost more in threads than they save. */
const LEAST_SAMPLES = 10_000_000;
const LEAST_CHANNELS = 4;

/** A folder stands for the WAVE files in it, in order of their names. */
export function expandPaths(paths: readonly string[]): Outcome<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() !== true) {
      files.push(path);
      continue;
    }
    const found = readdirSync(path)
      .filter((name) => /\.(wav|wave|rf64|bw64)$/i.test(name))
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    if (found.length === 0) return bad('wav-none', `There is no WAVE file in ${path}.`, 'Name the folder of the take.');
    files.push(...found.map((name) => join(path, name)));
  }
  return good(files);
}

export async function analyze(options: AnalyzeOptions): Promise<Outcome<AnalyzeResult>> {
  const expanded = expandPaths(options.paths);
  if (!expanded.ok) return expanded;
  const files = expanded.value;
  const opened = wavSource({ kind: 'wav', files, fast: true, loop: false }).open();
  if (!opened.ok) return opened;
  const stream = opened.value;
  const { info } = stream;
  const { channels, rateHz } = info;
  const strange = options.groups?.flat().find((channel) => channel > channels);
  if (strange !== undefined) {
    stream.close();
    return bad(
      'loudness-channel',
      `Channel ${strange} is not in this take: it has ${channels}.`,
      'Name groups of its channels, such as --loudness 1-2,3-4.',
    );
  }
  const kernels = loadKernels();
  const groups = options.groups?.map((group) => group.map((channel) => channel - 1)) ?? pairsOf(channels);
  const first = WavReader.open(files[0]!);
  const about = first.ok ? first.value.info : null;
  if (first.ok) first.value.close();
  const total = about?.frames ?? 0;
  const worthIt = channels >= LEAST_CHANNELS && total * channels >= LEAST_SAMPLES;
  const threads = worthIt ? (options.threads ?? 1) : 1;
  // The search for slips costs a little less than all the rest: a second thread that takes it has time for a quarter of the loudness; a third one
  // takes all of that.
  const groupsElsewhere = threads === 1 ? 0 : threads === 2 ? Math.floor(groups.length / 4) : groups.length;
  const groupsBeside = threads === 2 ? groups.slice(groups.length - groupsElsewhere) : [];
  const reader = createFileReader(kernels, {
    channels,
    rateHz,
    validBits: info.validBits,
    groups,
    groupsElsewhere,
    ...(options.meter ? { meter: options.meter } : {}),
  });
  const { kernel: meter, blockFrames } = reader;
  if (meter.packed !== null) stream.unpackBy?.(meter.packed);

  const source = await banksOf(options, info.channelNames, channels, about?.description ?? '');
  if (!source.ok) {
    stream.close();
    return source;
  }
  const { from: banksFrom, map: mapped } = source.value;
  const plan = planBanks(info, source.value.banks, mapped);
  const columns = plan.banks.map((bank) =>
    Array.from({ length: bank.last - bank.first + 1 }, (_, i) => bank.first - 1 + i),
  );
  // A loopback carries other banks' signals: it is metered, and judges nobody.
  const watched = plan.banks.map((bank, index) => ({ bank, index })).filter(({ bank }) => bank.kind !== 'loopback');
  const slips: Judge = {
    kind: 'slips',
    options: {
      channels,
      rateHz,
      blockFrames,
      banks: watched.map(({ bank }) => ({ id: bank.id, kind: bank.kind })),
      columns: watched.map(({ index }) => columns[index]!),
      groups: groupsBeside,
    },
  };
  const loudness: Judge = { kind: 'loudness', options: { channels, rateHz, blockFrames, groups } };
  const shares: [here: Judge[], elsewhere: Judge[][]] =
    threads === 1 ? [[slips], []] : [[], threads === 2 ? [[slips]] : [[slips], [loudness]]];
  const judging = startJudges(kernels, ...shares, { channels, blockFrames });
  try {
    const events = new TakeEvents();
    if (plan.from === 'guess') events.add(0, 0, 'banks-guessed', [...Array(channels).keys()]);
    const zeroSince = new Float64Array(channels).fill(-1);
    let frames = 0;
    let note: Fault | null = null;
    let told = 0;
    for (let block = 0; ; ) {
      const ready = stream.ready?.(blockFrames) ?? null;
      if (ready !== null) await ready;
      const read = stream.read(meter.input, blockFrames, 100);
      if (read.kind === 'idle') continue;
      if (read.kind === 'gone') return { ok: false, fault: read.fault };
      if (read.kind === 'ended') {
        note = read.note;
        break;
      }
      if (read.kind === 'xrun') {
        await judging.gap();
        continue;
      }
      const count = read.frames;
      reader.push(count);
      const room = judging.take(meter, count);
      const order = TakeEvents.order(block, 'meter');
      for (let c = 0; c < channels; c++) {
        if (meter.clipEvents[c]! > 0) events.add(order, frames + meter.clipFrame[c]!, 'clip', [c]);
        if (meter.orBits[c] !== 0) {
          // A hole of digital zero, of whole blocks, in a channel that played before and plays again.
          if (zeroSince[c]! > 0) events.add(order, zeroSince[c]!, 'silence', [c]);
          zeroSince[c] = -1;
        } else if (zeroSince[c]! < 0) zeroSince[c] = frames;
      }
      frames += count;
      block++;
      if (options.onProgress && total > 0 && frames / total >= told + 0.01) {
        told = frames / total;
        options.onProgress(Math.min(1, told));
      }
      if (room !== null) await room;
    }
    const judged = await judging.finish();
    options.onProgress?.(1);
    const found = judged.find((judgement) => judgement.kind === 'slips')!.result;
    const readings = reader.finish(
      judged.flatMap(({ kind, result }) => (kind === 'loudness' ? result : result.loudness)),
    );
    const names = Array.from({ length: channels }, (_, c) => info.channelNames[c] || `Ch ${c + 1}`);
    const analysis: Analysis = {
      files,
      rateHz,
      frames,
      bits: info.validBits,
      meter: readings.meter,
      channels: readings.channels.map((channel, c) => channelOf(channel, names[c]!)),
      loudness: readings.loudness.map(loudnessOf),
      banks: plan.banks.map((bank, index) => {
        const b = watched.findIndex((other) => other.index === index);
        const state = found.states[b];
        const sync = state?.sync ?? 'unknown';
        const plays = columns[index]!.some((c) => readings.channels[c]!.silenceSeconds.none > 0);
        return {
          id: bank.id,
          channels: columns[index]!.map((c) => c + 1),
          first: bank.first,
          last: bank.last,
          sync,
          basis: state?.basis ?? 'none',
          ppm: state?.ppm ?? null,
          uncertaintyPpm: state?.uncertaintyPpm ?? null,
          boundPpm: state?.boundPpm ?? null,
          syncUntilFrame: found.syncUntil[b] ?? null,
          cantTell:
            sync === 'unknown' ? cantTell({ verdict: state ?? null, vantage: 'own', noSound: false, plays }) : null,
          slips: [...(found.slips[b] ?? [])].sort((one, other) => one.frame - other.frame),
        };
      }),
      events: TakeEvents.together([events, found.events], frames),
    };
    return good({
      analysis,
      banksFrom,
      interface: mapped === null ? null : { name: mapped.name, verified: mapped.verified },
      notes: note === null ? info.notes : [...info.notes, note],
      csv: csvOfReadings(readings, names),
    });
  } finally {
    stream.close();
    await judging.stop();
  }
}

/** Who says which channels are a bank: the user's map, his interface, the tracks' names, the file's description, or nobody. */
async function banksOf(
  options: AnalyzeOptions,
  channelNames: readonly string[],
  channels: number,
  description: string,
): Promise<Outcome<{ from: AnalyzeResult['banksFrom']; banks: Config['banks']; map: InterfaceMap | null }>> {
  if (options.banks && options.banks.length > 0) return good({ from: 'map', banks: options.banks, map: null });
  // Loaded where it is wanted only: the library that checks it takes 0.3 s.
  const table = async () => (await import('../device/interfaces/interfaceTable.ts')).loadInterfaceTable();
  if (options.interface !== undefined) {
    const map = interfaceNamed(await table(), options.interface, channels);
    return map.ok ? good({ from: 'interface', banks: [], map: map.value }) : map;
  }
  const named = banksByName(channelNames);
  if (named !== null) return good({ from: 'names', banks: named, map: null });
  const map = description === '' ? null : interfaceIn(await table(), description);
  return good({ from: map === null ? 'guess' : 'description', banks: [], map });
}

function channelOf(of: ChannelReadings, name: string): Analysis['channels'][number] {
  return {
    index: of.channel,
    name,
    peakDbfs: db(of.peakDbX100),
    rmsDbfs: db(of.rmsDbX100),
    rmsAes17Dbfs: db(of.aes17DbX100),
    crestDb: db(of.crestDbX100),
    truePeakDbtp: db(of.truePeakDbX100),
    meterMaxDb: db(of.meterMaxX100),
    dcDbfs: Math.abs(of.dcSteps) < 1 ? null : db(of.dcDbX100),
    dcFlag: of.dcFlag,
    usedBits: of.bitsUsed,
    stuckAtOne: of.stuckAtOne,
    stuckAtZero: of.stuckAtZero,
    clips: of.clips,
    overSamples: of.overSamples,
    flatTop: of.flatTop,
    silence: of.silence,
    silenceSeconds: of.silenceSeconds,
    noiseFloorDbfs: db(of.noiseFloorDbX100),
    copyOf: of.copyOf,
    oppositeSeconds: of.oppositeSeconds,
    hum:
      of.hum === null
        ? null
        : { baseHz: of.hum.baseHz, levelDbfs: of.hum.levelDbX100 / 100, harmonics: of.hum.harmonics },
  };
}

function loudnessOf(group: GroupLoudness): Analysis['loudness'][number] {
  return {
    channels: group.channels,
    integratedLufs: db(group.integratedX100),
    rangeLu: group.rangeX100 / 100,
    momentaryMaxLufs: db(group.momentaryMaxX100),
    shortTermMaxLufs: db(group.shortTermMaxX100),
    truePeakDbtp: db(group.truePeakDbX100),
  };
}

function db(x100: number): number | null {
  return x100 === NO_SIGNAL ? null : x100 / 100;
}
