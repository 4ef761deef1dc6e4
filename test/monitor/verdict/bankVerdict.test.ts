import { describe, expect, it } from 'vitest';
import { BankVerdict, type Slip } from '../../../src/monitor/verdict/bankVerdict.ts';
import { randomOf } from '../../dsp/slip/material.ts';

const RATE = 48_000;
const random = randomOf(4);

function drop(frame: number, nats = 60) {
  const shape = Float32Array.from({ length: 65 }, () => random() - 0.5);
  return {
    bank: 0,
    frame,
    frames: 1,
    sizes: null,
    nats,
    others: nats * 0.7,
    voices: 4,
    again: nats * 0.6,
    storyNats: 40,
    shape,
    riseDb: -1,
  };
}

/** A block of `frames` left out; its size is likely to be any of those around it, one by itself does not say. */
function block(frame: number, frames: number) {
  const sizes = Float64Array.from({ length: 65 }, (_, d) => -1.5 * (d - frames) ** 2 - 2 * random());
  return { ...drop(frame, 90), frames: frames + Math.floor(3 * random()) - 1, sizes };
}

function repeat(frame: number) {
  return { bank: 0, frame, kind: 'repeat' as const, frames: 1, confidenceBits: 90, everyBank: false };
}

/** Lets `seconds` pass from where `verdict` is; trials find a slip with the odds `recall`; `events` fall at their frames. */
function play(verdict: BankVerdict, from: number, seconds: number, recall: number, period = 0, zero = false) {
  for (let s = 0; s < seconds; s++) {
    const frame = (from + s) * RATE;
    const seen = random() < recall;
    if (!zero) verdict.takeTrial({ bank: 0, frame, nats: seen ? 40 : 0, others: seen ? 30 : 0, voices: seen ? 4 : 0 });
    if (period > 0)
      for (let at = Math.ceil(frame / period) * period; at < frame + RATE; at += period)
        if (random() < recall) verdict.takeDrop(drop(Math.round(at)));
    verdict.advance(RATE, zero);
  }
}

describe('the verdict on a bank', () => {
  it('is unknown before there is evidence, and on silence never sync', () => {
    const verdict = new BankVerdict(RATE);
    expect(verdict.state()).toMatchObject({ sync: 'unknown', basis: 'none', boundPpm: null, observableS: 0 });
    play(verdict, 0, 600, 0);
    expect(verdict.state()).toMatchObject({ sync: 'unknown', basis: 'none', boundPpm: null });
  });

  it('shows a drop alone where both looks say so, or the long one beyond doubt, and at least two channels', () => {
    const shown = (nats: number, others: number, again: number, voices = 4, storyNats = 40) => {
      const verdict = new BankVerdict(RATE);
      verdict.takeDrop({ ...drop(100 * RATE, nats), others, again, voices, storyNats });
      return verdict.state().slips;
    };
    expect(shown(14.5, 4.5, 3)).toBe(1);
    expect(shown(14.5, 4.5, 1)).toBe(0);
    expect(shown(14.5, 3, 5)).toBe(0);
    expect(shown(14.5, 4.5, 3, 1)).toBe(0);
    // Clean sound reached 11.8, 5.8 and 6.6.
    expect(shown(13, 6, 8)).toBe(0);
    // And, of copies with gains of their own, 16.4, 10.4 and nothing by the short look.
    expect(shown(19, 12, 0)).toBe(0);
    expect(shown(21, 7, 0)).toBe(1);
    expect(shown(21, 5.5, 0)).toBe(0);
    // Copies of one source are one witness.
    expect(shown(30, 20, 20, 1)).toBe(0);
    expect(shown(45, 20, 20, 1)).toBe(1);
    expect(shown(15, 6, 0)).toBe(0);
    // Where the others say little, another story must be far off: clean sound reached 33.1, 5.1 and 20.9, with 13.2 against the others.
    expect(shown(33.1, 5.1, 20.9, 7, 13.2)).toBe(0);
    expect(shown(33.1, 5.1, 20.9, 7, 21)).toBe(1);
    expect(shown(33.1, 6.1, 20.9, 7, 13.2)).toBe(1);
    expect(shown(45, 5.5, 20, 1, 13)).toBe(0);
  });

  it('shows no drop alone where a jump tells what follows as well, or where nobody asked, however sure both looks are', () => {
    const shown = (storyNats: number | null) => {
      const verdict = new BankVerdict(RATE);
      verdict.takeDrop({ ...drop(100 * RATE, 200), storyNats });
      return verdict.state().slips;
    };
    expect([shown(30), shown(-5), shown(null)]).toEqual([1, 0, 0]);
  });

  it('says sync with its bound once enough was observable, and the bound tightens with time', () => {
    const verdict = new BankVerdict(RATE);
    play(verdict, 0, 20, 0.9);
    expect(verdict.state().sync).toBe('unknown');
    play(verdict, 20, 60, 0.9);
    const early = verdict.state();
    expect(early).toMatchObject({ sync: 'sync', basis: 'audio' });
    expect(early.boundPpm).toBeLessThanOrEqual(10);
    play(verdict, 80, 600, 0.9);
    expect(verdict.state().boundPpm!).toBeLessThan(early.boundPpm! / 4);
  });

  it('stays unknown where a slip would be seen less than one time in five', () => {
    const verdict = new BankVerdict(RATE);
    play(verdict, 0, 1100, 0.1);
    expect(verdict.state().sync).toBe('unknown');
  });

  it('says how much of what SYNC wants was heard: it grows to all of it, and then is SYNC', () => {
    const verdict = new BankVerdict(RATE);
    expect(verdict.state()).toMatchObject({ unsettled: 'tooLittle', heardPart: 0 });
    const parts: number[] = [];
    for (let s = 0; s < 120 && verdict.state().sync === 'unknown'; s++) {
      play(verdict, s, 1, 0.7);
      const { sync, unsettled, heardPart } = verdict.state();
      parts.push(heardPart);
      if (sync === 'unknown') expect(heardPart < 1 && unsettled === 'tooLittle').toBe(true);
    }
    expect(verdict.state()).toMatchObject({ sync: 'sync', unsettled: null, heardPart: 1 });
    // Half of it stands at about half of the time.
    expect(parts[Math.floor(parts.length / 2)]).toBeGreaterThan(0.3);
    expect(parts[Math.floor(parts.length / 2)]).toBeLessThan(0.7);
  });

  it('says of what hides slips that more of it will not do, of what plays now, and not of the silence before', () => {
    const verdict = new BankVerdict(RATE);
    play(verdict, 0, 600, 0.04);
    expect(verdict.state()).toMatchObject({ sync: 'unknown', unsettled: 'hidden' });
    play(verdict, 600, 6, 0.7);
    expect(verdict.state()).toMatchObject({ sync: 'unknown', unsettled: 'tooLittle' });
    play(verdict, 606, 64, 0.7);
    // Three minutes' share is low yet: no SYNC, but it is on its way.
    const state = verdict.state();
    expect(state.unsettled === 'tooLittle' || state.sync === 'sync').toBe(true);
    play(verdict, 670, 200, 0.7);
    expect(verdict.state().sync).toBe('sync');
  });

  it('says that it waits where a jump was heard, and of digital zero that it is zero', () => {
    const verdict = new BankVerdict(RATE);
    play(verdict, 0, 200, 0.7);
    verdict.takeDrop(block(200 * RATE, 20));
    play(verdict, 201, 60, 0.7);
    expect(verdict.state()).toMatchObject({ sync: 'unknown', unsettled: 'held' });
    play(verdict, 261, 80, 0.7);
    expect(verdict.state()).toMatchObject({ sync: 'sync', unsettled: null });
    play(verdict, 341, 2, 0, 0, true);
    expect(verdict.state()).toMatchObject({ sync: 'unknown', unsettled: 'zeros', heardPart: 0 });
  });

  it('locks on an even train of drops with its ppm and sign, and counts each slip once', () => {
    const slips: Slip[] = [];
    const verdict = new BankVerdict(RATE, (slip) => slips.push(slip));
    play(verdict, 0, 60, 0.6, 1e6 / 20);
    const state = verdict.state();
    expect(state).toMatchObject({ sync: 'lock', basis: 'audio', boundPpm: null, latched: true });
    expect(state.ppm!).toBeCloseTo(20, 2);
    expect(state.slipsPerMinute!).toBeCloseTo(57.6, 1);
    expect(new Set(slips.map((slip) => slip.frame)).size).toBe(slips.length);
    expect(state.slips).toBe(slips.length);
    expect(state.slips).toBeGreaterThan(20);
  });

  it('locks on exact repeats, negative: the bank is slower', () => {
    const verdict = new BankVerdict(RATE);
    play(verdict, 0, 10, 0.9);
    verdict.takeExact(repeat(10 * RATE));
    expect(verdict.state()).toMatchObject({ sync: 'unknown', slips: 1, firstSlipFrame: 10 * RATE });
    play(verdict, 10, 5, 0.9);
    verdict.takeExact(repeat(15 * RATE));
    expect(verdict.state()).toMatchObject({ sync: 'lock', slips: 2 });
    for (let s = 20; s <= 45; s += 5) {
      play(verdict, s - 5, 5, 0.9);
      verdict.takeExact(repeat(s * RATE));
    }
    expect(verdict.state().ppm!).toBeCloseTo(-1e6 / (5 * RATE), 3);
  });

  it('does not alarm on one strong drop, but withholds sync until as much was seen again', () => {
    const verdict = new BankVerdict(RATE);
    play(verdict, 0, 100, 0.9);
    expect(verdict.state().sync).toBe('sync');
    verdict.takeDrop(drop(100 * RATE));
    expect(verdict.state()).toMatchObject({ sync: 'unknown', slips: 1, latched: false });
    play(verdict, 100, 100, 0.9);
    expect(verdict.state()).toMatchObject({ sync: 'sync', slips: 1 });
  });

  it('holds a lock, then lets it go; the latch and the count stay until cleared', () => {
    const verdict = new BankVerdict(RATE);
    play(verdict, 0, 40, 0.8, 1e6 / 50);
    expect(verdict.state().sync).toBe('lock');
    play(verdict, 40, 20, 0.8);
    expect(verdict.state().sync).toBe('lock');
    play(verdict, 60, 20, 0.8);
    expect(verdict.state()).toMatchObject({ sync: 'unknown', latched: true });
    play(verdict, 80, 90, 0.9);
    expect(verdict.state()).toMatchObject({ sync: 'sync', latched: true });
    verdict.clear();
    expect(verdict.state()).toMatchObject({ slips: 0, latched: false, firstSlipFrame: null, longestFrames: 0 });
  });

  it('does not know what half a second of digital zero means, and forgets what it knew; a flicker changes nothing', () => {
    const verdict = new BankVerdict(RATE);
    play(verdict, 0, 100, 0.9);
    verdict.advance(RATE / 4, true);
    expect(verdict.state()).toMatchObject({ sync: 'sync', digitalZero: false });
    verdict.advance(RATE / 4, true);
    expect(verdict.state()).toMatchObject({ sync: 'unknown', basis: 'none', digitalZero: true });
    verdict.advance(RATE / 4, false);
    expect(verdict.state().digitalZero).toBe(true);
    verdict.advance(RATE / 4, false);
    expect(verdict.state()).toMatchObject({ sync: 'unknown', digitalZero: false, observableS: 0 });
    verdict.setDevice('noLock');
    expect(verdict.state()).toMatchObject({ sync: 'noLock', basis: 'device' });
  });

  it('locks on blocks of frames, and tells by all of them together how many are missing each time', () => {
    const slips: Slip[] = [];
    const watched = new BankVerdict(RATE, (slip) => slips.push(slip));
    for (let m = 1; m <= 12; m++) {
      play(watched, (m - 1) * 13, 13, 0.9);
      watched.takeDrop(block(m * 13 * RATE, 32));
    }
    const state = watched.state();
    expect(state.sync).toBe('lock');
    expect(Math.abs(state.longestFrames - 32)).toBeLessThanOrEqual(2);
    expect(state.ppm!).toBeCloseTo((32 * 1e6) / (13 * RATE), 2);
    expect(slips.length).toBe(state.slips);
    for (const slip of slips) expect(Math.abs(slip.frames - 32)).toBeLessThanOrEqual(2);
  });

  it('says no sync for two minutes behind a cut in the sound, but does not call it a slip', () => {
    const verdict = new BankVerdict(RATE);
    play(verdict, 0, 100, 0.9);
    expect(verdict.state().sync).toBe('sync');
    verdict.takeDrop({ ...block(100 * RATE, 32), sizes: new Float64Array(65) });
    expect(verdict.state()).toMatchObject({ sync: 'unknown', slips: 0, latched: false });
    play(verdict, 100, 119, 0.9);
    expect(verdict.state().sync).toBe('unknown');
    play(verdict, 219, 60, 0.9);
    expect(verdict.state().sync).toBe('sync');
  });

  it('says sync again two minutes behind the last cut, by what was heard meanwhile', () => {
    const verdict = new BankVerdict(RATE);
    play(verdict, 0, 100, 0.9);
    verdict.takeDrop(block(100 * RATE, 32));
    play(verdict, 100, 119, 0.9);
    expect(verdict.state().sync).toBe('unknown');
    play(verdict, 219, 3, 0.9);
    expect(verdict.state()).toMatchObject({ sync: 'sync', basis: 'audio', slips: 0 });
    // Only what was heard behind the cut.
    expect(verdict.state().observableS).toBeLessThan(123);
  });

  it('keeps sync behind the cut of an edit, which jumps to another place, and not behind what may be a block of frames', () => {
    const behind = (storyNats: number) => {
      const verdict = new BankVerdict(RATE);
      play(verdict, 0, 100, 0.9);
      verdict.takeDrop({ ...block(100 * RATE, 32), storyNats });
      play(verdict, 100, 2, 0.9);
      return verdict.state().sync;
    };
    expect([behind(-40), behind(1), behind(4), behind(40)]).toEqual(['sync', 'sync', 'unknown', 'unknown']);
  });

  it('asks more of what may be a block where somebody edits, as long as clear cuts are twice as many', () => {
    const behind = (before: readonly number[], storyNats: number) => {
      const verdict = new BankVerdict(RATE);
      play(verdict, 0, 100, 0.9);
      before.forEach((nats, i) => {
        verdict.takeDrop({ ...block((80 + i ** 1.5) * RATE, 32), storyNats: nats });
      });
      play(verdict, 100, 140, 0.9);
      verdict.takeDrop({ ...block(240 * RATE, 32), storyNats });
      play(verdict, 240, 1, 0.9);
      return verdict.state().sync;
    };
    const cuts = [-30, -20, -50, -10];
    expect([behind([], 6), behind(cuts, 6), behind(cuts, 12)]).toEqual(['unknown', 'sync', 'unknown']);
    expect(behind([...cuts, 6, 8], 6)).toBe('unknown');
    expect(behind(cuts.slice(1), 6)).toBe('unknown');
  });

  it('keeps sync where the sound ends all at once: frames left out make nothing quieter', () => {
    const verdict = new BankVerdict(RATE);
    play(verdict, 0, 100, 0.9);
    verdict.takeDrop({ ...block(100 * RATE, 32), riseDb: -8 });
    play(verdict, 100, 2, 0.9);
    expect(verdict.state().sync).toBe('sync');
  });

  it('gives no ppm before its half can be ruled out: eleven slips on the comb', () => {
    const verdict = new BankVerdict(RATE);
    for (let m = 1; m <= 10; m++) {
      play(verdict, (m - 1) * 2, 2, 0.9);
      verdict.takeDrop(drop(m * 2 * RATE));
    }
    expect(verdict.state()).toMatchObject({ sync: 'lock', ppm: null, uncertaintyPpm: null });
    for (let m = 11; m <= 12; m++) {
      play(verdict, (m - 1) * 2, 2, 0.9);
      verdict.takeDrop(drop(m * 2 * RATE));
    }
    expect(verdict.state().ppm!).toBeCloseTo(1e6 / (2 * RATE), 2);
  });

  it('says no SYNC of copies of one source: a block that is given up at once would not be seen in them', () => {
    const sync = (voices: number) => {
      const verdict = new BankVerdict(RATE);
      for (let second = 1; second <= 120; second++) {
        verdict.takeTrial({ bank: 0, frame: second * RATE, nats: 60, others: 20, voices });
        verdict.advance(RATE, false);
      }
      return verdict.state().sync;
    };
    expect(sync(3)).toBe('sync');
    expect(sync(1)).toBe('unknown');
  });

  it('takes the word of a device, but slips that are heard overrule it', () => {
    const verdict = new BankVerdict(RATE);
    verdict.setDevice('sync');
    expect(verdict.state()).toMatchObject({ sync: 'sync', basis: 'device' });
    play(verdict, 0, 40, 0.8, 1e6 / 50);
    expect(verdict.state()).toMatchObject({ sync: 'lock', basis: 'audio' });
  });
});

describe('a guided proof in the verdict', () => {
  const passed = { passed: true, ppm: 0.01, uncertaintyPpm: 0.02, boundPpm: 0.03, slipsPerMinute: null, atMs: 5000 };
  const failed = { ...passed, passed: false, ppm: 23, uncertaintyPpm: 0.1, boundPpm: null, slipsPerMinute: 66 };
  const proven = () => {
    const verdict = new BankVerdict(RATE);
    verdict.advance(10 * RATE, false);
    verdict.setProof(passed);
    expect(verdict.state()).toMatchObject({ sync: 'sync', basis: 'proof', boundPpm: 0.03 });
    return verdict;
  };

  it('is the basis of SYNC, also when nobody plays any more', () => {
    const verdict = proven();
    play(verdict, 10, 300, 0);
    expect(verdict.state()).toMatchObject({ sync: 'sync', basis: 'proof' });
    expect(verdict.proof).toEqual(passed);
  });

  it.each<[string, (verdict: BankVerdict) => void]>([
    ['an exact slip', (verdict) => verdict.takeExact(repeat(11 * RATE))],
    ['a strong drop', (verdict) => verdict.takeDrop(drop(11 * RATE, 90))],
    ['a gap', (verdict) => verdict.gap()],
    ['half a second of digital silence', (verdict) => verdict.advance(RATE, true)],
    ['a change of the clock that drives the interface', (verdict) => verdict.revokeProof()],
  ])('ends with %s', (_, happen) => {
    const verdict = proven();
    happen(verdict);
    expect(verdict.proof).toBeNull();
    expect(verdict.state().basis).not.toBe('proof');
  });

  it("does not speak against the device's own no lock", () => {
    const verdict = proven();
    verdict.setDevice('noLock');
    expect(verdict.state()).toMatchObject({ sync: 'noLock', basis: 'device' });
  });

  it('that failed is LOCK with its ppm, until the audio or the device says sync, or a person clears it', () => {
    const fail = () => {
      const verdict = new BankVerdict(RATE);
      verdict.advance(10 * RATE, false);
      verdict.setProof(failed);
      expect(verdict.state()).toMatchObject({ sync: 'lock', basis: 'proof', ppm: 23, slipsPerMinute: 66 });
      return verdict;
    };
    const heard = fail();
    play(heard, 10, 120, 0.9);
    expect(heard.state()).toMatchObject({ sync: 'sync', basis: 'audio' });
    const told = fail();
    told.setDevice('sync');
    expect(told.state()).toMatchObject({ sync: 'sync', basis: 'device' });
    const cleared = fail();
    cleared.clear();
    expect(cleared.state().sync).toBe('unknown');
  });
});
