/** What happened, in one sentence, and its evidence as plain data. Pure. */
import { assertNever } from '../fault.ts';
import type { MonitorEvent } from '../monitor/captureMessages.ts';
import type { Snapshot } from '../monitor/snapshot.ts';

export interface DescribedEvent {
  /** Channel number, id of the bank, or `all`. */
  readonly where: string;
  readonly severity: 'alarm' | 'warning' | 'info';
  readonly text: string;
  readonly detail: Record<string, unknown>;
}

export function describeEvent(event: MonitorEvent, snapshot: Snapshot | null): DescribedEvent {
  switch (event.kind) {
    case 'clip': {
      const name = snapshot?.channels[event.channel - 1]?.name ?? `Ch ${event.channel}`;
      return {
        severity: 'warning',
        where: String(event.channel),
        text: `${name} clipped.`,
        detail: { channel: event.channel },
      };
    }
    case 'slip': {
      const bank = snapshot?.banks.find(({ id }) => id === event.bank);
      const frames = `${event.frames} frame${event.frames === 1 ? '' : 's'}`;
      const what = { drop: 'dropped', repeat: 'repeated', zeros: 'of zeros' }[event.slipKind];
      return {
        severity: 'alarm',
        where: event.bank,
        text: `${bank?.name ?? event.bank} slipped: ${frames} ${what}.`,
        detail: {
          slipKind: event.slipKind,
          frames: event.frames,
          ppm: bank?.ppm ?? null,
          uncertaintyPpm: bank?.uncertaintyPpm ?? null,
          slipsBefore: bank?.slips ?? 0,
        },
      };
    }
    case 'usbLoss':
      return {
        severity: 'alarm',
        where: 'all',
        text: 'All channels jumped at once: USB loss.',
        detail: { frames: event.frames },
      };
    case 'xrun':
      return {
        severity: 'alarm',
        where: 'all',
        text: 'The capture buffer ran over.',
        detail: { lostFrames: event.lostFrames },
      };
    case 'clockChange': {
      const byPpm = event.afterPpm - event.beforePpm;
      return {
        severity: 'warning',
        where: 'all',
        text: `The interface's clock changed by ${byPpm > 0 ? '+' : ''}${byPpm.toFixed(1)} ppm (+-${event.uncertaintyPpm.toFixed(1)}).`,
        detail: { beforePpm: event.beforePpm, afterPpm: event.afterPpm, uncertaintyPpm: event.uncertaintyPpm },
      };
    }
    case 'clockSource':
      return {
        severity: 'alarm',
        where: 'all',
        text: `The clock source changed: ${event.from} -> ${event.to}.`,
        detail: { from: event.from, to: event.to },
      };
    case 'portLock': {
      const name = snapshot?.banks.find(({ id }) => id === event.port)?.name ?? event.port;
      const words = {
        noLock: 'no lock',
        locked: 'locked',
        lock: 'lock, not in sync',
        sync: 'in sync',
        unknown: 'not told',
      };
      return {
        severity: event.lock === 'noLock' || event.lock === 'lock' ? 'alarm' : 'info',
        where: event.port,
        text: `${name} tells: ${words[event.lock]}.`,
        detail: { lock: event.lock },
      };
    }
    case 'inputSwitch':
      return {
        severity: 'info',
        where: String(event.input),
        text: `Input ${event.input}: ${event.switch} ${event.on ? 'on' : 'off'}.`,
        detail: { switch: event.switch, on: event.on },
      };
    default:
      return assertNever(event);
  }
}
