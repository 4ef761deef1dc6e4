import { describe, expect, it } from 'vitest';
import { BATCH_EVENTS, JournalFeed } from '../../src/journal/feed.ts';
import { emptyLevelFrame } from '../../src/monitor/levels.ts';
import { bank, finding, rig, rigBanks } from '../ui/fixtures.ts';

const WALL = Date.UTC(2026, 2, 14, 20, 15);

function feedAt() {
  const now = { ms: 0, offset: WALL };
  const feed = new JournalFeed({ uptimeMs: () => now.ms, wallMs: () => now.offset + now.ms });
  const levels = (ms: number, dbX100: number, frame = ms * 48) => {
    now.ms = ms;
    const one = emptyLevelFrame(2);
    one.peakDbX100.fill(dbX100);
    one.rmsDbX100.fill(dbX100 - 1000);
    feed.onLevels({ ...one, frame });
  };
  return { feed, now, levels };
}

describe("the journal's feed", () => {
  it('has nothing to write when nothing came', () => {
    expect(feedAt().feed.fetch()).toBeNull();
  });

  it('times an event that is told late by its frame, on both clocks', () => {
    const { feed, now, levels } = feedAt();
    now.ms = 1000;
    feed.onStream({ name: 'X', rateHz: 48_000, channels: 2 });
    levels(11_000, -2000, 480_000);
    now.ms = 11_010;
    feed.onEvent({ kind: 'slip', frame: 240_000, bank: 'adat-a', slipKind: 'drop', frames: 1 });
    const slip = feed.fetch()!.events.find(({ kind }) => kind === 'slip')!;
    expect(slip).toMatchObject({ stream: 1, frame: 240_000, ms: 6000, wallMs: WALL + 6000, where: 'adat-a' });
  });

  it('gives each second once, with the largest of it', () => {
    const { feed, levels } = feedAt();
    levels(1100, -3000);
    levels(1500, -600);
    levels(1900, -4000);
    expect(feed.fetch()).toBeNull();
    levels(2050, -5000);
    const first = feed.fetch()!;
    expect(first.levels).toHaveLength(1);
    expect(first.levels[0]).toMatchObject({ second: 1 });
    expect([...first.levels[0]!.peak]).toEqual([-6, -6]);
    expect([...first.levels[0]!.rms]).toEqual([-16, -16]);
    expect(feed.fetch(true)!.levels.map((one) => one.second)).toEqual([2]);
  });

  it('tells of a stream its names and banks, once they are known', () => {
    const { feed, now } = feedAt();
    feed.onStream({ name: 'Scarlett', rateHz: 48_000, channels: 34 });
    now.ms = 500;
    feed.onSnapshot(rig({ banks: rigBanks() }).snapshot);
    const { streams } = feed.fetch()!;
    expect(streams).toMatchObject([{ stream: 1, channels: 34, rateHz: 48_000 }]);
    expect(streams[0]!.banks.find(({ id }) => id === 'adat-a')).toMatchObject({ box: 'OctoPre', first: 11 });
    feed.onSnapshot(rig({ banks: rigBanks() }).snapshot);
    expect(feed.fetch()?.streams ?? []).toEqual([]);
  });

  it('tells a change of a clock word with its evidence, and the clocks with it', () => {
    const { feed, now } = feedAt();
    const adat = (sync: 'lock' | 'sync', ppm: number | null) =>
      rig({ banks: [bank({ id: 'adat-a', name: 'ADAT A', first: 1, last: 8, sync, ppm })] }).snapshot;
    feed.onSnapshot(adat('sync', null));
    feed.fetch();
    now.ms = 1000;
    feed.onSnapshot(adat('sync', null));
    expect(feed.fetch()).toBeNull();
    now.ms = 1500;
    feed.onSnapshot(adat('lock', 12.5));
    const told = feed.fetch()!;
    expect(told.events).toMatchObject([
      { kind: 'sync', severity: 'alarm', where: 'adat-a', detail: { from: 'sync', to: 'lock', ppm: 12.5 } },
    ]);
    expect(told.clocks).toMatchObject([{ ms: 1500, banks: [{ id: 'adat-a', sync: 'lock', ppm: 12.5 }] }]);
  });

  it('tells when a finding comes and when it goes, once each', () => {
    const { feed } = feedAt();
    const quiet = () => rig({ banks: [] }).snapshot;
    const loud = () => rig({ banks: [], findings: [finding({ code: 'usb-loss', where: 'X' })] }).snapshot;
    feed.onSnapshot(quiet());
    feed.onSnapshot(loud());
    feed.onSnapshot(loud());
    feed.onSnapshot(quiet());
    expect(feed.fetch()!.events.map(({ kind, detail }) => `${kind} ${detail.code}`)).toEqual([
      'finding usb-loss',
      'findingEnd usb-loss',
    ]);
  });

  it('tells that the wall clock was set, and by how much', () => {
    const { feed, now } = feedAt();
    feed.onSnapshot(rig({ banks: [] }).snapshot);
    now.ms = 500;
    now.offset += 3_600_000;
    feed.onSnapshot(rig({ banks: [] }).snapshot);
    expect(feed.fetch()!.events).toMatchObject([{ kind: 'wallClock', detail: { byMs: 3_600_000 } }]);
  });

  it('bounds a flood of events, and counts what it leaves out', () => {
    const { feed } = feedAt();
    for (let i = 0; i < 5000; i++) feed.onEvent({ kind: 'clip', frame: i, channel: 1 });
    feed.onDropped(30);
    const { events } = feed.fetch()!;
    expect(events).toHaveLength(BATCH_EVENTS);
    expect(events.at(-1)).toMatchObject({ kind: 'dropped', detail: { count: 5000 - BATCH_EVENTS + 30 } });
  });
});
