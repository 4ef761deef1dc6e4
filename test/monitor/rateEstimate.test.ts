import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { otherStandardRate, RateEstimate, type RateEvent } from '../../src/monitor/rateEstimate.ts';

/** A source of stamps: 10 ms periods at 48 kHz (or another rate), each late by 0..jitterMs. Seeded. */
class Stamps {
  #random: number;
  #ppm: number;
  #t = 1000;
  #last = 0;
  position = 0;
  /** The box's moods: how late they make it at most, s, and how long they last and stay away in the mean, s. */
  moods: { readonly mostS: number; readonly lastS: number; readonly awayS: number } | null = null;
  #moodS = 0;
  #moodUntil = 0;
  /** Periods between two stamps. */
  every = 1;
  /** Once a second an arrival is watched for, and known this well, s; null: never. */
  watchedToS: number | null = null;
  readonly #jitterS: number;
  readonly #rateHz: number;

  constructor(ppm: number, jitterMs: number, seed: number, rateHz = 48_000) {
    this.#ppm = ppm;
    this.#jitterS = jitterMs / 1000;
    this.#random = seed * 7919 + 1;
    this.#rateHz = rateHz;
  }

  #next(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#random / 2 ** 32;
  }

  set ppm(ppm: number) {
    this.#ppm = ppm;
  }

  lose(frames: number): void {
    this.position -= frames;
  }

  pause(seconds: number): void {
    this.#t += seconds;
  }

  feed(estimate: RateEstimate, seconds: number): RateEvent[] {
    const events: RateEvent[] = [];
    for (const until = this.#t + seconds; this.#t < until; ) {
      const frames = (this.#rateHz / 100) * this.every;
      this.#t += frames / (this.#rateHz * (1 + this.#ppm * 1e-6));
      this.position += frames;
      if (this.moods !== null && this.#t > this.#moodUntil) {
        const begins = this.#moodS === 0;
        this.#moodS = begins ? this.moods.mostS * this.#next() : 0;
        this.#moodUntil = this.#t - Math.log(1 - this.#next()) * (begins ? this.moods.lastS : this.moods.awayS);
      }
      this.#last = Math.max(this.#last, this.#t + this.#next() * this.#jitterS + this.#moodS);
      const event = estimate.add(Math.round(this.#last * 1e9), this.position);
      if (event) events.push(event);
      if (this.watchedToS === null || !estimate.wantsWatched) continue;
      // The next millisecond's frames but one: behind the wake-up, and not late with it.
      const ahead = this.#rateHz / 500;
      const atS = this.#t + ahead / (this.#rateHz * (1 + this.#ppm * 1e-6)) + this.#next() * this.watchedToS;
      const watched = estimate.add(Math.round(atS * 1e9), this.position + ahead, true);
      if (watched) events.push(watched);
    }
    return events;
  }
}

describe("the interface's true rate", () => {
  it('says nothing before it has three seconds', () => {
    const estimate = new RateEstimate(48_000);
    expect(estimate.reading()).toBeNull();
    const stamps = new Stamps(20, 0.5, 1);
    stamps.feed(estimate, 2.5);
    expect(estimate.reading()).toBeNull();
    stamps.feed(estimate, 2);
    expect(estimate.reading()).not.toBeNull();
  });

  it('is right to 5 ppm after 10 s and to 1 ppm after 30 s, in 95 % of runs, at -80 to +80 ppm and up to 2 ms of jitter', () => {
    for (const jitterMs of [0, 0.5, 2]) {
      let at10 = 0;
      let at30 = 0;
      let runs = 0;
      for (const ppm of [-80, -20, 0, 40, 80]) {
        for (let seed = 1; seed <= 20; seed++, runs++) {
          const estimate = new RateEstimate(48_000);
          const stamps = new Stamps(ppm, jitterMs, seed);
          expect(stamps.feed(estimate, 10)).toEqual([]);
          if (Math.abs(estimate.reading()!.ppm - ppm) <= 5) at10++;
          stamps.feed(estimate, 20);
          if (Math.abs(estimate.reading()!.ppm - ppm) <= 1) at30++;
        }
      }
      expect(at10 / runs, `${jitterMs} ms, 10 s`).toBeGreaterThanOrEqual(0.95);
      expect(at30 / runs, `${jitterMs} ms, 30 s`).toBeGreaterThanOrEqual(0.95);
    }
  });

  it('states an uncertainty that holds the truth, and that shrinks', () => {
    let holds = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const estimate = new RateEstimate(48_000);
      const stamps = new Stamps(30, 2, seed);
      stamps.feed(estimate, 10);
      const early = estimate.reading()!;
      stamps.feed(estimate, 50);
      const late = estimate.reading()!;
      expect(late.uncertaintyPpm).toBeLessThan(early.uncertaintyPpm / 4);
      if (Math.abs(late.ppm - 30) <= late.uncertaintyPpm) holds++;
    }
    expect(holds).toBeGreaterThanOrEqual(54);
  });

  it('sees a clock that changes by 5 ppm within 15 s, and finds the new rate', () => {
    for (const jitterMs of [0, 0.5, 2]) {
      for (const by of [5, -5]) {
        for (let seed = 1; seed <= 5; seed++) {
          const estimate = new RateEstimate(48_000);
          const stamps = new Stamps(-12, jitterMs, seed);
          expect(stamps.feed(estimate, 100)).toEqual([]);
          stamps.ppm = -12 + by;
          const [event, ...more] = stamps.feed(estimate, 15);
          expect(event).toMatchObject({ kind: 'clockChange' });
          expect(more).toEqual([]);
          if (event?.kind === 'clockChange') expect(Math.abs(event.beforePpm + 12)).toBeLessThan(1.5);
          stamps.feed(estimate, 30);
          expect(Math.abs(estimate.reading()!.ppm - (-12 + by))).toBeLessThan(1);
        }
      }
    }
  });

  it('never takes lost microframes for another clock, and counts them', () => {
    for (const jitterMs of [0, 0.5, 2]) {
      for (const microframes of [1, 2, 8]) {
        for (let seed = 1; seed <= 4; seed++) {
          const estimate = new RateEstimate(48_000);
          const stamps = new Stamps(8, jitterMs, seed);
          stamps.feed(estimate, 60.4);
          stamps.lose(6 * microframes);
          const events = stamps.feed(estimate, 60);
          expect(events).toMatchObject([{ kind: 'lostMicroframes', microframes, frames: 6 * microframes }]);
          expect(Math.abs(estimate.reading()!.ppm - 8)).toBeLessThan(1);
        }
      }
    }
  });

  it('knows a lost packet at 44.1 kHz, which is not a whole number of frames', () => {
    const estimate = new RateEstimate(44_100);
    const stamps = new Stamps(8, 0.2, 3, 44_100);
    stamps.feed(estimate, 60);
    stamps.lose(6);
    expect(stamps.feed(estimate, 30)).toMatchObject([{ kind: 'lostMicroframes', microframes: 1, frames: 6 }]);
  });

  it('raises no false event in an hour of 2 ms jitter', () => {
    const estimate = new RateEstimate(48_000);
    expect(new Stamps(33, 2, 5).feed(estimate, 3600)).toEqual([]);
  });

  it('takes a box that wakes late by up to 60 us for seconds or minutes for no other clock and no loss', () => {
    for (const jitterMs of [0.03, 0.35]) {
      for (const [lastS, awayS] of [
        [4, 20],
        [10, 30],
        [20, 120],
        [60, 60],
      ] as const) {
        for (const mostS of [30e-6, 60e-6]) {
          const estimate = new RateEstimate(48_000);
          const stamps = new Stamps(8, jitterMs, 3);
          stamps.every = 4;
          stamps.moods = { mostS, lastS, awayS };
          expect(stamps.feed(estimate, 1200), `${jitterMs} ms, ${mostS} s for ${lastS} s`).toEqual([]);
        }
      }
    }
  });

  // The earliest stamp of each second, as [frames, us late]: a test card without drift, read by the whole program on a virtual machine. Our recordings.
  function recorded(name: string): [number, number][] {
    return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
  }

  function replay(estimate: RateEstimate, stamps: readonly (readonly [number, number, number?])[]): RateEvent[] {
    return stamps.flatMap(
      ([frames, lateUs, watched = 0]) =>
        estimate.add(1e12 + Math.round((frames / 48_000) * 1e9 + lateUs * 1e3), frames, watched === 1) ?? [],
    );
  }

  it('raises nothing in 826 s as they were recorded while the host was busy, and the rate lies within what is said of it', () => {
    const estimate = new RateEstimate(48_000);
    expect(replay(estimate, recorded('recordedStamps.json'))).toEqual([]);
    const { ppm, uncertaintyPpm } = estimate.reading()!;
    expect(Math.abs(ppm)).toBeLessThan(uncertaintyPpm);
  });

  it('raises nothing in an hour as it was recorded while other programs took both cores, and says how little it knows', () => {
    const stamps = recorded('busyStamps.json');
    const estimate = new RateEstimate(48_000);
    expect(replay(estimate, stamps)).toEqual([]);
    // Begun at any time of it, it tells of no loss, and the rate lies within what is said of it.
    for (let start = 0; start + 120 < stamps.length; start += 240) {
      const begun = new RateEstimate(48_000);
      const events = replay(begun, stamps.slice(start, start + 400));
      expect(events.filter(({ kind }) => kind === 'lostMicroframes')).toEqual([]);
      const { ppm, uncertaintyPpm } = begun.reading()!;
      expect(Math.abs(ppm)).toBeLessThan(uncertaintyPpm);
    }
  });

  it('with an arrival a second watched for it raises nothing on a box that five programs keep busy, sees 5 ppm there, and each lost packet', () => {
    // One recording of our own: of each second the watched stamp (or the earliest, and a 0), and the earliest of the wake-ups.
    const { wakes, watched } = JSON.parse(readFileSync(new URL('watchedStamps.json', import.meta.url), 'utf8')) as {
      wakes: [number, number][];
      watched: [number, number, number][];
    };
    const offPpm = (stamps: readonly [number, number][]) => {
      const estimate = new RateEstimate(48_000);
      replay(estimate, stamps);
      return estimate.reading()!;
    };
    for (let start = 0; start + 180 < watched.length; start += 60) {
      const part = watched.slice(start, start + 180);
      const estimate = new RateEstimate(48_000);
      expect(replay(estimate, part)).toEqual([]);
      const { ppm, uncertaintyPpm } = estimate.reading()!;
      expect(Math.abs(ppm)).toBeLessThan(uncertaintyPpm);
      expect(uncertaintyPpm).toBeLessThan(0.5);
      expect(uncertaintyPpm).toBeLessThan(offPpm(wakes.slice(start, start + 180)).uncertaintyPpm / 3);
      const from = part[100]![0];
      const faster = part.map(
        ([frames, lateUs, seen]) => [frames, lateUs - 5 * Math.max(0, (frames - from) / 48_000), seen] as const,
      );
      expect(replay(new RateEstimate(48_000), faster)).toMatchObject([{ kind: 'clockChange' }]);
      const lost = part.map(([frames, lateUs, seen]) => [frames, lateUs + (frames > from ? 125 : 0), seen] as const);
      expect(replay(new RateEstimate(48_000), lost)).toMatchObject([{ kind: 'lostMicroframes', microframes: 1 }]);
    }
  });

  it('knows which losses it would miss: where it says that they would show, nine of ten and more do, on busy boxes as well', () => {
    let said = 0;
    let shown = 0;
    let unsure = 0;
    let shownUnsure = 0;
    for (const name of ['recordedStamps.json', 'busyStamps.json']) {
      const stamps = recorded(name);
      for (const microframes of [1, 2]) {
        for (let start = 0; start + 120 < stamps.length; start += 90) {
          const estimate = new RateEstimate(48_000);
          replay(estimate, stamps.slice(start, start + 60));
          const least = estimate.leastLossMicroframes;
          const behind = stamps.slice(start + 60, start + 120);
          const late = behind.map(([frames, lateUs]): [number, number] => [
            frames - 6 * microframes,
            lateUs + 125 * microframes,
          ]);
          const told = replay(estimate, late).some(
            (event) => event.kind === 'lostMicroframes' && event.microframes === microframes,
          );
          if (least !== null && least <= microframes) {
            said++;
            if (told) shown++;
          } else {
            unsure++;
            if (told) shownUnsure++;
          }
        }
      }
    }
    expect(said).toBeGreaterThan(10);
    expect(shown / said).toBeGreaterThan(0.9);
    // And it does not say so for nothing.
    expect(unsure).toBeGreaterThan(30);
    expect(shownUnsure / unsure).toBeLessThan(0.6);
  });

  it('says within 40 s that a single lost packet would show, up to 2 ms of jitter', () => {
    for (const jitterMs of [0, 0.5, 2])
      for (let seed = 1; seed <= 5; seed++) {
        const estimate = new RateEstimate(48_000);
        const stamps = new Stamps(12, jitterMs, seed);
        stamps.feed(estimate, 15);
        expect(estimate.leastLossMicroframes).toBeNull();
        stamps.feed(estimate, 25);
        expect(estimate.leastLossMicroframes).toBe(1);
      }
  });

  it('sees 10 ppm within 20 s on such a box as well', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const estimate = new RateEstimate(48_000);
      const stamps = new Stamps(8, 0.03, seed);
      stamps.every = 4;
      stamps.moods = { mostS: 60e-6, lastS: 4, awayS: 20 };
      stamps.feed(estimate, 200);
      stamps.ppm = 18;
      expect(stamps.feed(estimate, 20).map(({ kind }) => kind)).toEqual(['clockChange']);
    }
  });

  describe('where an arrival a second is watched for, on a box that wakes up to 0.3 ms late, for seconds or minutes', () => {
    const box = (ppm: number, seed: number) => {
      const stamps = new Stamps(ppm, 0.1, seed);
      stamps.every = 16;
      stamps.watchedToS = 8e-6;
      stamps.moods = { mostS: 300e-6, lastS: 10, awayS: 15 };
      return stamps;
    };

    it('is right to 1 ppm after 10 s, and raises nothing in an hour', () => {
      for (let seed = 1; seed <= 10; seed++) {
        const estimate = new RateEstimate(48_000);
        const stamps = box(33, seed);
        expect(stamps.feed(estimate, 10)).toEqual([]);
        expect(Math.abs(estimate.reading()!.ppm - 33)).toBeLessThan(1);
        if (seed > 2) continue;
        expect(stamps.feed(estimate, 3600)).toEqual([]);
        expect(Math.abs(estimate.reading()!.ppm - 33)).toBeLessThan(0.05);
      }
    });

    it('sees another clock by 5 ppm within 15 s, and counts each lost packet', () => {
      for (let seed = 1; seed <= 10; seed++) {
        const estimate = new RateEstimate(48_000);
        const stamps = box(-12, seed);
        expect(stamps.feed(estimate, 100)).toEqual([]);
        expect(estimate.leastLossMicroframes).toBe(1);
        stamps.ppm = -7;
        expect(stamps.feed(estimate, 15)).toMatchObject([{ kind: 'clockChange' }]);
        expect(stamps.feed(estimate, 60)).toEqual([]);
        stamps.lose(6);
        expect(stamps.feed(estimate, 15)).toMatchObject([{ kind: 'lostMicroframes', microframes: 1 }]);
      }
    });

    it('says how little a slow box sees, which looks each 40 us and wakes now promptly, now late', () => {
      let holds = 0;
      for (let seed = 1; seed <= 40; seed++) {
        const estimate = new RateEstimate(48_000);
        const stamps = box(15, seed);
        stamps.watchedToS = 80e-6;
        expect(stamps.feed(estimate, 200)).toEqual([]);
        const { ppm, uncertaintyPpm } = estimate.reading()!;
        if (Math.abs(ppm - 15) <= uncertaintyPpm) holds++;
      }
      expect(holds).toBeGreaterThanOrEqual(38);
    });

    it('wants no more wake-ups for it, and a change of waits does not begin its line anew', () => {
      const estimate = new RateEstimate(48_000);
      const stamps = box(8, 4);
      expect(estimate.isWatched).toBe(false);
      stamps.feed(estimate, 6);
      expect(estimate.isWatched).toBe(true);
      const { seconds } = estimate.reading()!;
      estimate.waitsOtherwise();
      stamps.feed(estimate, 1);
      expect(estimate.reading()!.seconds).toBeGreaterThan(seconds);
      stamps.feed(estimate, 60);
      expect(estimate.latenessS).toBeLessThan(20e-6);
    });

    it('passes over seconds in which none is seen, and begins its line anew when they are many: what a wake-up is late by is no loss', () => {
      let holds = 0;
      for (let seed = 1; seed <= 40; seed++) {
        const estimate = new RateEstimate(48_000);
        const stamps = box(8, seed);
        stamps.feed(estimate, 100);
        const before = estimate.reading()!;
        stamps.watchedToS = null;
        expect(stamps.feed(estimate, 9)).toEqual([]);
        expect(estimate.isWatched).toBe(true);
        expect(estimate.leastLossMicroframes).toBe(1);
        expect(Math.abs(estimate.reading()!.ppm - before.ppm)).toBeLessThan(0.01);
        stamps.watchedToS = 8e-6;
        expect(stamps.feed(estimate, 60)).toEqual([]);
        stamps.watchedToS = null;
        expect(stamps.feed(estimate, 12)).toEqual([]);
        expect(estimate.isWatched).toBe(false);
        expect(estimate.leastLossMicroframes).toBeNull();
        // The sharp word of before is no word about now: another clock would hide behind it.
        stamps.ppm = 20;
        expect(stamps.feed(estimate, 30)).toEqual([]);
        const blind = estimate.reading()!;
        expect(blind.uncertaintyPpm).toBeGreaterThan(5);
        if (Math.abs(blind.ppm - 20) <= blind.uncertaintyPpm) holds++;
        // Twice what a watched stamp can be late by: these are wake-ups.
        expect(estimate.latenessS).toBeGreaterThan(16e-6);
        stamps.watchedToS = 8e-6;
        expect(stamps.feed(estimate, 100)).toEqual([]);
        expect(Math.abs(estimate.reading()!.ppm - 20)).toBeLessThan(0.1);
      }
      expect(holds).toBeGreaterThanOrEqual(38);
    });
  });

  it('begins its line anew where stamps are waited for otherwise, early on only', () => {
    const estimate = new RateEstimate(48_000);
    const stamps = new Stamps(8, 0.03, 1);
    stamps.feed(estimate, 10);
    const early = estimate.reading()!;
    estimate.waitsOtherwise();
    expect(estimate.latenessS).not.toBeNull();
    stamps.feed(estimate, 5);
    // What was told stands while the new line knows less.
    expect(estimate.reading()).toEqual(early);
    stamps.feed(estimate, 10);
    expect(estimate.reading()).not.toEqual(early);
    stamps.feed(estimate, 45);
    const { seconds, uncertaintyPpm } = estimate.reading()!;
    expect(seconds).toBeLessThan(61);
    expect(uncertaintyPpm).toBeLessThan(early.uncertaintyPpm);
    estimate.waitsOtherwise();
    expect(estimate.reading()!.seconds).toBe(seconds);
  });

  it('starts anew after a standstill, and on order', () => {
    const estimate = new RateEstimate(48_000);
    const stamps = new Stamps(50, 0.5, 1);
    stamps.feed(estimate, 20);
    stamps.pause(5);
    expect(stamps.feed(estimate, 2)).toEqual([]);
    expect(estimate.reading()).toBeNull();
    stamps.feed(estimate, 10);
    expect(Math.abs(estimate.reading()!.ppm - 50)).toBeLessThan(5);
    estimate.restart();
    expect(estimate.reading()).toBeNull();
  });

  it('ignores stamps that are not there', () => {
    const estimate = new RateEstimate(48_000);
    for (let i = 0; i < 1000; i++) expect(estimate.add(0, i * 480)).toBeNull();
    expect(estimate.reading()).toBeNull();
  });

  it('names another standard rate behind the stream: 44.1 kHz on a 48 kHz stream', () => {
    const estimate = new RateEstimate(48_000);
    new Stamps((44_100 / 48_000 - 1) * 1e6 + 30, 0.5, 1).feed(estimate, 30);
    expect(otherStandardRate(48_000, estimate.reading()!.ppm)).toBe(44_100);
    expect(otherStandardRate(48_000, 60)).toBeNull();
    expect(otherStandardRate(48_000, 20_000)).toBeNull();
    expect(otherStandardRate(44_100, (48 / 44.1 - 1) * 1e6)).toBe(48_000);
  });
});
