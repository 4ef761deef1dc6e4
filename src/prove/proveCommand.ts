/** `lightkeeper prove`: the guided proof without the rest: a card, a recorded test tone, or the simulator; progress and a verdict. */

import { banksByName } from '../analyze/banksByName.ts';
import { readMap } from '../analyze/readMap.ts';
import { alsaCardSource } from '../device/alsa/findCard.ts';
import { loadInterfaceTable } from '../device/interfaces/interfaceTable.ts';
import type { CaptureChoice, CaptureSource, CaptureStream, StreamInfo } from '../device/ports.ts';
import { loadDump, replayScenario } from '../device/sim/replay.ts';
import { loadScenario } from '../device/sim/scenario.ts';
import { simSource } from '../device/sim/simSource.ts';
import { wavSource } from '../device/wav/wavSource.ts';
import { ProofMeter, type ProofReading } from '../dsp/proof/proofMeter.ts';
import { assertNever, bad, good, type Outcome } from '../fault.ts';
import { type PlannedBank, planBanks } from '../monitor/bankPlan.ts';
import { progressOf } from '../monitor/proofs.ts';
import type { ProveProgress } from '../monitor/snapshot.ts';

export interface ProveCommand {
  readonly choice: CaptureChoice;
  /** By its id, name or box; null: whichever digital bank the tone arrives on. */
  readonly bank: string | null;
  /** Banks, as for `analyze`; null: by the table of interfaces, the source, or the tracks' names. */
  readonly mapFile: string | null;
  readonly json: boolean;
}

export interface ProveReport {
  readonly text: string;
  readonly state: ProveProgress['state'];
}

const WAIT_MS = 100;

function sourceOf(choice: CaptureChoice): Outcome<CaptureSource> {
  switch (choice.kind) {
    case 'alsa':
      return good(alsaCardSource(choice));
    case 'wav':
      return good(wavSource({ ...choice, fast: true, loop: false }));
    case 'sim': {
      const scenario = loadScenario(choice.scenario);
      if (!scenario.ok) return scenario;
      // Virtual time: nobody waits for a simulated tone.
      return good(simSource(scenario.value, { seed: choice.seed, fast: true, nowNs: () => 0, sleepMs: () => {} }));
    }
    case 'replay': {
      const dump = loadDump(choice.dumpFile);
      if (!dump.ok) return dump;
      const scenario = replayScenario(dump.value, loadInterfaceTable());
      return good(simSource(scenario, { seed: 1, fast: true, nowNs: () => 0, sleepMs: () => {} }));
    }
    default:
      return assertNever(choice);
  }
}

function banksOf(info: StreamInfo, mapped: Parameters<typeof planBanks>[1]): readonly PlannedBank[] {
  const map = info.usbId === null ? null : loadInterfaceTable().lookup(info.usbId, info.channels);
  const plan = planBanks(info, mapped, map);
  const named = plan.from === 'guess' ? banksByName(info.channelNames) : null;
  return named === null ? plan.banks : planBanks(info, named, null).banks;
}

const isOwn = ({ kind }: PlannedBank) => kind === 'analogue' || kind === 'loopback';
const columnsOf = (banks: readonly PlannedBank[]) =>
  banks.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => first - 1 + i));

function chosenBanks(banks: readonly PlannedBank[], wanted: string | null): Outcome<readonly PlannedBank[]> {
  const digital = banks.filter((bank) => !isOwn(bank));
  const names = digital.map(({ name }) => name).join(', ') || 'none';
  if (wanted === null)
    return digital.length > 0
      ? good(digital)
      : bad('prove-no-bank', 'There is no digital port here: nothing to prove.', 'Name the banks with --map.');
  const same = (text: string | null) => text?.toLowerCase() === wanted.toLowerCase();
  const found = banks.find(({ id, name, box }) => same(id) || same(name) || same(box));
  if (found === undefined) return bad('prove-no-bank', `There is no bank ${wanted}.`, `Choose one of these: ${names}.`);
  if (isOwn(found))
    return bad(
      'prove-not-digital',
      `${found.name} has no clock but the interface's own: there is nothing to prove.`,
      `Choose one of these: ${names}.`,
    );
  return good([found]);
}

/** Blocks until there is a verdict or the source ends. `onProgress`: a line some four times a second of the stream. */
export function runProve(command: ProveCommand, onProgress: ((line: string) => void) | null): Outcome<ProveReport> {
  const mapped = command.mapFile === null ? good([]) : readMap(command.mapFile);
  if (!mapped.ok) return mapped;
  const source = sourceOf(command.choice);
  if (!source.ok) return source;
  const opened = source.value.open();
  if (!opened.ok) return opened;
  const stream = opened.value;
  const { info } = stream;
  const banks = banksOf(info, mapped.value ?? []);
  const chosen = chosenBanks(banks, command.bank);
  if (!chosen.ok) {
    stream.close();
    return chosen;
  }
  const references = columnsOf(banks.filter(isOwn));
  const proofs = chosen.value.map((bank) => ({
    bank,
    meter: new ProofMeter({ rateHz: info.rateHz, columns: columnsOf([bank]), references }),
  }));
  const read = listen(stream, proofs, onProgress);
  stream.close();
  if (!read.ok) return read;
  const best = furthest(proofs);
  const progress = progressOf(best.bank, best.meter.reading, 0);
  const text = command.json ? `${JSON.stringify(progress, null, 1)}\n` : asText(best.bank, progress);
  return good({ text, state: progress.state });
}

interface Running {
  readonly bank: PlannedBank;
  readonly meter: ProofMeter;
}

const RANK: Readonly<Record<ProofReading['state'], number>> = {
  failed: 4,
  passed: 3,
  measuring: 2,
  unclear: 1,
  listening: 0,
};

/** A verdict before none; of those without one, where there was a tone. */
function furthest(proofs: readonly Running[]): Running {
  return proofs.reduce((best, one) => {
    const [a, b] = [best.meter.reading, one.meter.reading];
    return RANK[b.state] + (b.column === null ? 0 : 0.5) > RANK[a.state] + (a.column === null ? 0 : 0.5) ? one : best;
  });
}

function listen(
  stream: CaptureStream,
  proofs: readonly Running[],
  onProgress: ((line: string) => void) | null,
): Outcome<null> {
  const { channels, periodFrames, rateHz } = stream.info;
  const block = new Int32Array(channels * periodFrames + 64);
  let frames = 0;
  let told = 0;
  while (!proofs.every(({ meter }) => meter.done) && !proofs.some(({ meter }) => settled(meter))) {
    const read = stream.read(block, periodFrames, WAIT_MS);
    switch (read.kind) {
      case 'frames':
        for (const { meter } of proofs) meter.process(block, channels, read.frames, frames);
        frames += read.frames;
        break;
      case 'idle':
        continue;
      case 'xrun':
        for (const { meter } of proofs) meter.gap();
        break;
      case 'ended':
        for (const { meter } of proofs) meter.end();
        return good(null);
      case 'gone':
        return { ok: false, fault: read.fault };
      default:
        assertNever(read);
    }
    if (frames - told < rateHz / 4) continue;
    told = frames;
    const { bank, meter } = furthest(proofs);
    onProgress?.(progressOf(bank, meter.reading, 0).what);
  }
  return good(null);
}

function settled(meter: ProofMeter): boolean {
  return meter.reading.state === 'passed' || meter.reading.state === 'failed';
}

function asText(bank: PlannedBank, progress: ProveProgress): string {
  const words = { passed: 'PROVEN', failed: 'LOCK!', unclear: '?', listening: '?', measuring: '?' };
  const { hz, levelDbfs, channel, reference, boundPpm, seconds } = progress;
  const tone =
    channel === null || hz === null
      ? []
      : [
          `Tone: ${hz.toFixed(1)} Hz, ${(levelDbfs ?? 0).toFixed(1)} dBFS on channel ${channel}, ${seconds.toFixed(1)} s; ${
            reference === null
              ? "judged by its own steps: no input of the interface's own hears it"
              : `judged against channel ${reference}`
          }.`,
        ];
  const bound = boundPpm === null ? [] : [`More than ${boundPpm.toFixed(2)} ppm would have been seen (99 %).`];
  const fix = progress.fix === '' ? [] : [progress.fix];
  return `${[`${words[progress.state]} ${bank.name}`, progress.what, ...tone, ...bound, ...fix].join('\n')}\n`;
}
