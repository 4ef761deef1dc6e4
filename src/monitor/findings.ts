/** Findings from what the monitor knows by itself: capture, slips, losses. Pure. */
import type { Fault } from '../fault.ts';
import type { PlannedBank } from './bankPlan.ts';
import type { CaptureState } from './captureMessages.ts';
import type { Bank, Finding } from './snapshot.ts';

export interface FindingInputs {
  /** Of the program itself, and of what stands on the ports. */
  readonly standing?: readonly Finding[];
  readonly capture: CaptureState;
  readonly captureSinceMs: number;
  readonly deviceName: string;
  readonly notes: readonly Fault[];
  readonly notesSinceMs: number;
  readonly banks: readonly Bank[];
  /** uptimeMs of each bank's first slip, by id. */
  readonly slipSinceMs: ReadonlyMap<string, number>;
  readonly usbLosses: { readonly count: number; readonly sinceMs: number };
  readonly xruns: { readonly count: number; readonly sinceMs: number };
  readonly banksGuessed: boolean;
  /** Banks that reach beyond the `channels` that the interface delivers, as they were meant. */
  readonly beyond?: readonly PlannedBank[];
  readonly channels?: number;
  /** Findings of other rooms of the monitor. */
  readonly more?: readonly Finding[];
}

const ppmWords = (ppm: number) => `${Math.abs(ppm).toFixed(1)} ppm ${ppm > 0 ? 'fast' : 'slow'}`;
const times = (count: number) => (count === 1 ? 'once' : `${count} times`);

/** All findings, worst first; of the same severity, the older first. */
export function findingsOf(inputs: FindingInputs): Finding[] {
  const found: Finding[] = [...(inputs.standing ?? [])];
  const { capture } = inputs;
  if (capture.kind === 'absent' || capture.kind === 'faulted') {
    found.push({
      code: capture.fault.code,
      severity: 'alarm',
      where: inputs.deviceName,
      symptom: capture.fault.what,
      cause: capture.kind === 'absent' ? 'The interface is not there.' : 'The interface does not deliver.',
      fix: capture.fault.fix,
      confidence: 'high',
      sinceMs: inputs.captureSinceMs,
    });
  } else if (capture.kind === 'stalled') {
    found.push({
      code: 'capture-stalled',
      severity: 'alarm',
      where: inputs.deviceName,
      symptom: 'The interface is open, and no frames arrive.',
      cause: 'Its clock source is gone, or the USB link hangs.',
      fix: 'Check its clock source; else unplug it and plug it in again.',
      confidence: 'medium',
      sinceMs: inputs.captureSinceMs,
    });
  }
  for (const bank of inputs.banks) {
    if (bank.slips === 0 && bank.sync !== 'lock') continue;
    const box = bank.box ?? bank.name;
    // Slips alone are a fact; that the box runs on its own clock is said when the verdict says so.
    const slipping = bank.sync === 'lock';
    if (!slipping && bank.slips === 1 && bank.slipsExact === 0) {
      found.push({
        code: 'bank-slip-once',
        severity: 'info',
        where: box,
        symptom: `A frame seems to be missing in ${bank.name}, once.`,
        cause: `Once is no proof: the cable of ${bank.name} lost data, or what is played through it has a gap of its own, like a cut.`,
        fix: `Listen to that place in the take. If it comes again, look at the clock of ${box} and at its cable.`,
        confidence: 'low',
        sinceMs: inputs.slipSinceMs.get(bank.id) ?? 0,
      });
      continue;
    }
    found.push({
      code: 'bank-slips',
      severity: slipping ? 'alarm' : 'warning',
      where: box,
      symptom:
        bank.slips > 0
          ? `${bank.name} slipped ${times(bank.slips)}.`
          : bank.basis === 'device'
            ? `${bank.name} is locked, and not in sync.`
            : `${bank.name} slips.`,
      cause: slipping
        ? `${box} runs on its own clock${bank.ppm === null ? '' : `, ${ppmWords(bank.ppm)}`}.`
        : `${box} may run on its own clock, or its cable lost data.`,
      fix: `Set ${box} to SYNC = ADAT, with a fibre from the interface's OUT to its IN; or take the interface's clock from ${bank.name}.`,
      confidence: slipping ? 'high' : 'medium',
      sinceMs: inputs.slipSinceMs.get(bank.id) ?? 0,
    });
  }
  if (inputs.usbLosses.count > 0) {
    found.push({
      code: 'usb-loss',
      severity: 'alarm',
      where: inputs.deviceName,
      symptom: `All channels jumped together, ${times(inputs.usbLosses.count)}; the clocks are fine.`,
      cause: 'USB frames were lost between the interface and this box.',
      fix: 'Check the USB cable, leave out hubs, check the power of the Pi.',
      confidence: 'high',
      sinceMs: inputs.usbLosses.sinceMs,
    });
  }
  if (inputs.xruns.count > 0) {
    found.push({
      code: 'capture-xrun',
      severity: 'warning',
      where: inputs.deviceName,
      symptom: `The capture buffer ran over ${times(inputs.xruns.count)}.`,
      cause: 'This box was too busy to fetch the samples.',
      fix: 'Close other programs on it; check its power and temperature.',
      confidence: 'high',
      sinceMs: inputs.xruns.sinceMs,
    });
  }
  for (const note of inputs.notes) {
    found.push({
      code: note.code,
      severity: 'info',
      where: inputs.deviceName,
      symptom: note.what,
      cause: note.what,
      fix: note.fix,
      confidence: 'high',
      sinceMs: inputs.notesSinceMs,
    });
  }
  if (inputs.banksGuessed) {
    found.push({
      code: 'banks-guessed',
      severity: 'info',
      where: inputs.deviceName,
      symptom: 'This interface is not in the table: its channels stand in groups of 8.',
      cause: 'Nobody has told which channels belong to which port.',
      fix: 'Name the banks in the settings.',
      confidence: 'high',
      sinceMs: inputs.notesSinceMs,
    });
  }
  for (const bank of inputs.beyond ?? []) {
    found.push({
      code: 'banks-beyond',
      severity: 'warning',
      where: bank.name,
      symptom: `${bank.name} shall be channels ${bank.first} to ${bank.last}; the interface delivers ${inputs.channels ?? 0}.`,
      cause: 'It runs at another rate or in another mode of its digital ports than the map is made for.',
      fix: "Check the interface's rate and port mode, or correct the banks in the settings.",
      confidence: 'high',
      sinceMs: inputs.notesSinceMs,
    });
  }
  found.push(...(inputs.more ?? []));
  const rank = { alarm: 0, warning: 1, info: 2 };
  return found.sort((a, b) => rank[a.severity] - rank[b.severity] || a.sinceMs - b.sinceMs);
}
