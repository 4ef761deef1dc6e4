import { describe, expect, it } from 'vitest';
import { type ControlDump, DUMP_FORMAT, ReplayBoard } from '../../src/device/alsa/controls.ts';
import { clockStream } from '../../src/device/clock/clockSource.ts';
import { bad, good } from '../../src/fault.ts';
import { ClockLoop } from '../../src/monitor/clockLoop.ts';
import type { FromClock, ToClock } from '../../src/monitor/clockMessages.ts';

const dump: ControlDump = {
  format: DUMP_FORMAT,
  version: 1,
  usbId: '1235:8215',
  card: { id: 'USB', driver: 'USB-Audio', name: 'Scarlett', longname: 'Scarlett', mixername: 'USB Mixer' },
  controls: [
    {
      numid: 1,
      iface: 'MIXER',
      device: 0,
      subdevice: 0,
      index: 0,
      name: 'Clock Source Clock Source',
      type: 'ENUMERATED',
      readable: true,
      writable: true,
      volatile: false,
      min: 0,
      max: 0,
      step: 0,
      items: ['Internal', 'S/PDIF', 'ADAT'],
      values: [2],
    },
  ],
};

function rig() {
  let nowMs = 0;
  let firsts = 0;
  let alive = 0;
  let trims = 0;
  let board: ReplayBoard | null = new ReplayBoard(dump);
  const asked: (string | null)[] = [];
  const posted: FromClock[] = [];
  const commands: ToClock[] = [];
  const loop = new ClockLoop({
    source: (card) => ({
      open() {
        asked.push(card?.ctl ?? null);
        return board === null
          ? bad('controls-absent', 'No card.', 'Plug it in.')
          : good(clockStream(board, dump.usbId));
      },
    }),
    post: (message) => {
      if (message.kind === 'alive') alive++;
      else posted.push(message);
    },
    takeCommand: () => commands.shift(),
    sleepMs: (ms) => {
      nowMs += ms;
    },
    nowMs: () => nowMs,
    trimMemory: () => trims++,
    waitMs: 250,
    onFirst: () => firsts++,
  });
  return {
    loop,
    posted,
    commands,
    asked,
    firsts: () => firsts,
    alive: () => alive,
    trims: () => trims,
    elapse: (ms: number) => {
      const end = nowMs + ms;
      while (nowMs < end) {
        loop.turn();
        nowMs += 10;
      }
    },
    plug: (with_: ReplayBoard | null) => {
      if (board !== null && with_ === null) board.close();
      board = with_;
    },
    gone: () => {
      // What a card that was unplugged answers.
      const was = board!;
      was.update = () => bad('controls-failed', 'Gone.', 'Plug it in.');
      board = null;
    },
  };
}

describe('the clock worker', () => {
  it('reads at once, tells that it has, and then only what changed', () => {
    const { loop, posted, firsts, elapse } = rig();
    loop.turn();
    expect(firsts()).toBe(1);
    elapse(1000);
    expect(posted).toMatchObject([
      { kind: 'reading', reading: { source: 'ADAT', sourcePort: 'adat-a' }, source: null },
    ]);
    expect(firsts()).toBe(1);
  });

  it('lets the stream open even when there are no controls, and says so once', () => {
    const { loop, posted, firsts, elapse, plug } = rig();
    plug(null);
    loop.turn();
    expect(firsts()).toBe(1);
    elapse(5000);
    expect(posted).toMatchObject([{ kind: 'unreadable', fault: { code: 'controls-absent' } }]);
  });

  it('finds the card again after an unplugging, and tells a clock source that is another one since', () => {
    const { posted, elapse, plug, gone } = rig();
    elapse(100);
    gone();
    elapse(2000);
    const other = new ReplayBoard(dump);
    other.turn('Clock Source Clock Source', 0);
    plug(other);
    elapse(2000);
    const kinds = posted.map((message) => message.kind);
    expect(kinds.slice(0, 4)).toEqual(['reading', 'unreadable', 'unreadable', 'reading']);
    expect(posted[3]).toMatchObject({ source: { from: 'ADAT', to: 'Internal' } });
  });

  it('tells once a second that it turns, with controls and without', () => {
    const { elapse, alive, plug } = rig();
    elapse(10_000);
    expect(alive()).toBeGreaterThanOrEqual(9);
    expect(alive()).toBeLessThanOrEqual(11);
    const before = alive();
    plug(null);
    elapse(10_000);
    expect(alive() - before).toBeGreaterThanOrEqual(9);
  });

  it('gives back memory when it is told to, and goes on reading', () => {
    const { loop, posted, commands, trims } = rig();
    loop.turn();
    expect(trims()).toBe(0);
    commands.push({ kind: 'trimMemory' });
    loop.turn();
    expect(trims()).toBe(1);
    expect(posted.map((message) => message.kind)).toEqual(['reading']);
  });

  it('reads the card that is captured, not the one that was guessed', () => {
    const { loop, asked, commands, elapse } = rig();
    loop.turn();
    commands.push({ kind: 'card', ctl: 'hw:3', usbId: '1235:8215' });
    elapse(100);
    commands.push({ kind: 'card', ctl: 'hw:3', usbId: '1235:8215' });
    elapse(100);
    expect(asked).toEqual([null, 'hw:3']);
  });
});
