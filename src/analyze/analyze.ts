/**
 * Recorded takes, offline, as fast as they read: levels, clips, silences and the verdict of each bank. One pass in bounded
 * memory through the same kernels and the same verdict as the live monitor.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { WavReader } from '../device/wav/wavReader.ts';
import { wavSource } from '../device/wav/wavSource.ts';
import { loadKernels } from '../dsp/kernelFile.ts';
import { createWasmMeter } from '../dsp/meterWasm.ts';
import { SlipDetector } from '../dsp/slip/slipDetector.ts';
import { createWasmSlipKernel } from '../dsp/slip/slipWasm.ts';
import { bad, type Fault, good, type Outcome } from '../fault.ts';
import { planBanks } from '../monitor/bankPlan.ts';
import type { Basis, SilenceWord, SyncWord } from '../monitor/snapshot.ts';
import type { BankVerdictState, Slip } from '../monitor/verdict/bankVerdict.ts';
import { SlipVerdicts } from '../monitor/verdict/slipVerdicts.ts';
import { banksByName } from './banksByName.ts';

/** Levels are dB, null for no signal. Channels are 1-based, frames count from the take's start. */
export interface Analysis {
  readonly files: readonly string[];
  readonly rateHz: number;
  readonly frames: number;
  /** Valid bits of a sample. */
  readonly bits: number;
  readonly channels: readonly {
    readonly index: number;
    readonly name: string;
    readonly peakDbfs: number | null;
    readonly rmsDbfs: number | null;
    readonly truePeakDbtp: number | null;
    /** Size of the mean, null below one step. */
    readonly dcDbfs: number | null;
    /** Bits that ever moved, from the top one down. */
    readonly usedBits: number;
    readonly clips: number;
    readonly silence: SilenceWord;
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
    readonly slips: readonly Slip[];
  }[];
  /** In order of frames; at most MAX_EVENTS, the last then is `events-cut`. */
  readonly events: readonly { readonly frame: number; readonly code: string; readonly channels: readonly number[] }[];
}

export interface AnalyzeOptions {
  /** WAVE files of one take, or one folder of them. */
  readonly paths: readonly string[];
  /** Banks that the user names (`--map`), or empty: by channel names, else groups of 8. */
  readonly banks?: Config['banks'];
  /** 0..1, about 100 times in all. */
  readonly onProgress?: (done: number) => void;
}

export interface AnalyzeResult {
  readonly analysis: Analysis;
  /** Where the banks come from: to be said to the user. */
  readonly banksFrom: 'map' | 'names' | 'guess';
  /** What is wrong with the files, though they could be read. */
  readonly notes: readonly Fault[];
}

const BLOCK_FRAMES = 1920;
const MAX_EVENTS = 10_000;
/** RMS over a second that never passes this is a noise floor, dBFS: the live monitor's own limit. */
const NOISE_FLOOR_DBFS = -70;
const FULL_SCALE = 8388607;

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

export function analyze(options: AnalyzeOptions): Outcome<AnalyzeResult> {
  const expanded = expandPaths(options.paths);
  if (!expanded.ok) return expanded;
  const files = expanded.value;
  const opened = wavSource({ kind: 'wav', files, fast: true, loop: false }).open();
  if (!opened.ok) return opened;
  const stream = opened.value;
  const { info } = stream;
  const { channels, rateHz } = info;
  const validBits = Math.min(24, info.validBits);
  const kernels = loadKernels();
  const meter = createWasmMeter(kernels, {
    channels,
    maxFrames: BLOCK_FRAMES,
    fullScale24: (2 ** (validBits - 1) - 1) * 2 ** (24 - validBits),
    clipRun: 3,
    truePeak: true,
  });

  const named = options.banks && options.banks.length > 0 ? null : banksByName(info.channelNames);
  const plan = planBanks(info, options.banks && options.banks.length > 0 ? options.banks : (named ?? []), null);
  const banksFrom = options.banks && options.banks.length > 0 ? 'map' : named !== null ? 'names' : 'guess';
  const columns = plan.banks.map((bank) =>
    Array.from({ length: bank.last - bank.first + 1 }, (_, i) => bank.first - 1 + i),
  );
  // A loopback carries other banks' signals: it is metered, and judges nobody.
  const watched = plan.banks.map((bank, index) => ({ bank, index })).filter(({ bank }) => bank.kind !== 'loopback');
  const slips = plan.banks.map((): Slip[] => []);
  const events: { frame: number; code: string; channels: number[] }[] = [];
  let cut = false;
  const event = (frame: number, code: string, of: number[]) => {
    if (events.length < MAX_EVENTS) events.push({ frame, code, channels: of });
    else cut = true;
  };
  const channelsOf = (index: number) => columns[index]!.map((c) => c + 1);
  const verdicts = new SlipVerdicts({
    rateHz,
    banks: watched.map(({ bank }) => bank),
    onSlip: (bank, slip) => {
      const index = plan.banks.findIndex((other) => other.id === bank.id);
      if (slips[index]!.length < MAX_EVENTS) slips[index]!.push(slip);
      event(slip.frame, `slip-${slip.kind}`, channelsOf(index));
    },
    onLoss: (frame) =>
      event(
        frame,
        'usb-loss',
        Array.from({ length: channels }, (_, c) => c + 1),
      ),
  });
  const detector = new SlipDetector({
    channels,
    maxFrames: BLOCK_FRAMES,
    rateHz,
    banks: watched.map(({ index }) => columns[index]!),
    kernel: (lanes, capacity) => createWasmSlipKernel(kernels, { channels, maxFrames: BLOCK_FRAMES, lanes, capacity }),
    onEvidence: (evidence) => verdicts.take(evidence),
  });

  const peak = new Float64Array(channels);
  const truePeak = new Float64Array(channels);
  const squares = new Float64Array(channels);
  const sums = new Float64Array(channels);
  const bits = new Int32Array(channels);
  const clips = new Int32Array(channels);
  const equal = new Float64Array(channels);
  const second = new Float64Array(channels);
  const loudest = new Float64Array(channels);
  const zeroSince = new Float64Array(channels).fill(-1);
  const zero: boolean[] = watched.map(() => false);
  // A take that slipped once is not saved by a good end: the last lock is its verdict.
  const locks: (BankVerdictState | null)[] = watched.map(() => null);
  const keepLocks = () => {
    verdicts.verdicts.forEach((verdict, b) => {
      const state = verdict.state();
      if (state.sync === 'lock') locks[b] = state;
    });
  };
  let frames = 0;
  let secondFrames = 0;
  let note: Fault | null = null;
  const total = framesOf(files[0]!);
  let told = 0;
  for (;;) {
    const read = stream.read(meter.input, BLOCK_FRAMES, 100);
    if (read.kind === 'idle') continue;
    if (read.kind === 'gone') {
      stream.close();
      return { ok: false, fault: read.fault };
    }
    if (read.kind === 'ended') {
      note = read.note;
      break;
    }
    if (read.kind === 'xrun') {
      detector.reset();
      verdicts.gap();
      continue;
    }
    const count = read.frames;
    meter.process(count);
    detector.process(meter.input, count, frames, meter);
    for (let c = 0; c < channels; c++) {
      if (meter.peak24[c]! > peak[c]!) peak[c] = meter.peak24[c]!;
      if (meter.truePeakQ13[c]! > truePeak[c]!) truePeak[c] = meter.truePeakQ13[c]!;
      const energy = Number(meter.sumSquares[c]!);
      squares[c]! += energy;
      second[c]! += energy;
      sums[c]! += Number(meter.sum[c]!);
      bits[c]! |= meter.orBits[c]!;
      equal[c]! += meter.equalCount[c]!;
      if (meter.clipEvents[c]! > 0) {
        clips[c]! += meter.clipEvents[c]!;
        event(frames + meter.clipFrame[c]!, 'clip', [c + 1]);
      }
      if (meter.orBits[c] !== 0) {
        // A hole of digital zero, of whole blocks, in a channel that played before and plays again.
        if (zeroSince[c]! > 0) event(zeroSince[c]!, 'silence', [c + 1]);
        zeroSince[c] = -1;
      } else if (zeroSince[c]! < 0) zeroSince[c] = frames;
    }
    frames += count;
    secondFrames += count;
    if (secondFrames >= rateHz) {
      for (let c = 0; c < channels; c++) {
        loudest[c] = Math.max(loudest[c]!, second[c]! / secondFrames);
        second[c] = 0;
      }
      secondFrames = 0;
    }
    for (let b = 0; b < watched.length; b++) zero[b] = columns[watched[b]!.index]!.every((c) => meter.orBits[c] === 0);
    verdicts.advance(frames, zero);
    if (secondFrames === 0) keepLocks();
    if (options.onProgress && total > 0 && frames / total >= told + 0.01) {
      told = frames / total;
      options.onProgress(Math.min(1, told));
    }
  }
  stream.close();
  // What still waits for its neighbours is decided by one more second of nothing.
  verdicts.advance(frames + rateHz, zero);
  if (secondFrames > 0)
    for (let c = 0; c < channels; c++) loudest[c] = Math.max(loudest[c]!, second[c]! / secondFrames);
  options.onProgress?.(1);

  keepLocks();
  const states = verdicts.verdicts.map((verdict, b) => locks[b] ?? verdict.state());
  const silenceOf = (c: number): SilenceWord => {
    if (bits[c] === 0) return 'digitalZero';
    if (equal[c]! >= frames - 1) return 'frozen';
    return (db(Math.sqrt(loudest[c]!) / FULL_SCALE) ?? -200) < NOISE_FLOOR_DBFS ? 'noiseFloor' : 'none';
  };
  const analysis: Analysis = {
    files,
    rateHz,
    frames,
    bits: info.validBits,
    channels: Array.from({ length: channels }, (_, c) => ({
      index: c + 1,
      name: info.channelNames[c] || `Ch ${c + 1}`,
      peakDbfs: db(peak[c]! / FULL_SCALE),
      rmsDbfs: frames === 0 ? null : db(Math.sqrt(squares[c]! / frames) / FULL_SCALE),
      truePeakDbtp: db(truePeak[c]! / 8192 / FULL_SCALE),
      dcDbfs: frames === 0 || Math.abs(sums[c]! / frames) < 1 ? null : db(Math.abs(sums[c]! / frames) / FULL_SCALE),
      usedBits: bits[c] === 0 ? 0 : 1 + Math.clz32(bits[c]! & -bits[c]!),
      clips: clips[c]!,
      silence: silenceOf(c),
    })),
    banks: plan.banks.map((bank, index) => {
      const state = states[watched.findIndex((other) => other.index === index)];
      return {
        id: bank.id,
        channels: channelsOf(index),
        first: bank.first,
        last: bank.last,
        sync: state?.sync ?? 'unknown',
        basis: state?.basis ?? 'none',
        ppm: state?.ppm ?? null,
        uncertaintyPpm: state?.uncertaintyPpm ?? null,
        boundPpm: state?.boundPpm ?? null,
        slips: slips[index]!.sort((a, b) => a.frame - b.frame),
      };
    }),
    events: [
      ...events.sort((a, b) => a.frame - b.frame),
      ...(cut ? [{ frame: frames, code: 'events-cut', channels: [] }] : []),
    ],
  };
  return good({ analysis, banksFrom, notes: note === null ? info.notes : [...info.notes, note] });
}

/** Length of a file, frames; 0 where it can't be told. Only for the progress. */
function framesOf(path: string): number {
  const opened = WavReader.open(path);
  if (!opened.ok) return 0;
  opened.value.close();
  return opened.value.info.frames;
}

/** Two decimals; null for nothing. */
function db(ratio: number): number | null {
  return ratio > 0 ? Math.round(2000 * Math.log10(ratio)) / 100 : null;
}
