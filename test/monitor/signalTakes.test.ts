import { describe, expect, it } from 'vitest';
import { type SignalRule, SignalTakes, type SignalWish } from '../../src/monitor/signalTakes.ts';

const RULE: SignalRule = { begin: 'level', channel: 1, startDbfs: -40, startS: 2, endDbfs: -50, endS: 10 };
const STEP_MS = 33;

/** Plays levels (dBFS by time in s) at 30 frames a second; what was wished for, with its time. */
function play(signal: SignalTakes, level: (s: number) => number | null, seconds: number, fromS = 0) {
  const wishes: { atS: number; wish: SignalWish }[] = [];
  let runs = false;
  for (let ms = fromS * 1000; ms < (fromS + seconds) * 1000; ms += STEP_MS) {
    const wish = signal.turn(level(ms / 1000), runs, ms);
    if (wish === null) continue;
    runs = wish.kind === 'begin';
    wishes.push({ atS: ms / 1000, wish });
  }
  return wishes;
}
/** A hit each half second that rings for 0.2 s; -70 between. */
const drums = (from: number, to: number) => (s: number) => (s >= from && s < to && s % 0.5 < 0.2 ? -20 : -70);

describe('a take by level', () => {
  it('begins where the band began, once it has played for so long, and ends after so much silence', () => {
    const wishes = play(new SignalTakes(RULE), drums(5, 30), 60);
    expect(wishes.map(({ wish }) => wish.kind)).toEqual(['begin', 'end']);
    const [begin, end] = wishes;
    const began = begin!.atS - (begin!.wish.kind === 'begin' ? begin!.wish.agoMs / 1000 : 0);
    expect(began).toBeCloseTo(5, 1);
    expect(begin!.atS).toBeCloseTo(7, 1);
    expect(end!.atS).toBeCloseTo(29.7 + 10, 1);
  });

  it('is not begun by a count of the sticks, a cough, or a door', () => {
    const sticks = (s: number) => (s >= 5 && s < 6.8 && s % 0.5 < 0.05 ? -10 : -70);
    const cough = (s: number) => (s >= 20 && s < 21 ? -15 : sticks(s));
    expect(play(new SignalTakes(RULE), cough, 60)).toEqual([]);
  });

  it('lives through a quiet bridge: between the two thresholds nothing changes', () => {
    const bridge = (s: number) => (s < 10 ? -20 : s < 40 ? -47 : s < 50 ? -20 : -70);
    const wishes = play(new SignalTakes(RULE), bridge, 70);
    expect(wishes.map(({ wish }) => wish.kind)).toEqual(['begin', 'end']);
    expect(wishes[1]!.atS).toBeCloseTo(60, 1);
    // And what lies between them begins nothing.
    expect(play(new SignalTakes(RULE), () => -45, 60)).toEqual([]);
  });

  it('flutter around one threshold makes one take, not many', () => {
    const flutter = (s: number) => (s < 40 ? -40 + 3 * Math.sin(s * 40) : -70);
    expect(play(new SignalTakes(RULE), flutter, 60).map(({ wish }) => wish.kind)).toEqual(['begin', 'end']);
  });

  it("leaves a person's take alone, and begins none beside it", () => {
    const signal = new SignalTakes(RULE);
    for (let ms = 0; ms < 60_000; ms += STEP_MS) expect(signal.turn(ms < 30_000 ? -20 : null, true, ms)).toBeNull();
  });

  it('that was ended by hand is not begun again before it has been quiet', () => {
    const signal = new SignalTakes(RULE);
    expect(signal.turn(-20, false, 0)).toBeNull();
    for (let ms = 33; ms < 2000; ms += STEP_MS) signal.turn(-20, false, ms);
    expect(signal.turn(-20, false, 2010)).toMatchObject({ kind: 'begin' });
    expect(signal.turn(-20, true, 2043)).toBeNull();
    // Ended by hand while the band plays on.
    for (let ms = 2076; ms < 20_000; ms += STEP_MS) expect(signal.turn(-20, false, ms)).toBeNull();
    for (let ms = 20_000; ms < 31_000; ms += STEP_MS) expect(signal.turn(-80, false, ms)).toBeNull();
    expect(play(signal, () => -20, 5, 31).map(({ wish }) => wish.kind)).toEqual(['begin']);
  });

  it('ends when nothing is captured any more', () => {
    const wishes = play(new SignalTakes(RULE), (s) => (s < 10 ? -20 : null), 30);
    expect(wishes.map(({ wish }) => wish.kind)).toEqual(['begin', 'end']);
  });
});

describe('a take by timecode', () => {
  it('runs while timecode runs, and over a gap shorter than the rule allows', () => {
    const signal = new SignalTakes({ ...RULE, begin: 'timecode', channel: null, endS: 2 });
    expect(signal.turn(-10, false, 0)).toBeNull();
    signal.onTimecode(true, 1000);
    expect(signal.turn(null, false, 2200)).toEqual({ kind: 'begin', agoMs: 1200 });
    signal.onTimecode(false, 5000);
    expect(signal.turn(null, true, 6000)).toBeNull();
    signal.onTimecode(true, 6500);
    expect(signal.turn(null, true, 8000)).toBeNull();
    signal.onTimecode(false, 9000);
    expect(signal.turn(null, true, 10_900)).toBeNull();
    expect(signal.turn(null, true, 11_000)).toEqual({ kind: 'end' });
  });

  it('and none without a rule', () => {
    const signal = new SignalTakes({ ...RULE, begin: 'byHand' });
    signal.onTimecode(true, 0);
    expect(play(signal, () => -3, 30)).toEqual([]);
  });
});
