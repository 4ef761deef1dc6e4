import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CaptureEvent } from '../../src/monitor/captureMessages.ts';
import { type EndedTake, type RunningTake, SUSPECTS_TOLD, Takes } from '../../src/monitor/takes.ts';

const WALL = Date.UTC(2026, 2, 14, 20, 15);
const at = (uptimeMs: number, frame = (uptimeMs * 48) | 0) => ({ frame, uptimeMs, wallMs: WALL + uptimeMs });

function watched(): { takes: Takes; started: RunningTake[]; ended: EndedTake[] } {
  const started: RunningTake[] = [];
  const ended: EndedTake[] = [];
  const takes = new Takes({ onStart: (take) => started.push(take), onEnd: (take) => ended.push(take) });
  takes.onStream(48_000, 4, 0);
  takes.onWatching(true, 0);
  return { takes, started, ended };
}

describe('a take', () => {
  it('is numbered when it has no name, and keeps its name when it has one', () => {
    const { takes } = watched();
    expect(takes.start(null, 'button', at(1000))).toMatchObject({ ok: true, value: { name: 'Take 1', by: 'button' } });
    expect(takes.end(at(2000)).ok).toBe(true);
    expect(takes.start('  Ballad ', 'page', at(3000))).toMatchObject({ ok: true, value: { name: 'Ballad' } });
    takes.end(at(4000));
    takes.numberFrom(7);
    expect(takes.start('', 'osc', at(5000))).toMatchObject({ ok: true, value: { name: 'Take 8' } });
  });

  it('that begins by itself counts what happened since it began, before anybody knew of it', () => {
    const { takes } = watched();
    takes.onEvent({ kind: 'clip', channel: 2, frame: 48 * 900 });
    takes.onEvent({ kind: 'clip', channel: 3, frame: 48 * 1500 });
    takes.start('', 'signal', at(1000));
    expect(takes.view(4000).take).toMatchObject({ clips: [0, 0, 1, 0], verdict: { word: 'suspect', suspects: 1 } });
    expect(takes.view(4000).take?.verdict.first).toMatchObject([{ kind: 'clip', where: '3', atMs: 500 }]);
  });

  it('counts the time in which a lost USB packet would not have shown: before it, across its ends, and never twice', () => {
    const { takes, ended } = watched();
    takes.onLossesHidden(true, 0);
    takes.start(null, 'page', at(10_000));
    takes.onLossesHidden(true, 12_000);
    expect(takes.view(15_000).take?.verdict.lossesHiddenMs).toBe(5000);
    takes.onLossesHidden(false, 20_000);
    takes.onLossesHidden(false, 22_000);
    takes.onLossesHidden(true, 50_000);
    takes.end(at(53_000));
    takes.onLossesHidden(false, 90_000);
    expect(ended[0]!.verdict).toMatchObject({ word: 'clean', lossesHiddenMs: 13_000 });
    takes.start(null, 'page', at(100_000));
    expect(takes.view(130_000).take?.verdict.lossesHiddenMs).toBe(0);
  });

  it('can not run twice, and can not end before it began: each says so', () => {
    const { takes } = watched();
    expect(takes.end(at(0))).toMatchObject({ ok: false, fault: { code: 'take-none' } });
    takes.start(null, 'page', at(0));
    expect(takes.start(null, 'page', at(1))).toMatchObject({ ok: false, fault: { code: 'take-runs' } });
    expect(takes.running).toBe(true);
  });

  it('tells when it began and ended: frame, monotonic and wall time', () => {
    const { takes, started, ended } = watched();
    takes.start(null, 'signal', at(10_000));
    takes.end(at(70_000));
    expect(started).toHaveLength(1);
    expect(ended[0]).toMatchObject({
      startedFrame: 480_000,
      startedMs: 10_000,
      startedAt: '2026-03-14T20:15:10.000Z',
      endedFrame: 3_360_000,
      endedMs: 70_000,
      endedAt: '2026-03-14T20:16:10.000Z',
      verdict: { word: 'clean', suspects: 0, notWatchedMs: 0 },
    });
    expect(takes.view(80_000)).toMatchObject({ take: null, lastTake: { name: 'Take 1' } });
  });

  it('that has ended clean turns suspect when a slip inside it is proven afterwards, and only that take', () => {
    const amended: EndedTake[] = [];
    const takes = new Takes({ onAmend: (take) => amended.push(take) });
    takes.onStream(48_000, 4, 0);
    takes.onWatching(true, 0);
    takes.start('One', 'page', at(10_000));
    takes.end(at(20_000));
    takes.start('Two', 'page', at(30_000));
    takes.onEvent({ kind: 'slip', frame: 25_000 * 48, bank: 'adat-a', slipKind: 'drop', frames: 1 });
    takes.onEvent({ kind: 'slip', frame: 5_000 * 48, bank: 'adat-a', slipKind: 'drop', frames: 1 });
    expect(amended).toEqual([]);
    takes.onEvent({ kind: 'slip', frame: 12_000 * 48, bank: 'adat-a', slipKind: 'drop', frames: 1 });
    const { take, lastTake } = takes.view(40_000);
    expect(take).toMatchObject({ name: 'Two', verdict: { word: 'clean', suspects: 0 } });
    expect(lastTake).toMatchObject({ name: 'One', verdict: { word: 'suspect', suspects: 1, first: [{ atMs: 2000 }] } });
    expect(amended).toEqual([lastTake]);
    // A new stream counts its frames anew: what comes from it is not of the old take.
    takes.onStream(48_000, 4, 50_000);
    takes.onEvent({ kind: 'slip', frame: 12_000 * 48, bank: 'adat-a', slipKind: 'drop', frames: 1 });
    expect(amended).toHaveLength(1);
  });

  it('is suspect when anything falls into it, with channel or bank and the time in the take', () => {
    const { takes } = watched();
    takes.start(null, 'page', at(10_000));
    takes.onEvent({ kind: 'clip', frame: 480_000 + 48_000, channel: 2 });
    takes.onEvent({ kind: 'slip', frame: 480_000 + 96_000, bank: 'adat-a', slipKind: 'drop', frames: 1 });
    takes.onEvent({ kind: 'usbLoss', frame: 480_000 + 144_000, frames: null });
    const { take } = takes.view(20_000);
    expect(take?.verdict).toMatchObject({
      word: 'suspect',
      suspects: 3,
      first: [
        { kind: 'clip', where: '2', atMs: 1000 },
        { kind: 'slip', where: 'adat-a', atMs: 2000 },
        { kind: 'usbLoss', where: 'all', atMs: 3000 },
      ],
    });
    expect(take?.clips).toEqual([0, 1, 0, 0]);
  });

  it('does not answer for what happened before it, nor after it', () => {
    const { takes } = watched();
    takes.onEvent({ kind: 'clip', frame: 100, channel: 1 });
    takes.start(null, 'page', at(10_000));
    takes.onEvent({ kind: 'slip', frame: 1000, bank: 'adat-a', slipKind: 'drop', frames: 1 });
    const ended = takes.end(at(20_000));
    takes.onEvent({ kind: 'clip', frame: 2_000_000, channel: 1 });
    expect(ended).toMatchObject({ ok: true, value: { verdict: { word: 'clean', suspects: 0 } } });
    expect(takes.view(30_000).lastTake?.verdict.suspects).toBe(0);
  });

  it('is not called clean when part of it was not watched', () => {
    const { takes } = watched();
    takes.start(null, 'page', at(10_000));
    takes.onWatching(false, 12_000);
    takes.onWatching(true, 15_500);
    const ended = takes.end(at(20_000));
    expect(ended).toMatchObject({ value: { verdict: { word: 'notWatched', notWatchedMs: 3500 } } });
    const blind = new Takes();
    blind.start(null, 'page', at(0));
    expect(blind.view(4000).take?.verdict).toMatchObject({ word: 'notWatched', notWatchedMs: 4000 });
  });

  it('times the events of a stream that opened within it', () => {
    const { takes } = watched();
    takes.start(null, 'page', at(10_000));
    takes.onWatching(false, 12_000);
    takes.onStream(96_000, 4, 15_000);
    takes.onWatching(true, 15_000);
    takes.onEvent({ kind: 'clip', frame: 96_000, channel: 1 });
    expect(takes.view(20_000).take?.verdict.first).toEqual([{ kind: 'clip', where: '1', frame: 96_000, atMs: 6000 }]);
  });

  it('names the banks whose clock could not be told, and only those', () => {
    const { takes } = watched();
    takes.start(null, 'page', at(0));
    takes.onBanks([
      { id: 'adat-a', told: false },
      { id: 'adat-b', told: false },
    ]);
    takes.onBanks([
      { id: 'adat-a', told: true },
      { id: 'adat-b', told: false },
    ]);
    takes.onBanks([{ id: 'adat-a', told: false }]);
    expect(takes.view(1).take?.verdict).toMatchObject({ word: 'clean', untold: ['adat-b'] });
  });

  it('is suspect when the clock source changes or a port loses lock, not when a switch is turned', () => {
    const { takes } = watched();
    takes.start(null, 'page', at(10_000));
    takes.onEvent({ kind: 'inputSwitch', frame: 500_000, input: 1, switch: 'pad', on: true });
    takes.onEvent({ kind: 'portLock', frame: 500_000, port: 'adat-a', lock: 'sync' });
    expect(takes.view(11_000).take?.verdict.word).toBe('clean');
    takes.onEvent({ kind: 'portLock', frame: 510_000, port: 'adat-a', lock: 'noLock' });
    takes.onEvent({ kind: 'clockSource', frame: 520_000, from: 'ADAT', to: 'Internal' });
    expect(takes.view(12_000).take?.verdict.first.map(({ kind, where }) => `${kind} ${where}`)).toEqual([
      'portLock adat-a',
      'clockSource all',
    ]);
  });

  it('counts every event and tells a bounded number of them, whatever comes', () => {
    const event: fc.Arbitrary<CaptureEvent> = fc.oneof(
      fc.record({
        kind: fc.constant('clip' as const),
        frame: fc.integer({ min: 48_000, max: 1e9 }),
        channel: fc.integer({ min: 1, max: 4 }),
      }),
      fc.record({
        kind: fc.constant('xrun' as const),
        frame: fc.integer({ min: 48_000, max: 1e9 }),
        lostFrames: fc.constant(null),
      }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), fc.nat(1000), (events, dropped) => {
        const { takes } = watched();
        takes.start(null, 'page', at(1000));
        for (const one of events) takes.onEvent(one);
        takes.onDropped(dropped);
        const verdict = takes.view(2000).take!.verdict;
        expect(verdict.suspects).toBe(events.length + dropped);
        expect(verdict.first).toHaveLength(Math.min(SUSPECTS_TOLD, events.length));
        expect(takes.view(2000).take!.clips.reduce((a, b) => a + b, 0)).toBe(
          events.filter(({ kind }) => kind === 'clip').length,
        );
        expect(verdict.word).toBe(events.length + dropped > 0 ? 'suspect' : 'clean');
      }),
      { numRuns: 50 },
    );
  });
});
